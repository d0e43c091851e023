# embed_files(TARGET PATH=FILE…): the files' bytes inside TARGET, each by the path that is named.
#
# Makes <embedded_files.h>: `inline` access to kEmbeddedFiles, an array of {path, bytes}.
function(embed_files target)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/embedded)
  set(assembly "    .section .rodata\n")
  set(declarations "")
  set(rows "")
  set(paths "")
  set(index 0)
  foreach(pair IN LISTS ARGN)
    string(REGEX MATCH "^([^=]+)=(.+)$" matched "${pair}")
    set(path ${CMAKE_MATCH_1})
    set(file ${CMAKE_MATCH_2})
    string(APPEND assembly
      "    .global imagemill_file_${index}\n    .global imagemill_file_${index}_end\n"
      "imagemill_file_${index}:\n    .incbin \"${file}\"\n"
      "imagemill_file_${index}_end:\n    .byte 0\n")
    string(APPEND declarations
      "extern \"C\" const char imagemill_file_${index}[];\n"
      "extern \"C\" const char imagemill_file_${index}_end[];\n")
    string(APPEND rows
      "    EmbeddedFile{\"/${path}\", {imagemill_file_${index}, imagemill_file_${index}_end}},\n")
    list(APPEND paths ${file})
    math(EXPR index "${index} + 1")
  endforeach()
  string(APPEND assembly "    .section .note.GNU-stack,\"\",@progbits\n")
  file(CONFIGURE OUTPUT ${dir}/embedded_files.S CONTENT "${assembly}" @ONLY)
  file(CONFIGURE OUTPUT ${dir}/embedded_files.h @ONLY CONTENT
"#pragma once
#include <array>
#include <string_view>

${declarations}
struct EmbeddedFile {
    std::string_view path;
    std::string_view bytes;
};
inline const std::array kEmbeddedFiles{
${rows}};
")
  set_source_files_properties(${dir}/embedded_files.S PROPERTIES OBJECT_DEPENDS "${paths}")
  target_sources(${target} PRIVATE ${dir}/embedded_files.S)
  target_include_directories(${target} PRIVATE ${dir})
endfunction()
