#include "image/lane/ycc.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "image/lane/ycc_plain.h"

namespace imagemill::image {
namespace {

TEST(Ycc, IsAsJfifSaysForEveryColour) {
    for (int cb = 0; cb < 256; ++cb) {
        for (int cr = 0; cr < 256; ++cr) {
            for (int y = 0; y < 256; y += 15) {
                const auto y8 = static_cast<std::uint8_t>(y);
                const auto cb8 = static_cast<std::uint8_t>(cb);
                const auto cr8 = static_cast<std::uint8_t>(cr);
                std::array<std::uint8_t, 3> rgb{};
                convert_ycc_plainly({.y = &y8, .cb = &cb8, .cr = &cr8, .width = 1}, rgb.data());
                const double exact[3] = {y + 1.402 * (cr - 128),
                                         y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128),
                                         y + 1.772 * (cb - 128)};
                for (std::size_t c = 0; c < 3; ++c) {
                    ASSERT_NEAR(rgb[c], std::clamp(exact[c], 0.0, 255.0), 0.55) << y << cb << cr;
                }
            }
        }
    }
}

TEST(Ycc, FastIsPlain) {
    std::minstd_rand random;
    for (int width = 1; width < 150; ++width) {
        std::array<std::vector<std::uint8_t>, 3> planes;
        for (auto& plane : planes) {
            plane.resize(static_cast<std::size_t>(width));
            for (auto& sample : plane) sample = static_cast<std::uint8_t>(random() >> 8);
        }
        const YccRow row{
            .y = planes[0].data(), .cb = planes[1].data(), .cr = planes[2].data(), .width = width};
        std::vector<std::uint8_t> fast(static_cast<std::size_t>(3 * width));
        std::vector<std::uint8_t> plain(fast.size());
        convert_ycc(row, fast.data());
        convert_ycc_plainly(row, plain.data());
        ASSERT_EQ(fast, plain) << width;
    }
}

TEST(Ycc, WhatGoesThereComesBack) {
    for (const Color& color : {Color{255, 0, 0}, Color{0, 255, 0}, Color{0, 0, 255},
                               Color{17, 130, 201}, Color{255, 255, 255}, Color{0, 0, 0}}) {
        const auto ycc = to_ycc(color);
        std::array<std::uint8_t, 3> rgb{};
        convert_ycc_plainly({.y = &ycc[0], .cb = &ycc[1], .cr = &ycc[2], .width = 1}, rgb.data());
        EXPECT_NEAR(rgb[0], color.red, 2);
        EXPECT_NEAR(rgb[1], color.green, 2);
        EXPECT_NEAR(rgb[2], color.blue, 2);
    }
}

}  // namespace
}  // namespace imagemill::image
