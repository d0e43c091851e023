// thumbhash: a picture in about 25 bytes, blurred, to show while the real one loads; and the one
// colour that stands for it.
//
// Shapes:  Pixels are rows of red, green, blue, alpha, not premultiplied, at most 100 a side.
// Threads: pure functions.  Cost: O(pixels), well below a millisecond.
// Source:  ThumbHash by Evan Wallace: the averages and the low frequencies of lightness, of
//          yellow-blue, of red-green and of alpha, each by a cosine transform, packed in nibbles.
#pragma once

#include "base/bytes.h"
#include "image/image.h"
#include "image/raster.h"

namespace imagemill::image {

struct Pixels {
    Size size;
    Buffer rgba;
};

Pixels to_pixels(const Raster& raster);  // Opaque.

Buffer thumbhash(const Pixels& pixels);
// The mean of the commonest colour and its like; transparent pixels do not count. Alpha is 0 where
// all are transparent.
Color dominant_color(const Pixels& pixels);

}  // namespace imagemill::image
