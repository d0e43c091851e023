// ycc_to_rgb: decoded planes to interleaved red, green and blue.
//
// Shapes:  A part of the picture; alpha, if given, is of the picture's size. Grey without alpha
//          stays one band. Chroma is interpolated, centred between the pixels it belongs to.
// Errors:  unsupported  colours that are coded neither as RGB nor by one of the common matrices.
// Threads: pure functions.
// Source:  ISO/IEC 23091-2 8.3 (matrix coefficients and ranges).
#pragma once

#include "base/result.h"
#include "image/heif/hevc_decode.h"
#include "image/raster.h"

namespace imagemill::image {

Result<Raster> to_raster(const HevcPicture& picture, const HeifColor& color, const Rect& part,
                         const HevcPlane* alpha);

}  // namespace imagemill::image
