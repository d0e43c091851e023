// vips_alpha: the band that says how much shows of what is behind.
//
// Errors:  internal where a step fails, timeout.
#pragma once

#include "image/vips/picture.h"

namespace imagemill::image {

bool has_alpha(const Picture& picture);
// Every alpha is 255; of a picture of 8 bits in memory.
bool is_opaque(const Picture& picture);

// A step that mixes neighbours, done to colours weighed by their alpha: what lies under
// transparent pixels must not bleed into the others.
template <typename Step>
Result<Picture> premultiplied(const Picture& picture, const Step& step, Watch& watch);

// Lays the picture on a colour and drops its alpha.
Result<Picture> flatten(const Picture& picture, const Color& background, Watch& watch);
Result<Picture> drop_alpha(const Picture& picture, Watch& watch);
Result<Picture> add_alpha(const Picture& picture, Watch& watch);

Result<Picture> multiply_by_alpha(const Picture& picture, Watch& watch);
Result<Picture> divide_by_alpha(const Picture& picture, VipsBandFormat format, Watch& watch);

template <typename Step>
Result<Picture> premultiplied(const Picture& picture, const Step& step, Watch& watch) {
    if (!has_alpha(picture)) return step(picture);
    const Picture multiplied = TRY(multiply_by_alpha(picture, watch));
    const Picture stepped = TRY(step(multiplied));
    return divide_by_alpha(stepped, vips_image_get_format(picture.get()), watch);
}

}  // namespace imagemill::image
