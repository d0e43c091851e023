// jpeg_baseline: a sequential JPEG, decoded only as far as a smaller picture needs.
//
// Shapes:  Each block of 8×8 gives size×size samples, from its size×size coefficients of lowest
//          frequency; the others are passed over. Nothing where the file is not flawless, or is one
//          of the rarer kinds (several scans, sums of samplings no MCU has): libjpeg decides what
//          becomes of those, as it does in the general engine.
// Errors:  timeout  `stop` said so, between two rows of blocks.
// Cost:    Time: about half of libjpeg's. Memory: the planes and one row of MCUs.
// Source:  ITU T.81 F.2.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/lane/jpeg_decode.h"
#include "image/lane/planes.h"

namespace imagemill::image {

Result<std::optional<Planes>> decode_baseline(Bytes input, const JpegSizes& sizes,
                                              const Stop& stop);

}  // namespace imagemill::image
