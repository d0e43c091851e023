// memory: what a render will need at its peak, estimated from the header and the plans before any
// pixel is decoded.
//
// Shapes:  Bytes beside the input itself: decoded pixels and coefficients, views, encoders and
//          their files, libvips where it is used. Meant to lie between the real peak and twice it,
//          where that is over 40 MB: bench/memory.py sets both side by side. A TIFF in strips takes
//          less, but need not be one.
// Errors:  too_large, by Limits::memory_max or Limits::function_megabytes; `exceeded` has the
//          estimate.
// Threads: pure functions.
// Cost:    a walk over a JPEG's segments, a few fields of the others.
#pragma once

#include "base/result.h"
#include "image/job.h"
#include "image/lane/jpeg_decode.h"

namespace imagemill::image {

// What a header says of how the samples are stored, as far as memory depends on it.
struct Storage {
    int bands = 3;
    int bits = 8;              // Of a sample.
    bool is_whole = false;     // The decoder has all of it in memory before the first row is out.
    bool has_scans = false;    // JPEG: coefficients are kept until the last scan.
    std::int64_t samples = 0;  // JPEG: of all components, with what fills the last blocks.
};
Storage read_storage(Bytes input, const Info& source);

std::int64_t estimate_lane(const Job& job, const JpegHeader& header, const JpegSizes& sizes);
std::int64_t estimate_libvips(const Job& job);

// The render alone against `memory_max`; with its input and the program, against what the function
// has.
Result<void> check_memory(const Job& job, std::int64_t estimate);

}  // namespace imagemill::image
