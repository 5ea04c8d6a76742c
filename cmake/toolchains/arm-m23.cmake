# Cortex-M23 (Armv8-M baseline): the portable kernels.
set(MLS_ARM_CPU_FLAGS "-mcpu=cortex-m23")
include(${CMAKE_CURRENT_LIST_DIR}/arm-common.cmake)
