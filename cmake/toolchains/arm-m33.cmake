# Cortex-M33 with the DSP extension and floating point.
set(MLS_ARM_CPU_FLAGS "-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard")
include(${CMAKE_CURRENT_LIST_DIR}/arm-common.cmake)
