mls_add_fuzzer(register_write_fuzzer
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/register_write_fuzzer.cpp
  LIBS mls::module
  RUNS 50000 MAX_LEN 512)
