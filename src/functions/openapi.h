// openapi: openapi.json of this folder as text, built in. Private to this folder.
#pragma once

#include <string_view>

namespace imagemill::functions {

std::string_view openapi_document();

}  // namespace imagemill::functions
