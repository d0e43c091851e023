// hevc_decode: HEVC stills to 8-bit planes, by libde265, on the thread that asks.
//
// Shapes:  Planes of the whole picture; samples of more than 8 bits are rounded. Chroma samples
//          are `scale_x` by `scale_y` pixels each; grey has the first plane alone.
// Errors:  corrupt, timeout (asked between tiles), unavailable (no memory for a decoder).
// Threads: any; each call has a decoder of its own.
#pragma once

#include <array>

#include "base/result.h"
#include "image/heif/heif_file.h"

namespace imagemill::image {

struct HevcPlane {
    Size size;
    std::vector<std::uint8_t> samples = {};

    std::uint8_t* row(int y) {
        return samples.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width);
    }
    const std::uint8_t* row(int y) const {
        return samples.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width);
    }
};

struct HevcPicture {
    std::array<HevcPlane, 3> planes = {};
    int plane_count = 1;
    int scale_x = 1;
    int scale_y = 1;
    HeifColor color = {};  // As the stream itself says.
};

Result<HevcPicture> decode_hevc(const HeifTiles& tiles, const Stop& stop);

}  // namespace imagemill::image
