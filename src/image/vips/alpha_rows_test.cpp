#include "image/vips/alpha_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace imagemill::image {
namespace {

// Every colour under every alpha, beside two colours that differ from it.
std::vector<std::uint8_t> all_pixels(int bands) {
    std::vector<std::uint8_t> bytes;
    for (int alpha = 0; alpha < 256; ++alpha) {
        for (int colour = 0; colour < 256; ++colour) {
            for (int band = 0; band < bands - 1; ++band) {
                bytes.push_back(static_cast<std::uint8_t>(colour ^ (band * 0x55)));
            }
            bytes.push_back(static_cast<std::uint8_t>(alpha));
        }
    }
    return bytes;
}

using Change = void (*)(const AlphaRow&);
using Exactly = double (*)(double colour, double alpha);

void expect_nearest(Change change, Exactly exactly, int bands) {
    const auto source = all_pixels(bands);
    std::vector<std::uint8_t> target(source.size());
    change({.source = source, .target = target.data(), .bands = bands});
    const auto pixel = static_cast<std::size_t>(bands);
    for (std::size_t i = 0; i < source.size(); ++i) {
        const std::size_t at = i / pixel * pixel + pixel - 1;
        const double alpha = source[at];
        const double wanted = i == at ? alpha : alpha == 0 ? 0 : exactly(source[i], alpha);
        ASSERT_EQ(target[i], std::floor(std::min(wanted, 255.0) + 0.5))
            << int{source[i]} << " under " << alpha;
    }
}

TEST(AlphaRows, MultiplyingRoundsEveryColourToTheNearest) {
    for (const int bands : {2, 4}) {
        expect_nearest(
            multiply_row, [](double colour, double alpha) { return colour * alpha / 255; }, bands);
    }
}

TEST(AlphaRows, DividingRoundsEveryColourToTheNearestAndEndsAtWhite) {
    for (const int bands : {2, 4}) {
        expect_nearest(
            divide_row, [](double colour, double alpha) { return colour * 255 / alpha; }, bands);
    }
}

}  // namespace
}  // namespace imagemill::image
