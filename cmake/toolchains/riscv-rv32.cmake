# Bare-metal 32-bit RISC-V (RV32IMAC, ilp32) with the GNU toolchain of Debian 12 (packages gcc-riscv64-unknown-elf,
# picolibc-riscv64-unknown-elf). Its compiler comes without a C++ library. The core only uses what is defined in headers, so those of
# libstdc++-arm-none-eabi-newlib serve: of the same GCC 12.2, for a 32-bit target, and for newlib, which picolibc stems from.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv)
set(CMAKE_C_COMPILER riscv64-unknown-elf-gcc)
set(CMAKE_CXX_COMPILER riscv64-unknown-elf-gcc)  # g++ would link a libstdc++.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(MLS_RISCV_FLAGS "-march=rv32imac -mabi=ilp32")
set(picolibc /usr/lib/picolibc/riscv64-unknown-elf)
file(GLOB cxx /usr/include/newlib/c++/12.*)
set(CMAKE_C_FLAGS_INIT "${MLS_RISCV_FLAGS} -isystem ${picolibc}/include")
# C++ headers include those of C by #include_next, so they come first.
set(CMAKE_CXX_FLAGS_INIT "${MLS_RISCV_FLAGS} -isystem ${cxx} -isystem ${cxx}/arm-none-eabi -isystem ${picolibc}/include \
-fno-exceptions -fno-rtti -fno-threadsafe-statics")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,--gc-sections --specs=picolibc.specs")
