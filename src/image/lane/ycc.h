// ycc: between the colours JPEG stores and those the rest of the world does.
//
// Source: JFIF 1.02, 7: full-range BT.601.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "image/image.h"
#include "image/lane/planes.h"
#include "image/raster.h"

namespace imagemill::image {

std::array<std::uint8_t, 3> to_ycc(const Color& color);

// Planes of one size: Y alone as grey, or Y, Cb, Cr as red, green, blue.
Raster interleave(std::span<const Plane> planes);

}  // namespace imagemill::image
