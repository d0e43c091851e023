#include "image/lane/axis.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace imagemill::image {
namespace {

constexpr double kLobes = 3;
constexpr int kOne = 1 << kWeightBits;

double lanczos_exactly(double x) {
    if (x >= kLobes) return 0;
    if (x == 0) return 1;
    const double angle = std::numbers::pi * x;
    return kLobes * std::sin(angle) * std::sin(angle / kLobes) / (angle * angle);
}

// Sines cost more than everything else about an axis; the error of the table is far below a
// weight's last bit.
double lanczos(double x) {
    constexpr int kSteps = 1024;
    constexpr std::size_t kEntries = static_cast<std::size_t>(kLobes) * kSteps + 2;
    static const std::vector<double> table = [] {
        std::vector<double> values(kEntries);
        for (std::size_t i = 0; i < kEntries; ++i) {
            values[i] = lanczos_exactly(static_cast<double>(i) / kSteps);
        }
        return values;
    }();
    const double at = std::abs(x) * kSteps;
    if (at >= kLobes * kSteps) return 0;
    const auto index = static_cast<std::size_t>(at);
    const double part = at - static_cast<double>(index);
    return table[index] + part * (table[index + 1] - table[index]);
}

// The weights as integers whose sum is exactly one: the largest takes what rounding left.
void quantise(const std::vector<double>& weights, std::int16_t* out) {
    double sum = 0;
    for (const double weight : weights) sum += weight;
    int total = 0;
    std::size_t largest = 0;
    for (std::size_t t = 0; t < weights.size(); ++t) {
        out[t] = static_cast<std::int16_t>(std::lround(weights[t] / sum * kOne));
        total += out[t];
        if (out[t] > out[largest]) largest = t;
    }
    out[largest] = static_cast<std::int16_t>(out[largest] + kOne - total);
}

}  // namespace

Axis make_axis(const AxisSpec& spec) {
    const double scale = spec.length / spec.target;
    const double stretch = std::max(1.0, scale);
    const double support = kLobes * stretch;
    const int taps = std::min(spec.source, static_cast<int>(std::ceil(support * 2)) + 1);
    Axis axis;
    axis.taps = (taps + spec.taps_unit - 1) / spec.taps_unit * spec.taps_unit;
    axis.first.resize(static_cast<std::size_t>(spec.target));
    axis.weights.assign(static_cast<std::size_t>(spec.target) * static_cast<std::size_t>(axis.taps),
                        0);
    std::vector<double> weights(static_cast<std::size_t>(taps));
    for (int i = 0; i < spec.target; ++i) {
        const double centre = spec.start + (i + 0.5) * scale - 0.5;
        const int first =
            std::clamp(static_cast<int>(std::ceil(centre - support)), 0, spec.source - taps);
        for (int t = 0; t < taps; ++t) {
            weights[static_cast<std::size_t>(t)] = lanczos((first + t - centre) / stretch);
        }
        axis.first[static_cast<std::size_t>(i)] = first;
        quantise(weights, axis.weights.data() +
                              static_cast<std::size_t>(i) * static_cast<std::size_t>(axis.taps));
    }
    return axis;
}

}  // namespace imagemill::image
