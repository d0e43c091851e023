// vips_encode: 8-bit sRGB pixels to a file's bytes, with no metadata.
//
// Errors:  internal, timeout.
#pragma once

#include <vector>

#include "image/vips/picture.h"
#include "image/vips_module.h"

namespace imagemill::image {

// How the frames of an animation follow each other; empty for a still.
struct Timing {
    int frames = 1;
    std::vector<int> delays_ms = {};
    int loop = 0;
    bool one_palette = false;  // GIF: the first frame's colours serve all.
};

Result<Output> encode(const Picture& picture, Format format, const Plan& plan, const Timing& timing,
                      Watch& watch);

}  // namespace imagemill::image
