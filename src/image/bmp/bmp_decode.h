// bmp_decode: a BMP to pixels.
//
// Shapes:  One band where all colours of the palette are grey, four where a mask for alpha is set
//          and any alpha is not 0 (many writers set the mask and leave the alpha empty), else
//          three. What run lengths skip has the palette's first colour.
// Errors:  corrupt where the pixels end early, and those of parse_bmp_header.
// Threads: pure.
// Cost:    O(input + pixels); the size was checked against the limits before.
#pragma once

#include "image/image.h"
#include "image/raster.h"

namespace imagemill::image {

Result<Raster> decode_bmp(Bytes input);

}  // namespace imagemill::image
