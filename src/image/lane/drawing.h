// drawing: a part of a View, drawn from decoded planes.
//
// Shapes:  A Part lies in the view's own pixels; chroma's may begin or end between two.
// Threads: pure functions.
// Cost:    a resample each; where the view is turned, one copy of the target more.
#pragma once

#include "image/lane/planes.h"
#include "image/plan.h"
#include "image/raster.h"

namespace imagemill::image {

struct Part {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// `stored` is the size of the whole picture, of which `source` is one plane at whatever scale.
void draw(const Plane& source, Size stored, const View& view, const Part& part,
          const PlaneView& target);

// Grey where there is one plane, else red, green, blue.
Raster draw_raster(const Planes& planes, Size stored, const View& view, const Rect& part);

}  // namespace imagemill::image
