#include "image/reader.h"

#include "image/bmp/bmp_decode.h"
#include "image/heif_module.h"

namespace imagemill::image {

Result<std::optional<Raster>> read_raster(const Job& job) {
    if (job.source.format == Format::bmp) return std::optional(TRY(decode_bmp(job.input)));
    if (job.source.format != Format::heic) return std::optional<Raster>();
    const HeifModule* heif = TRY(heif_module());
    return std::optional(TRY(heif->decode(job.input, job.limits, job.stop)));
}

}  // namespace imagemill::image
