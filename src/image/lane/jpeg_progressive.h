// jpeg_progressive: a progressive JPEG, decoded only as far as a smaller picture needs.
//
// Shapes:  Each block of 8×8 gives size×size samples, from its size×size coefficients of lowest
//          frequency. Scans that neither hold one of these nor are needed to read one are not read.
//          Nothing where the file is not flawless: libjpeg decides what becomes of it, as it does
//          in the general engine.
// Errors:  corrupt  there are more than kJpegScansMax scans.
//          timeout  `stop` said so, between two rows of blocks.
// Cost:    Time: half of a whole decode and less. Memory: 8 bytes a block and 2 a kept coefficient
//          (of 128 a block for a whole decode).
// Source:  ITU T.81 G.1.2 and G.2.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/lane/jpeg_decode.h"
#include "image/lane/planes.h"

namespace imagemill::image {

Result<std::optional<Planes>> decode_progressive(Bytes input, const JpegSizes& sizes,
                                                 const Stop& stop);

}  // namespace imagemill::image
