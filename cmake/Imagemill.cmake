# One call per folder: a static library with exactly the links it names, and its tests beside it.
#
#   imagemill_library(store
#     HEADERS event.h object_store.h      # public; everything else in the folder is private
#     SOURCES memory_store.cpp
#     LINKS base                          # folders below, and system libraries
#     TESTS memory_store_test.cpp         # one binary, store_test
#     TEST_LINKS ...)                     # what only the tests need

find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

add_library(imagemill_flags INTERFACE)
target_compile_options(imagemill_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wswitch -Wold-style-cast -Woverloaded-virtual)
# Bytes that do not know where they were made (deploy/package).
target_compile_options(imagemill_flags INTERFACE
  $<$<CONFIG:Release>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>)
# Everywhere the same: elsewhere char has no sign, and a product and a sum become one operation with
# one rounding less.
if(NOT CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  target_compile_options(imagemill_flags INTERFACE -fsigned-char -ffp-contract=off)
endif()
# Asserts of the standard library stay on in release: a bug stops here, not two frames later.
target_compile_definitions(imagemill_flags INTERFACE _GLIBCXX_ASSERTIONS)
if(IMAGEMILL_WERROR)
  target_compile_options(imagemill_flags INTERFACE -Werror)
endif()
if(IMAGEMILL_SANITIZE)
  # Not vptr: it probes memory through a pipe, and sees ghosts where a test uses up all descriptors.
  set(sanitize -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=undefined
      -fno-omit-frame-pointer -O0 -g1)
  if(IMAGEMILL_FUZZ)
    # Not function: it compares type information that the libvips module has a copy of its own of.
    list(APPEND sanitize -fsanitize=fuzzer-no-link -fno-sanitize=function -O1)
  endif()
elseif(IMAGEMILL_TSAN)
  set(sanitize -fsanitize=thread -O1)
endif()
target_compile_options(imagemill_flags INTERFACE ${sanitize})
if(sanitize)
  # GCC's own documentation: sanitizers make this warning report what is not there.
  target_compile_options(imagemill_flags INTERFACE
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
target_link_options(imagemill_flags INTERFACE ${sanitize} -Wl,--as-needed)
target_link_libraries(imagemill_flags INTERFACE Threads::Threads)

# What nearly every file includes, parsed once: libraries reuse base's, tests base_test's.
set(imagemill_precompiled
  <boost/json.hpp> <chrono> <functional> <map> <memory> <optional> <span> <string> <variant> <vector>)

function(imagemill_library name)
  cmake_parse_arguments(ARG "" "" "HEADERS;SOURCES;LINKS;PRIVATE_LINKS;TESTS;TEST_LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_sources(${name} PUBLIC FILE_SET HEADERS
    BASE_DIRS ${CMAKE_SOURCE_DIR}/src FILES ${ARG_HEADERS})
  target_link_libraries(${name} PUBLIC imagemill_flags ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS})
  if(name STREQUAL base)
    target_precompile_headers(base PRIVATE ${imagemill_precompiled})
  else()
    target_precompile_headers(${name} REUSE_FROM base)
  endif()
  if(BUILD_TESTING AND ARG_TESTS)
    imagemill_test(${name}_test SOURCES ${ARG_TESTS} LINKS ${name} ${ARG_TEST_LINKS})
  endif()
endfunction()

function(imagemill_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LINKS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${ARG_LINKS} GTest::gtest GTest::gtest_main)
  if(name STREQUAL base_test)
    target_precompile_headers(base_test PRIVATE ${imagemill_precompiled} <gtest/gtest.h>)
  else()
    target_precompile_headers(${name} REUSE_FROM base_test)
  endif()
  # Generous: the machine may be busy. What hangs is ended all the same.
  set(timeout 120)
  if(ARG_LABEL STREQUAL e2e)
    set(timeout 600)
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${timeout})
endfunction()
