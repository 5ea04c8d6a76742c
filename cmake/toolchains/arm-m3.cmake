# Cortex-M3: the portable kernels.
set(MLS_ARM_CPU_FLAGS "-mcpu=cortex-m3")
include(${CMAKE_CURRENT_LIST_DIR}/arm-common.cmake)
