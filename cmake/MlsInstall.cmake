# What `cmake --install` puts where. The components are the Debian packages of MlsPackages.cmake; all of them but `python` are installed unless
# --component says otherwise.
include(CMakePackageConfigHelpers)

set(data_dir ${CMAKE_INSTALL_DATADIR}/mlsensor)

# --- The library, and what is needed to build with it
install(TARGETS mlsensor_shared EXPORT mlsensorTargets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library NAMELINK_COMPONENT development)
install(TARGETS mlsensor_static EXPORT mlsensorTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
foreach(target mlsensor_shared mlsensor_static)
  target_include_directories(${target} INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endforeach()
foreach(root interface host-lib drivers/host host-lib/c)
  install(DIRECTORY ${root}/include/mls DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN *.h)
endforeach()
install(FILES interface/exports/mlsensor_registers.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mls COMPONENT development)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mlsensor)
configure_package_config_file(cmake/install/mlsensorConfig.cmake.in ${PROJECT_BINARY_DIR}/install/mlsensorConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/install/mlsensorConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/install/mlsensorConfig.cmake ${PROJECT_BINARY_DIR}/install/mlsensorConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT development)
install(EXPORT mlsensorTargets NAMESPACE mlsensor:: DESTINATION ${package_dir} COMPONENT development)

# Relative to the file itself, so that the tree can be moved.
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(pc_private "-li2c -pthread")
if(MLS_GPIO)
  string(PREPEND pc_private "-lgpiod ")
endif()
foreach(name mlsensor mlsensor++)
  configure_file(cmake/install/${name}.pc.in ${PROJECT_BINARY_DIR}/install/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/install/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libmlsensor-dev/examples COMPONENT development
  FILES_MATCHING PATTERN *.c PATTERN *.cpp PATTERN *.py PATTERN demo-inputs EXCLUDE)

# --- Programs, and what they need
install(TARGETS mlsensor mlsensor-module mlsensor-infer mlsensor-datasheet mlsensor-models RUNTIME COMPONENT tools)
install(DIRECTORY docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT tools FILES_MATCHING PATTERN *.1)
set(completions host-lib/cli/completions)
install(FILES ${completions}/mlsensor.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME mlsensor COMPONENT tools)
install(FILES ${completions}/_mlsensor DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT tools)
install(FILES ${completions}/mlsensor.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT tools)
install(FILES drivers/host/udev/60-mlsensor.rules DESTINATION lib/udev/rules.d COMPONENT tools)
install(DIRECTORY models/keyword models/person DESTINATION ${data_dir}/models COMPONENT tools
  FILES_MATCHING PATTERN *.tflite PATTERN *.json PATTERN *.md PATTERN *.svg)
install(FILES models/zoo.json DESTINATION ${data_dir}/models COMPONENT tools)
install(DIRECTORY models/templates DESTINATION ${data_dir}/models COMPONENT tools FILES_MATCHING PATTERN *.json)
install(DIRECTORY datasheet/schema datasheet/products datasheet/templates DESTINATION ${data_dir}/datasheet COMPONENT tools
  FILES_MATCHING PATTERN *.json)

# --- Python: for Debian's own interpreter; others use pip (host-lib/python/README.md).
install(DIRECTORY ${PROJECT_BINARY_DIR}/python/mlsensor DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL
  FILES_MATCHING PATTERN *.py PATTERN py.typed)
