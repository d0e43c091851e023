// vips_film_palette: whether the colours of a film's first frame paint all its frames.
//
// Shapes:  Frames of 8 bits in memory, of one size.
// Errors:  none: where it cannot tell, they do not.
// Cost:    a few thousand pixels a frame; choosing a palette for one costs a hundred times that.
#pragma once

#include <span>

#include "image/vips/picture.h"

namespace imagemill::image {

// Nearly as well as they paint the first, that is.
bool one_palette_serves(std::span<const Picture> frames);

}  // namespace imagemill::image
