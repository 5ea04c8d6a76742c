# Bare-metal 32-bit RISC-V (RV32IMAC, ilp32) with GCC 12.2 of Debian 12 (package gcc-riscv64-unknown-elf), which comes without a
# library. The core needs headers that hold all they define; those of the same GCC for Arm serve, with newlib's, which are for any
# 32-bit processor (packages libstdc++-arm-none-eabi-newlib, libnewlib-arm-none-eabi). Nothing of these is linked: a program brings
# memcpy, memmove, memset and memcmp. (Debian's picolibc for RISC-V would bring them in 1 GB.)
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-g++)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MLS_RISCV_FLAGS "-march=rv32imac -mabi=ilp32")
set(newlib /usr/include/newlib)
file(GLOB cxx ${newlib}/c++/12.*)
set(CMAKE_C_FLAGS_INIT "${MLS_RISCV_FLAGS} -isystem ${newlib}")
# C++ headers include those of C by #include_next, so they come first.
set(CMAKE_CXX_FLAGS_INIT "${MLS_RISCV_FLAGS} -isystem ${cxx} -isystem ${cxx}/arm-none-eabi -isystem ${newlib} \
-fno-exceptions -fno-rtti -fno-threadsafe-statics")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections -nostdlib")
set(CMAKE_C_STANDARD_LIBRARIES "-lgcc")
set(CMAKE_CXX_STANDARD_LIBRARIES "-lgcc")
