# Cortex-M0, M0+ and M1 (Armv6-M): the portable kernels.
set(MLS_ARM_CPU_FLAGS "-mcpu=cortex-m0")
include(${CMAKE_CURRENT_LIST_DIR}/arm-common.cmake)
