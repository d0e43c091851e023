// quality: the best quality whose file is small enough.
//
// Shapes:  `encode` makes the file at a quality, whole as it will be sent. At most 8 are made: the
//          wanted one, then by halving. Files grow with quality, but for a byte here and there; the
//          one that is taken fits in any case.
// Errors:  invalid_argument  even quality 1, or the one file of a format that has no quality, has
//                            more than `bytes_max`; what `encode` fails with.
// Threads: any. `stop` is asked between two files, as `encode` does within one.
#pragma once

#include <functional>

#include "base/result.h"
#include "image/image.h"
#include "image/plan.h"

namespace imagemill::image {

struct FittedFile {
    Buffer bytes;
    int quality = 0;
};

using EncodeAt = std::function<Result<Buffer>(int quality)>;

// By the plan's own quality and bound; 0 is no bound.
Result<FittedFile> fit_quality(const Plan& plan, Format format, const EncodeAt& encode,
                               const Stop& stop);

}  // namespace imagemill::image
