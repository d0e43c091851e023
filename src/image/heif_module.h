// heif_module: the seam between the engine and libde265, which decodes HEVC and may not be there:
// the module is optional, and loaded by the first HEIC.
//
// Shapes:  As vips_module.h: one C function gives a table of typed ones.
// Errors:  unsupported  the module cannot be loaded; asked again, the answer is the same.
// Threads: any. Loading happens once.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "image/image.h"
#include "image/raster.h"

namespace imagemill::image {

struct HeifModule {
    std::uint32_t version;
    // As stored; the picture's own turn is in its Info. The raster may borrow from the input.
    Result<Raster> (*decode)(Bytes input, const Limits& limits, const Stop& stop);
};

inline constexpr std::uint32_t kHeifModuleVersion = 1;  // Raised with every change above.
inline constexpr const char* kHeifModuleFile = "libimagemill-heif.so";
inline constexpr const char* kHeifModuleEntry = "imagemill_heif_module";

// In the engine; looked for where vips_module() looks.
Result<const HeifModule*> heif_module();

}  // namespace imagemill::image
