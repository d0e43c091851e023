#include "image/lane/resample.h"

#include <algorithm>
#include <vector>

#include "image/lane/axis.h"
#include "image/lane/kernels.h"

namespace imagemill::image {
namespace {

enum class Kernels { fast, plain };

void run(const Plane& source, const Window& window, const PlaneView& target, Kernels kernels) {
    const Axis across = make_axis({.source = source.width,
                                   .target = target.width,
                                   .start = window.x,
                                   .length = window.width,
                                   .taps_unit = kAcrossTapsUnit});
    const Axis down = make_axis({.source = source.height,
                                 .target = target.height,
                                 .start = window.y,
                                 .length = window.height,
                                 .taps_unit = kDownTapsUnit});
    // Past the source's width: zeros, for the taps that only fill up.
    std::vector<std::int16_t> row(static_cast<std::size_t>(source.width + kPlanePadding), 0);
    std::vector<const std::uint8_t*> rows(static_cast<std::size_t>(down.taps));
    for (int y = 0; y < target.height; ++y) {
        const int first = down.first[static_cast<std::size_t>(y)];
        for (int t = 0; t < down.taps; ++t) {
            rows[static_cast<std::size_t>(t)] = source.row(std::min(first + t, source.height - 1));
        }
        const std::int16_t* weights = down.weights.data() + std::ptrdiff_t{y} * down.taps;
        if (kernels == Kernels::fast) {
            blend_rows(rows, weights, source.width, row.data());
            blend_across(row.data(), across, target.width, target.row(y));
        } else {
            blend_rows_plainly(rows, weights, source.width, row.data());
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
