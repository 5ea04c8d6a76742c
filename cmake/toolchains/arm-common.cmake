# Bare-metal Arm with the GNU toolchain of Debian 12 (packages gcc-arm-none-eabi, libnewlib-arm-none-eabi,
# libstdc++-arm-none-eabi-newlib).
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(CMAKE_C_COMPILER arm-none-eabi-gcc)
set(CMAKE_CXX_COMPILER arm-none-eabi-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
# GCC 12.2 may emit a volatile store twice after a loop; without this flag a UART byte goes out twice.
set(MLS_ARM_FLAGS "-mthumb ${MLS_ARM_CPU_FLAGS} -fno-move-loop-stores")
set(CMAKE_C_FLAGS_INIT "${MLS_ARM_FLAGS}")
set(CMAKE_CXX_FLAGS_INIT "${MLS_ARM_FLAGS} -fno-exceptions -fno-rtti -fno-threadsafe-statics")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections --specs=nano.specs --specs=nosys.specs")
