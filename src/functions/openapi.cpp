#include "functions/openapi.h"

namespace imagemill::functions {

std::string_view openapi_document() {
    // CMake makes this file of openapi.json: one raw string.
    static constexpr std::string_view kDocument =
#include "openapi_json.inc"
        ;
    return kDocument;
}

}  // namespace imagemill::functions
