// vips_transform: pixels to pixels, each step a function of a picture and a part of a Plan.
//
// Shapes:  What comes out of upright_srgb is 8-bit sRGB with three or four bands.
// Errors:  corrupt where the pixels cannot be read after all, internal where a step itself fails,
//          timeout.
#pragma once

#include <span>

#include "image/vips_module.h"
#include "image/vips_picture.h"

namespace imagemill::image {

// Resized to `size` (as displayed), converted to sRGB, turned the right way up, in memory.
Result<Picture> upright_srgb(const Picture& picture, Size size, const Job& job, Watch& watch);
Result<Picture> resize(const Picture& picture, Size size, Watch& watch);

// Where the plan cuts; looks at the pixels only if the plan leaves it to them.
Result<Point> find_cut(const Picture& picture, const Plan& plan, Watch& watch);
Result<Picture> cut(const Picture& picture, Point at, Size size, Watch& watch);
Result<Picture> pad(const Picture& picture, const Plan& plan, Watch& watch);
// Lays the picture on a colour and drops its alpha.
Result<Picture> flatten(const Picture& picture, const Color& background, Watch& watch);
Result<Picture> drop_alpha(const Picture& picture, Watch& watch);
Result<Picture> add_alpha(const Picture& picture, Watch& watch);
// Frames of one size, one below the other.
Result<Picture> stack(std::span<const Picture> frames, Watch& watch);

bool has_alpha(const Picture& picture);
// Every alpha is 255; of a picture in memory.
bool is_opaque(const Picture& picture);

}  // namespace imagemill::image
