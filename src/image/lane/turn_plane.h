// turn_plane: a Turn, done to one plane of bytes.
//
// Cost: a copy; with swapped axes by tiles, so that both sides stay in the cache.
#pragma once

#include "image/lane/planes.h"
#include "image/turn.h"

namespace imagemill::image {

// `target` has the stored size, or with swapped axes the other way round.
void turn(const PlaneView& stored, const Turn& how, const PlaneView& target);

}  // namespace imagemill::image
