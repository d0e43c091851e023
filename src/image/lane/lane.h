// lane: a JPEG without ever leaving the planes the file holds: a scaled decode, a resize of each
// plane, and for a JPEG out an encode. No colour conversion, no upsampling of chroma, and no
// libvips; what the lane does not write itself, libvips finishes from the small picture.
//
// Shapes:  It takes 8-bit grey and YCbCr files, baseline and progressive. Chroma goes out at half
//          the size both ways, as the general engine writes it.
// Errors:  corrupt, timeout; and whatever it does not take is left to the general engine.
// Threads: any.
// Cost:    About half of the general engine's time. Memory: the decoded planes and the outputs.
#pragma once

#include <optional>

#include "image/job.h"

namespace imagemill::image {

// Nothing where the job is not for the lane.
Result<std::optional<Work>> render_in_lane(const Job& job);

}  // namespace imagemill::image
