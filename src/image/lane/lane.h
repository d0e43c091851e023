// lane: JPEG to JPEG without ever leaving the planes the file holds: a scaled decode, a resize of
// each plane, an encode. No colour conversion, no upsampling of chroma, and no libvips.
//
// Shapes:  It takes 8-bit grey and YCbCr files, baseline and progressive, with no colour profile or
//          sRGB's, whose every output is a JPEG that is cut at a fixed place. Chroma goes out at
//          half the size both ways, as the general engine writes it.
// Errors:  corrupt, timeout; and whatever it does not take is left to the general engine.
// Threads: any.
// Cost:    About half of the general engine's time. Memory: the decoded planes and the outputs.
#pragma once

#include <optional>

#include "image/vips_module.h"

namespace imagemill::image {

// Nothing where the job is not for the lane.
Result<std::optional<Work>> render_in_lane(const Job& job);

}  // namespace imagemill::image
