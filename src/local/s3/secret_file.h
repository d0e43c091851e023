// secret_file: small files that hold secrets: whole or absent at any instant, and their owner's
// alone.
//
// Errors:  unavailable  it cannot be read or written; says which and why.
//          corrupt      it is larger than any such file.
// Threads: any.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace imagemill::local {

inline constexpr std::size_t kSecretFileBytesMax = 64 * 1024;

// Nothing where there is no file. One that others may read is closed to them.
Result<std::optional<std::string>> read_secret_file(const std::string& path);

// Durable when it returns. One that is there stays as it is, and that is no error: of two that
// create at once, the first wins.
Result<void> create_secret_file(const std::string& path, std::string_view text);
// Durable when it returns; instead of the former one, if any. One at a time: whoever replaces a
// file that others may replace holds its folder's lock, flock(2).
Result<void> replace_secret_file(const std::string& path, std::string_view text);

}  // namespace imagemill::local
