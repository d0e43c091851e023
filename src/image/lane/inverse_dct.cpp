#include "image/lane/inverse_dct.h"

#include <algorithm>

namespace imagemill::image {
namespace {

constexpr float kSqrtHalf = 0.70710678F;  // C(0) of T.81 A.3.3, and cos(π/4)
constexpr float kCos1 = 0.92387953F;      // cos(π/8)
constexpr float kCos3 = 0.38268343F;      // cos(3π/8)

std::uint8_t to_sample(float value) {
    return static_cast<std::uint8_t>(std::clamp(value + 128.5F, 0.0F, 255.0F));
}

struct Four {
    float a, b, c, d;
};

// Four points from four coefficients, the first already scaled by C(0).
Four transform(float f0, float f1, float f2, float f3) {
    const float even_sum = f0 + kSqrtHalf * f2;
    const float even_difference = f0 - kSqrtHalf * f2;
    const float odd_outer = kCos1 * f1 + kCos3 * f3;
    const float odd_inner = kCos3 * f1 - kCos1 * f3;
    return {even_sum + odd_outer, even_difference + odd_inner, even_difference - odd_inner,
            even_sum - odd_outer};
}

void run_four(const float* f, std::uint8_t* samples, std::ptrdiff_t stride) {
    std::array<Four, 4> columns;
    for (std::size_t x = 0; x < 4; ++x) columns[x] = transform(f[x], f[4 + x], f[8 + x], f[12 + x]);
    const auto write_row = [&](std::uint8_t* row, float Four::*member) {
        const Four out = transform(columns[0].*member, columns[1].*member, columns[2].*member,
                                   columns[3].*member);
        row[0] = to_sample(out.a);
        row[1] = to_sample(out.b);
        row[2] = to_sample(out.c);
        row[3] = to_sample(out.d);
    };
    write_row(samples, &Four::a);
    write_row(samples + stride, &Four::b);
    write_row(samples + 2 * stride, &Four::c);
    write_row(samples + 3 * stride, &Four::d);
}

// cos(π/4) of the odd coefficients is in the factors.
void run_two(const float* f, std::uint8_t* samples, std::ptrdiff_t stride) {
    const float top = f[0] + f[2];
    const float bottom = f[0] - f[2];
    const float top_odd = f[1] + f[3];
    const float bottom_odd = f[1] - f[3];
    samples[0] = to_sample(top + top_odd);
    samples[1] = to_sample(top - top_odd);
    samples[stride] = to_sample(bottom + bottom_odd);
    samples[stride + 1] = to_sample(bottom - bottom_odd);
}

}  // namespace

InverseDct::InverseDct(const std::array<std::uint16_t, 64>& quantiser, int size) : size_(size) {
    const auto side = static_cast<std::size_t>(size);
    for (std::size_t row = 0; row < side; ++row) {
        for (std::size_t column = 0; column < side; ++column) {
            float factor = 0.25F * static_cast<float>(quantiser[row * 8 + column]);
            if (row == 0) factor *= kSqrtHalf;
            if (column == 0) factor *= kSqrtHalf;
            if (size == 2 && row == 1) factor *= kSqrtHalf;
            if (size == 2 && column == 1) factor *= kSqrtHalf;
            factors_[row * side + column] = factor;
        }
    }
}

void InverseDct::run(const std::int16_t* coefficients, std::uint8_t* samples,
                     std::ptrdiff_t stride) const {
    std::array<float, 16> f{};
    const auto count = static_cast<std::size_t>(size_ * size_);
    for (std::size_t i = 0; i < count; ++i) {
        f[i] = factors_[i] * static_cast<float>(coefficients[i]);
    }
    switch (size_) {
        case 1:
            samples[0] = to_sample(f[0]);
            break;
        case 2:
            run_two(f.data(), samples, stride);
            break;
        default:
            run_four(f.data(), samples, stride);
    }
}

}  // namespace imagemill::image
