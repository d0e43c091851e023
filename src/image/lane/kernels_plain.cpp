#include <algorithm>

#include "image/lane/kernels.h"

namespace imagemill::image {

void blend_rows_plainly(Rows rows, const std::int16_t* weights, int width, std::int16_t* out) {
    constexpr int kShift = kWeightBits - kRowBits;
    for (int x = 0; x < width; ++x) {
        int sum = 1 << (kShift - 1);
        for (std::size_t t = 0; t < rows.size(); ++t) sum += rows[t][x] * weights[t];
        out[x] = static_cast<std::int16_t>(sum >> kShift);
    }
}

void blend_across_plainly(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out) {
    blend_across_from(row, axis, 0, width, out);
}

void blend_across_from(const std::int16_t* row, const Axis& axis, int from, int width,
                       std::uint8_t* out) {
    constexpr int kShift = kWeightBits + kRowBits;
    for (int x = from; x < width; ++x) {
        const std::int16_t* weights = axis.weights.data() + std::ptrdiff_t{x} * axis.taps;
        const std::int16_t* samples = row + axis.first[static_cast<std::size_t>(x)];
        int sum = 1 << (kShift - 1);
        for (int t = 0; t < axis.taps; ++t) sum += samples[t] * weights[t];
        out[x] = static_cast<std::uint8_t>(std::clamp(sum >> kShift, 0, 255));
    }
}

}  // namespace imagemill::image
