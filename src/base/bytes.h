// bytes: the two shapes in which data travels, borrowed and owned.
//
// Threads: plain values.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace imagemill {

using Bytes = std::span<const std::byte>;  // Borrowed; outlived by whoever called.
using Buffer = std::vector<std::byte>;     // Owned.

inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Buffer to_buffer(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

}  // namespace imagemill
