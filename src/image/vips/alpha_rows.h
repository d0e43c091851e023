// vips_alpha_rows: a row of bytes weighed by its alpha, and back.
//
// Shapes:  Pixels of `bands` bytes, 2 or 4, the last of which is the alpha; it stays as it is.
// Errors:  none.
// Threads: pure functions.
// Cost:    a nanosecond a pixel; libvips goes through floating point, and takes ten times as long.
#pragma once

#include <cstdint>
#include <span>

namespace imagemill::image {

struct AlphaRow {
    std::span<const std::uint8_t> source;  // Whole pixels.
    std::uint8_t* target = nullptr;        // As many bytes; may not overlap.
    int bands = 4;
};

// Colour × alpha / 255, to the nearest.
void multiply_row(const AlphaRow& row);
// Colour × 255 / alpha, to the nearest and at most 255; 0 where the alpha is.
void divide_row(const AlphaRow& row);

}  // namespace imagemill::image
