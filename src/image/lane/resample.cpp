#include "image/lane/resample.h"

#include <algorithm>
#include <vector>

#include "image/lane/axis.h"
#include "image/lane/kernels.h"

namespace imagemill::image {
namespace {

enum class Kernels { fast, plain };

// Within the plane, and not empty.
Bounds bounds_of(const Window& window, const Plane& source) {
    const Bounds wanted = window.bounds.value_or(Bounds{0, 0, source.width, source.height});
    Bounds bounds;
    bounds.x0 = std::clamp(wanted.x0, 0, source.width - 1);
    bounds.y0 = std::clamp(wanted.y0, 0, source.height - 1);
    bounds.x1 = std::clamp(wanted.x1, bounds.x0 + 1, source.width);
    bounds.y1 = std::clamp(wanted.y1, bounds.y0 + 1, source.height);
    return bounds;
}

void run(const Plane& source, const Window& window, const PlaneView& target, Kernels kernels) {
    const Bounds bounds = bounds_of(window, source);
    const int width = bounds.x1 - bounds.x0;
    const Axis across = make_axis({.source = width,
                                   .target = target.width,
                                   .start = window.x - bounds.x0,
                                   .length = window.width,
                                   .taps_unit = kAcrossTapsUnit});
    const Axis down = make_axis({.source = bounds.y1 - bounds.y0,
                                 .target = target.height,
                                 .start = window.y - bounds.y0,
                                 .length = window.height,
                                 .taps_unit = kDownTapsUnit});
    // Past the source's width: zeros, for the taps that only fill up.
    std::vector<std::int16_t> row(static_cast<std::size_t>(width + kPlanePadding), 0);
    std::vector<const std::uint8_t*> rows(static_cast<std::size_t>(down.taps));
    for (int y = 0; y < target.height; ++y) {
        const int first = bounds.y0 + down.first[static_cast<std::size_t>(y)];
        for (int t = 0; t < down.taps; ++t) {
            rows[static_cast<std::size_t>(t)] =
                source.row(std::min(first + t, bounds.y1 - 1)) + bounds.x0;
        }
        const std::int16_t* weights = down.weights.data() + std::ptrdiff_t{y} * down.taps;
        if (kernels == Kernels::fast) {
            blend_rows(rows, weights, width, row.data());
            blend_across(row.data(), across, target.width, target.row(y));
        } else {
            blend_rows_plainly(rows, weights, width, row.data());
            blend_across_plainly(row.data(), across, target.width, target.row(y));
        }
    }
}

}  // namespace

void resample(const Plane& source, const Window& window, const PlaneView& target) {
    run(source, window, target, Kernels::fast);
}

void resample_plainly(const Plane& source, const Window& window, const PlaneView& target) {
    run(source, window, target, Kernels::plain);
}

}  // namespace imagemill::image
