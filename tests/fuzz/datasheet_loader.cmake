# Seeds: the small documents of the datasheet's tests, and its dictionary: the words of the schema. Both are inside the fuzzer.
mls_add_fuzzer(datasheet_loader_fuzzer
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/datasheet_loader_fuzzer.cpp
  LIBS mls::datasheet_loader
  RUNS 10000 MAX_LEN 1536)
target_include_directories(datasheet_loader_fuzzer PRIVATE ${PROJECT_SOURCE_DIR}/tests/datasheet)
# Following every comparison costs a third of the time, and the words of the schema serve better.
target_compile_options(datasheet_loader_fuzzer PRIVATE -fno-sanitize-coverage=trace-cmp)
target_compile_options(mls_datasheet_loader PRIVATE -fno-sanitize-coverage=trace-cmp)
