// vips_decode: encoded bytes to pixels, by the loader of the one format that was probed.
//
// Errors:  corrupt, too_large (the decoder finds more than the header said), timeout.
#pragma once

#include <vector>

#include "image/vips/picture.h"
#include "image/vips_module.h"

namespace imagemill::image {

struct Decoded {
    Picture picture;  // All frames, one below the other; pixels may still be to come.
    int frames = 1;
    int frame_height = 0;
    std::vector<int> delays_ms = {};
    int loop = 0;  // How often an animation plays; 0: for ever.
};

// Blocks every loader and saver but those that are used here. Once a process.
Result<void> start_vips();

Result<Decoded> open_picture(const Job& job, Watch& watch);
// Computes all pixels now, so that they can be used more than once.
Result<Picture> to_memory(const Picture& picture, const Job& job, Watch& watch);
Error decode_failure(const Job& job, Watch& watch);

}  // namespace imagemill::image
