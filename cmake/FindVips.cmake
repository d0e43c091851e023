# libvips as npm packages it: one self-contained shared library, and the headers in a package of
# their own. Gives Vips::vips, and VIPS_LIBRARY, the file that travels beside the programs.
# When compiling for arm64, the library comes from where deploy/arm64/root put it.
set(vips_packages ${CMAKE_SOURCE_DIR}/node_modules/@img)
set(vips_binary ${vips_packages}/sharp-libvips-linux-x64)
if(CMAKE_CROSSCOMPILING)
  set(vips_binary ${CMAKE_SYSROOT}/node_modules/@img/sharp-libvips-linux-arm64)
endif()
set(vips_headers ${vips_packages}/sharp-libvips-dev/include)

file(GLOB vips_libraries ${vips_binary}/lib/libvips-cpp.so.*)
if(NOT vips_libraries OR NOT EXISTS ${vips_headers}/vips/vips.h)
  message(FATAL_ERROR
    "libvips is missing: there is no ${vips_binary} or no ${vips_headers}. "
    "Run `npm ci --ignore-scripts` in ${CMAKE_SOURCE_DIR}, or ./run, which does it; "
    "for arm64 deploy/arm64/root.")
endif()
file(READ ${vips_packages}/sharp-libvips-dev/package.json vips_json)
string(JSON vips_headers_version GET "${vips_json}" version)
file(READ ${vips_binary}/package.json vips_json)
string(JSON vips_version GET "${vips_json}" version)
if(NOT vips_version STREQUAL vips_headers_version)
  message(FATAL_ERROR "libvips is of ${vips_version} (${vips_binary}), "
    "its headers are of ${vips_headers_version} (${vips_headers}).")
endif()
list(LENGTH vips_libraries vips_count)
if(NOT vips_count EQUAL 1)
  message(FATAL_ERROR "node_modules holds several versions of libvips: ${vips_libraries}. "
    "Remove node_modules and run `npm ci --ignore-scripts`.")
endif()
set(VIPS_LIBRARY ${vips_libraries})

if(NOT TARGET Vips::vips)
  add_library(Vips::vips SHARED IMPORTED)
  set_target_properties(Vips::vips PROPERTIES IMPORTED_LOCATION ${VIPS_LIBRARY})
  target_include_directories(Vips::vips SYSTEM INTERFACE
    ${vips_headers} ${vips_headers}/glib-2.0 ${vips_binary}/lib/glib-2.0/include)
endif()
