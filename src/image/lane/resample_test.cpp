#include "image/lane/resample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "image/lane/axis.h"

namespace imagemill::image {
namespace {

Plane random_plane(int width, int height, unsigned seed) {
    std::mt19937 random(seed);
    Plane plane = make_plane(width, height, width, height);
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) plane.row(y)[x] = static_cast<std::uint8_t>(random());
    }
    return plane;
}

Plane constant_plane(int width, int height, std::uint8_t value) {
    Plane plane = make_plane(width, height, width, height);
    for (int y = 0; y < height; ++y) std::fill_n(plane.row(y), width, value);
    return plane;
}

Window whole(const Plane& plane) {
    return {.width = double(plane.width), .height = double(plane.height)};
}

Plane resampled(const Plane& source, int width, int height) {
    Plane target = make_plane(width, height, width, height);
    resample(source, whole(source), view_of(target, 0, 0, width, height));
    return target;
}

bool equal(const Plane& a, const Plane& b) {
    for (int y = 0; y < a.height; ++y) {
        if (!std::equal(a.row(y), a.row(y) + a.width, b.row(y))) return false;
    }
    return true;
}

struct Sizes {
    int source_width, source_height, width, height;
};
constexpr Sizes kSizes[] = {
    {1, 1, 1, 1},       {1, 1, 7, 5},      {2, 3, 1, 1},    {17, 9, 5, 4},   {640, 480, 80, 60},
    {100, 80, 100, 80}, {33, 65, 64, 128}, {1000, 3, 7, 2}, {5, 700, 3, 80}, {321, 123, 320, 122}};

TEST(Resample, FastAndPlainAgreeToTheLastBit) {
    unsigned seed = 1;
    for (const Sizes& s : kSizes) {
        const Plane source = random_plane(s.source_width, s.source_height, seed++);
        Plane fast = make_plane(s.width, s.height, s.width, s.height);
        Plane plain = make_plane(s.width, s.height, s.width, s.height);

        resample(source, whole(source), view_of(fast, 0, 0, s.width, s.height));
        resample_plainly(source, whole(source), view_of(plain, 0, 0, s.width, s.height));

        EXPECT_TRUE(equal(fast, plain))
            << s.source_width << "x" << s.source_height << " → " << s.width << "x" << s.height;
    }
}

TEST(Resample, KeepsAConstantPlaneConstant) {
    for (const int value : {0, 1, 127, 254, 255}) {
        for (const Sizes& s : kSizes) {
            const auto sample = static_cast<std::uint8_t>(value);
            const Plane source = constant_plane(s.source_width, s.source_height, sample);
            const Plane target = resampled(source, s.width, s.height);
            EXPECT_TRUE(equal(target, constant_plane(s.width, s.height, sample))) << value;
        }
    }
}

TEST(Resample, OneToOneChangesNothing) {
    const Plane source = random_plane(123, 45, 3);

    EXPECT_TRUE(equal(resampled(source, 123, 45), source));
}

TEST(Resample, KeepsTheMean) {
    const auto mean = [](const Plane& plane) {
        double sum = 0;
        for (int y = 0; y < plane.height; ++y) {
            for (int x = 0; x < plane.width; ++x) sum += plane.row(y)[x];
        }
        return sum / plane.width / plane.height;
    };
    const Plane source = random_plane(640, 480, 4);

    EXPECT_NEAR(mean(resampled(source, 160, 120)), mean(source), 1.0);
    EXPECT_NEAR(mean(resampled(source, 427, 320)), mean(source), 1.0);
}

TEST(Resample, AWindowShowsThatPartAlone) {
    Plane source = constant_plane(100, 50, 10);
    for (int y = 0; y < 50; ++y) std::fill_n(source.row(y) + 50, 50, std::uint8_t{200});
    Plane target = make_plane(20, 20, 20, 20);

    resample(source, {.x = 60, .y = 10, .width = 30, .height = 30}, view_of(target, 0, 0, 20, 20));

    EXPECT_TRUE(equal(target, constant_plane(20, 20, 200)));
}

TEST(Resample, WhatIsOutsideItsBoundsDoesNotShow) {
    Plane source = constant_plane(100, 60, 10);
    for (int y = 20; y < 60; ++y) std::fill_n(source.row(y) + 50, 50, std::uint8_t{200});
    const Bounds bounds{.x0 = 50, .y0 = 20, .x1 = 100, .y1 = 60};
    const Window window{.x = 50, .y = 20, .width = 50, .height = 40, .bounds = bounds};
    Plane target = make_plane(21, 17, 21, 17);

    resample(source, window, view_of(target, 0, 0, 21, 17));
    EXPECT_TRUE(equal(target, constant_plane(21, 17, 200)));

    Plane plain = make_plane(21, 17, 21, 17);
    resample_plainly(source, window, view_of(plain, 0, 0, 21, 17));
    EXPECT_TRUE(equal(target, plain));
}

TEST(Resample, WritesOnlyItsTarget) {
    const Plane source = random_plane(64, 64, 5);
    Plane canvas = constant_plane(40, 40, 77);

    resample(source, whole(source), view_of(canvas, 10, 10, 13, 11));

    for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < 40; ++x) {
            const bool is_inside = x >= 10 && x < 23 && y >= 10 && y < 21;
            ASSERT_TRUE(is_inside || canvas.row(y)[x] == 77) << x << "," << y;
        }
    }
}

TEST(Axis, WeightsSumToExactlyOne) {
    for (const Sizes& s : kSizes) {
        const Axis axis = make_axis({.source = s.source_width,
                                     .target = s.width,
                                     .start = 0,
                                     .length = double(s.source_width),
                                     .taps_unit = 8});
        for (int i = 0; i < s.width; ++i) {
            int sum = 0;
            for (int t = 0; t < axis.taps; ++t) {
                sum += axis.weights[static_cast<std::size_t>(i * axis.taps + t)];
            }
            ASSERT_EQ(sum, 1 << kWeightBits);
            ASSERT_GE(axis.first[static_cast<std::size_t>(i)], 0);
        }
    }
}

}  // namespace
}  // namespace imagemill::image
