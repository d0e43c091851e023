// axis: which source samples make a target sample along one direction, and with what weight.
//
// Shapes:  Target sample i is the sum of source[first[i] + t] × weights[i × taps + t], t < taps,
// over
//          16384. `taps` is rounded up to a multiple of `taps_unit` with zero weights; reading them
//          may go past the source's end by less than that.
// Threads: plain values.
#pragma once

#include <cstdint>
#include <vector>

namespace imagemill::image {

constexpr int kWeightBits = 14;

struct Axis {
    int taps = 0;
    std::vector<int> first;
    std::vector<std::int16_t> weights;
};

struct AxisSpec {
    int source = 0;  // Samples there are.
    int target = 0;
    double start = 0;  // The window, in source samples.
    double length = 0;
    int taps_unit = 1;
};

Axis make_axis(const AxisSpec& spec);

}  // namespace imagemill::image
