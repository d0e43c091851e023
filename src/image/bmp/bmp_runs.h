// bmp_runs: BMP's run lengths, undone to one palette index a pixel.
//
// Errors:  corrupt where the runs end before the picture does.
// Threads: pure.
#pragma once

#include <vector>

#include "image/bmp/bmp_header.h"

namespace imagemill::image {

// Rows as stored: the first is the lowest unless the header says top-down.
Result<std::vector<std::uint8_t>> unpack_runs(const BmpHeader& header);

}  // namespace imagemill::image
