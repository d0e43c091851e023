// vips_color: what the numbers in the bands mean.
//
// Shapes:  What convert gives has 8 bits: one or two bands where the source was grey (the second
//          is the alpha), else three or four. A profile stays with a picture as long as it tells
//          what the numbers mean, and goes when they are sRGB.
// Errors:  internal where a step fails, timeout. A profile that cannot be used is left out: common,
//          and no reason to refuse a picture.
#pragma once

#include "image/vips/picture.h"

namespace imagemill::image {

// To sRGB; or as it is, with its profile. CMYK, which no output holds, becomes sRGB either way.
Result<Picture> convert(const Picture& picture, ColorSpace color, Watch& watch);
// Red, green and blue in sRGB, whatever the picture is: for what is made of pixels, not shown.
Result<Picture> to_rgb(const Picture& picture, Watch& watch);

bool is_grey(const Picture& picture);
// A grey picture that is to hold a colour which is none becomes RGB.
Result<Picture> able_to_hold(const Picture& picture, const Color& color, Watch& watch);

bool has_profile(const Picture& picture);
// The profile is of the kind of colours that the bands hold.
bool profile_fits(const Picture& picture);

struct UnrefArea {
    void operator()(VipsArrayDouble* array) const { vips_area_unref(VIPS_AREA(array)); }
};
using Numbers = std::unique_ptr<VipsArrayDouble, UnrefArea>;
// A colour as so many bands hold it.
Numbers to_numbers(const Color& color, int bands);

}  // namespace imagemill::image
