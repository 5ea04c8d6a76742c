# Seeds: the small networks of the tests are inside the fuzzer, which reads the models of the operators' vectors as well.
mls_add_fuzzer(model_loader_fuzzer
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/model_loader_fuzzer.cpp
  LIBS mls::engine
  RUNS 20000 MAX_LEN 16384)
target_include_directories(model_loader_fuzzer PRIVATE ${PROJECT_SOURCE_DIR}/tests/sensor-core/engine)
