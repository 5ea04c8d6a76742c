mls_add_fuzzer(serial_frame_fuzzer
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/serial_frame_fuzzer.cpp
  LIBS mls::interface
  RUNS 100000 MAX_LEN 512)
