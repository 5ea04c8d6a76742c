# Seeds: the small documents of the datasheet's tests; the mutator changes them node by node.
mls_add_fuzzer(datasheet_loader_fuzzer
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/datasheet_loader_fuzzer.cpp
  LIBS mls::datasheet
  RUNS 3000 MAX_LEN 8192)
