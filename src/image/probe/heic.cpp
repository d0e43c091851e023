// Source: ISO/IEC 23008-12, 10.4 (brands). The rest is heif/heif_file.h's.
#include "image/heif/heif_file.h"
#include "image/probe/boxes.h"
#include "image/probe/codec.h"

namespace imagemill::image {

bool sniff_heic(Bytes input) {
    return has_brand(input, {"heic", "heix", "hevc", "hevx", "heim", "heis", "hevm", "hevs"}) ||
           (has_brand(input, {"mif1", "msf1"}) && !sniff_avif(input));
}

Result<Info> probe_heic(Bytes input, const Limits& limits) {
    const HeifFile file = TRY(parse_heif(input, limits));
    Info info{.format = Format::heic,
              .width = file.part.width,
              .height = file.part.height,
              .has_alpha = file.alpha.has_value()};
    orient(info, orientation_of(file.turn));
    return info;
}

}  // namespace imagemill::image
