# Debian packages: `cpack --config build/release/CPackConfig.cmake`. tools/check-packages installs them in a clean system.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The mlsensor project <maintainers@mlsensor.invalid>" CACHE STRING "Maintainer of the Debian packages")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL library development tools python)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(same_version "(= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")

# mls_package(COMPONENT NAME SECTION SUMMARY TEXT [DEPENDS ...])
function(mls_package component name section summary text)
  cmake_parse_arguments(arg "" "ARCHITECTURE" "DEPENDS" ${ARGN})
  string(TOUPPER ${component} key)
  list(JOIN arg_DEPENDS ", " depends)
  set(CPACK_COMPONENT_${key}_DESCRIPTION "${summary}\n${text}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section} PARENT_SCOPE)
  set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${depends}" PARENT_SCOPE)
  if(arg_ARCHITECTURE)
    set(CPACK_DEBIAN_${key}_PACKAGE_ARCHITECTURE ${arg_ARCHITECTURE} PARENT_SCOPE)
    set(CPACK_DEBIAN_${key}_PACKAGE_SHLIBDEPS OFF PARENT_SCOPE)
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/install/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endfunction()

mls_package(library libmlsensor${PROJECT_VERSION_MAJOR} libs "read ML sensors: shared library"
  "An ML sensor sees or hears, decides by itself, and reports over a few registers.\nThis is the library that reads them.")
mls_package(development libmlsensor-dev libdevel "read ML sensors: headers and static library"
  "An ML sensor sees or hears, decides by itself, and reports over a few registers.\nThis is what is needed to build programs in C and C++ that read them."
  DEPENDS "libmlsensor${PROJECT_VERSION_MAJOR} ${same_version}" libgpiod-dev libi2c-dev)
mls_package(tools mlsensor-tools utils "read and simulate ML sensors"
  "An ML sensor sees or hears, decides by itself, and reports over a few registers.\nThese programs read and set up such sensors, run one as a process, and make datasheets.")
mls_package(python python3-mlsensor python "read ML sensors: Python package"
  "An ML sensor sees or hears, decides by itself, and reports over a few registers.\nThis is the Python package that reads them."
  ARCHITECTURE all DEPENDS "libmlsensor${PROJECT_VERSION_MAJOR} ${same_version}" "python3 (>= 3.9)")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/install/prerm)
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_STRICT_PERMISSION ON)

include(CPack)
