// limits: what a header says against what is accepted.
//
// Errors:  too_large, with `exceeded` naming the setting.
// Threads: pure functions.
#pragma once

#include "base/result.h"
#include "image/image.h"

namespace imagemill::image {

Result<void> check_bytes(std::size_t size_bytes, const Limits& limits);
Result<void> check_limits(const Info& info, const Limits& limits);

// "3600 megapixels", "0.5 megapixels", "120 pixels".
std::string format_pixels(std::int64_t pixels);
// "60000×60000"
std::string format_size(std::int64_t width, std::int64_t height);
// width × height × frames, or the largest number there is.
std::int64_t pixels_of(std::int64_t width, std::int64_t height, std::int64_t frames);

}  // namespace imagemill::image
