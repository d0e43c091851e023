// orientation: Exif's eight ways to hold a camera, as a swap of the axes and two mirrors.
//
// Source: Exif 2.32, tag 0x0112.
#pragma once

#include "image/lane/planes.h"

namespace imagemill::image {

// How the stored picture becomes the displayed one: mirror along the stored axes, then swap them.
struct Turn {
    bool mirrors_x = false;
    bool mirrors_y = false;
    bool swaps = false;

    bool is_none() const { return !mirrors_x && !mirrors_y && !swaps; }
};

Turn turn_of(int exif_orientation);  // 1..8

// `target` has the stored size, or with swapped axes the other way round.
void turn(const PlaneView& stored, const Turn& how, const PlaneView& target);

}  // namespace imagemill::image
