// raster: 8-bit pixels, interleaved, that one lane hands to another.
//
// Shapes:  Rows of `bands` bytes a pixel, nothing between them: 1 grey, 3 red, green, blue, 4 with
//          alpha, which multiplies nothing.
// Threads: a plain value; the profile is borrowed.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "image/turn.h"

namespace imagemill::image {

struct Raster {
    Size size = {};
    int bands = 3;
    // Not a vector: pixels are written before they are read, so nothing clears them first.
    std::unique_ptr<std::uint8_t[]> samples = nullptr;
    Bytes icc_profile = {};  // What the samples mean; empty: sRGB.

    std::size_t stride() const {
        return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(bands);
    }
    std::uint8_t* row(int y) const {
        return samples.get() + static_cast<std::size_t>(y) * stride();
    }
    std::size_t size_bytes() const { return stride() * static_cast<std::size_t>(size.height); }
};

}  // namespace imagemill::image
