// reader: the formats that are decoded here and not by libvips.
//
// Errors:  those of the decoders; unsupported where the one for HEIC is not installed.
// Threads: any.
#pragma once

#include <optional>

#include "base/result.h"
#include "image/job.h"
#include "image/raster.h"

namespace imagemill::image {

// Nothing where libvips reads the format. The raster may borrow from the job's input.
Result<std::optional<Raster>> read_raster(const Job& job);

}  // namespace imagemill::image
