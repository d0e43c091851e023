// vips_transform: pixels to pixels, each step a function of a picture and a part of a Plan.
//
// Shapes:  What comes out of show and convert is 8-bit, with one to four bands.
// Errors:  corrupt where the pixels cannot be read after all, internal where a step itself fails,
//          timeout.
#pragma once

#include <span>

#include "image/vips/picture.h"
#include "image/vips_module.h"

namespace imagemill::image {

// What a view shows of a decoded picture: 8 bits, in memory.
Result<Picture> show(const Picture& picture, const View& view, const Job& job, Watch& watch);
// The raster's samples without a copy; it outlives the picture.
Result<Picture> borrow(const Raster& raster, Watch& watch);
Result<Picture> resize(const Picture& picture, Size size, Watch& watch);

// Where the plan cuts; looks at the pixels only if the plan leaves it to them.
Result<Point> find_cut(const Picture& picture, const Plan& plan, Watch& watch);
Result<Picture> cut(const Picture& picture, Point at, Size size, Watch& watch);
Result<Picture> pad(const Picture& picture, const Plan& plan, Watch& watch);
// By a Gaussian of so many pixels' deviation; 0 leaves it alone.
Result<Picture> soften(const Picture& picture, double sigma, Watch& watch);
Result<Picture> sharpen(const Picture& picture, double sigma, Watch& watch);
// Frames of one size, one below the other.
Result<Picture> stack(std::span<const Picture> frames, Watch& watch);

}  // namespace imagemill::image
