// color_profile: an ICC profile for colours that a HEIC names only by number.
//
// Errors:  none: empty where they are sRGB's, or unknown, which is taken for sRGB.
// Threads: any; each profile is made once.
// Source:  ISO/IEC 23091-2 8.1, 8.2 (the numbers); ICC.1:2022 7.2, 10.6, 10.18 (the file); the
//          primaries of Display P3 and BT.2020, adapted to D50 by Bradford; SMPTE ST 2084 and
//          BT.2100 for PQ and HLG, shown with white at 203 cd/m2 (BT.2408) and what is brighter
//          cut.
#pragma once

#include "base/bytes.h"
#include "image/heif/heif_file.h"

namespace imagemill::image {

Bytes profile_of(const HeifColor& color);

}  // namespace imagemill::image
