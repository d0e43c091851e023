// files: what a person names on the command line, read whole.
//
// Errors:  unavailable: the path, for the person who typed the command.
// Cost:    holds the whole.
#pragma once

#include <string>

#include "base/result.h"

namespace imagemill {

Result<std::string> read_file(const std::string& path);

}  // namespace imagemill
