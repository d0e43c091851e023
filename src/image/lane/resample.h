// resample: one plane of bytes at another size: Lanczos3, vertical then horizontal, in integers.
//
// Shapes:  The target shows the window [x, x + width) × [y, y + height) of the source, in source
//          samples; it may begin and end between samples. Weights are 14-bit and sum to exactly
//          one, so a constant plane stays constant.
// Units:   Samples.
// Threads: pure functions.
// Cost:    Target pixels × kernel length, SIMD; memory: one row of 16-bit samples.
// Source:  The kernel is widened by the scale when shrinking and cut off at the edges, where the
// rest of
//          its weights is scaled up to one.
#pragma once

#include <optional>

#include "image/lane/planes.h"

namespace imagemill::image {

struct Bounds {
    int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

struct Window {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;
    // The samples that may be looked at; none: all. Where a picture was cropped, what is beside the
    // part does not show through its edge.
    std::optional<Bounds> bounds = {};
};

void resample(const Plane& source, const Window& window, const PlaneView& target);

// The same in plain C++, for tests: the results are equal to the last bit.
void resample_plainly(const Plane& source, const Window& window, const PlaneView& target);

}  // namespace imagemill::image
