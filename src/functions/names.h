// names: file names from strangers made into keys.
//
// Errors:  invalid_argument says what is wrong with the name: empty, over 512 bytes, not UTF-8, a
//          control character, a ".." segment.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace imagemill::functions {

// "/a//b/cat.jpg" → "a/b/cat.jpg": leading, doubled and trailing slashes and "." segments go; "\"
// of old browsers' paths is cut to the last part.
Result<std::string> clean_name(std::string_view name);

// "cat.jpg" → "cat-3f9c….jpg": 128 bits that nobody guesses; the stem is cut where the whole would
// pass 512 bytes.
std::string with_random_suffix(std::string_view name);

}  // namespace imagemill::functions
