# Options and compile flags shared by every target.
include(CMakeDependentOption)

option(MLS_TESTS "Build the tests" ON)
option(MLS_FUZZ "Build the fuzzers (needs Clang)" OFF)
option(MLS_WERROR "Treat compiler warnings as errors" ON)
set(MLS_SANITIZE "" CACHE STRING "Sanitizers to build with, as given to -fsanitize=")

find_program(MLS_CCACHE ccache)
if(MLS_CCACHE)
  # Its manual asks for this where headers are precompiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${MLS_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${MLS_CCACHE})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
# GCC 12 takes text concatenation for overlapping copies (its bug 105651).
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
if(MLS_WERROR)
  add_compile_options(-Werror)
endif()
if(MLS_SANITIZE)
  # The core has no type information, which the check of virtual tables would need.
  add_compile_options(-fsanitize=${MLS_SANITIZE} -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  if(MLS_SANITIZE MATCHES thread)
    add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-tsan>)  # <thread> has a fence that it cannot see
  endif()
  add_link_options(-fsanitize=${MLS_SANITIZE})
endif()

# What runs on a module: no exceptions, no run-time type information, no hidden guards on statics.
add_library(mls_core_flags INTERFACE)
target_compile_options(mls_core_flags INTERFACE
  -fno-exceptions -fno-rtti -fno-threadsafe-statics -ffunction-sections -fdata-sections)
if(MLS_SANITIZE AND NOT MLS_FUZZ)
  # With sanitizers the rest is not optimised: it compiles in half the time. The kernels run for most of a test.
  target_compile_options(mls_core_flags INTERFACE -O1)
endif()

# mls_compile_together(TARGET [BATCH n]): its sources are compiled n (6) at once. Half of the time goes into headers.
function(mls_compile_together target)
  cmake_parse_arguments(arg "" "BATCH" "" ${ARGN})
  if(NOT arg_BATCH)
    set(arg_BATCH 6)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${arg_BATCH})
  # Warns of types of unnamed namespaces outside the main file, which each source then is.
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endfunction()

# mls_add_test(NAME SOURCES a.cpp ... LIBS lib ... [TIMEOUT seconds]): one GoogleTest program, each test registered with CTest.
function(mls_add_test name)
  if(NOT TARGET mls_test_headers)  # GoogleTest is parsed once, not once for each test file
    file(WRITE ${CMAKE_BINARY_DIR}/test_headers.cpp "")
    add_library(mls_test_headers OBJECT ${CMAKE_BINARY_DIR}/test_headers.cpp)
    target_link_libraries(mls_test_headers PRIVATE GTest::gmock)
    target_compile_options(mls_test_headers PRIVATE -O0)
    target_precompile_headers(mls_test_headers PRIVATE <gmock/gmock.h>)
  endif()
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LIBS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gmock GTest::gtest_main)
  mls_compile_together(${name} BATCH 4)
  # The libraries do the work; unoptimised test programs compile in half the time (and spare us GCC 12's false alarms at -O3).
  target_compile_options(${name} PRIVATE -O0)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(${name} PRIVATE -fpch-preprocess)  # for ccache too
  endif()
  if(NOT "${arg_SOURCES}" MATCHES "\\.c(;|$)")
    target_precompile_headers(${name} REUSE_FROM mls_test_headers)
  endif()
  target_compile_definitions(${name} PRIVATE
    MLS_SOURCE_DIR="${PROJECT_SOURCE_DIR}" MLS_BUILD_DIR="${PROJECT_BINARY_DIR}"
    MLS_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared")
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
