// vips_module: the seam between the engine and libvips, which lives in a shared module of its own
// so that a program that renders nothing never loads its 18 MB.
//
// Shapes:  The module exports one C function; it gives a table of typed functions. Both sides are
//          built from this header by one compiler; `version` guards against a stale module.
// Errors:  unavailable  the module cannot be loaded; asked again, the answer is the same.
// Threads: any. Loading happens once.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "image/job.h"
#include "image/raster.h"

namespace imagemill::image {

struct VipsModule {
    std::uint32_t version;
    Result<Work> (*render)(const Job& job);
    // Cuts, pads, sharpens and encodes what another lane decoded and resized to the plan's view.
    Result<Output> (*finish)(const Raster& raster, const Plan& plan, const Job& job);
};

inline constexpr std::uint32_t kVipsModuleVersion = 3;  // Raised with every change above.
inline constexpr const char* kVipsModuleFile = "libimagemill-vips.so";
inline constexpr const char* kVipsModuleEntry = "imagemill_vips_module";

// In the engine: loads the module the first time. In a program's directory `bin`, it is looked for
// in `bin/../lib`, `bin/lib` and `bin`.
Result<const VipsModule*> vips_module();

}  // namespace imagemill::image
