#include "image/limits.h"

#include <gtest/gtest.h>

#include <limits>

#include "image/test_files.h"

namespace imagemill::image {
namespace {

TEST(Limits, RefusesAPngThatClaims60000Squared) {
    const auto info = probe(as_bytes(test::png(60'000, 60'000, 2)), {});

    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, Code::too_large);
    EXPECT_EQ(info.error().message,
              "The picture is 60000×60000 pixels (3600 megapixels); at most 120 megapixels are "
              "accepted (IMAGEMILL_MAX_PIXELS).");
    EXPECT_EQ(info.error().exceeded,
              (Exceeded{"IMAGEMILL_MAX_PIXELS", 120'000'000, 3'600'000'000}));
}

TEST(Limits, RefusesA500FrameGifOverThePixelLimit) {
    const auto info =
        probe(as_bytes(test::gif({.width = 1000, .height = 1000, .frames = 500})), {});

    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().exceeded,
              (Exceeded{"IMAGEMILL_MAX_ANIMATION_PIXELS", 50'000'000, 500'000'000}));
}

TEST(Limits, HoldAtTheirMaximumAndNotOneAbove) {
    const std::string file = test::gif({.width = 40, .height = 30, .frames = 5});
    const auto size = static_cast<std::int64_t>(file.size());
    const Limits exact{.bytes_max = size,
                       .side_max = 40,
                       .pixels_max = 1200,
                       .animation_pixels_max = 6000,
                       .frames_max = 5};
    EXPECT_TRUE(probe(as_bytes(file), exact));

    const auto setting = [&](Limits limits) {
        const auto info = probe(as_bytes(file), limits);
        EXPECT_FALSE(info);
        EXPECT_EQ(info.error().code, Code::too_large);
        EXPECT_EQ(info.error().exceeded->measured, info.error().exceeded->limit + 1);
        return info.error().exceeded->setting;
    };
    Limits less = exact;
    less.bytes_max -= 1;
    EXPECT_EQ(setting(less), "IMAGEMILL_MAX_BYTES");
    less = exact;
    less.side_max -= 1;
    EXPECT_EQ(setting(less), "IMAGEMILL_MAX_SIDE");
    less = exact;
    less.pixels_max -= 1;
    EXPECT_EQ(setting(less), "IMAGEMILL_MAX_PIXELS");
    less = exact;
    less.animation_pixels_max -= 1;
    EXPECT_EQ(setting(less), "IMAGEMILL_MAX_ANIMATION_PIXELS");
    less = exact;
    less.frames_max -= 1;
    EXPECT_EQ(setting(less), "IMAGEMILL_MAX_FRAMES");
}

TEST(Limits, OfZeroRefuseEverything) {
    const std::string file = test::gif({});
    for (const Limits& limits : {Limits{.bytes_max = 0}, Limits{.side_max = 0},
                                 Limits{.pixels_max = 0}, Limits{.frames_max = 0}}) {
        const auto info = probe(as_bytes(file), limits);
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code, Code::too_large);
    }
    // A still is no animation.
    EXPECT_TRUE(probe(as_bytes(file), {.animation_pixels_max = 0}));
}

TEST(Limits, HoldForPicturesLargerThanAnyNumber) {
    const Info info{.width = std::numeric_limits<int>::max(),
                    .height = std::numeric_limits<int>::max(),
                    .frames = std::numeric_limits<int>::max()};
    const Limits wide{.side_max = std::numeric_limits<int>::max(),
                      .pixels_max = std::numeric_limits<std::int64_t>::max() - 1,
                      .animation_pixels_max = std::numeric_limits<std::int64_t>::max() - 1,
                      .frames_max = std::numeric_limits<int>::max()};
    EXPECT_FALSE(check_limits(info, wide));
}

TEST(Limits, WritePixelsAsAPersonWould) {
    EXPECT_EQ(format_pixels(1'200), "1200 pixels");
    EXPECT_EQ(format_pixels(500'000), "0.5 megapixels");
    EXPECT_EQ(format_pixels(120'000'000), "120 megapixels");
    EXPECT_EQ(format_pixels(12'250'000), "12.2 megapixels");
}

}  // namespace
}  // namespace imagemill::image
