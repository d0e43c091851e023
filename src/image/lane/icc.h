// icc: whether an embedded colour profile says sRGB, so that nothing is to be converted.
//
// Shapes:  By its description, as every maker of such profiles writes it ("sRGB IEC61966-2.1",
// "sRGB
//          built-in", …). A profile that cannot be read is not sRGB: the general engine decides.
// Source:  ICC.1:2022, 7.2 (header), 7.3 (tag table), 9.2.41 (profileDescriptionTag).
#pragma once

#include "base/bytes.h"

namespace imagemill::image {

bool is_srgb_profile(Bytes profile);

}  // namespace imagemill::image
