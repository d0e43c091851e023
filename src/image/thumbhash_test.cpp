#include "image/thumbhash.h"

#include <gtest/gtest.h>

#include <array>

#include "base/encodings.h"

namespace imagemill::image {
namespace {

using Rgba = std::array<int, 4>;

template <typename Paint>
Pixels paint(Size size, Paint paint) {
    Pixels pixels{.size = size, .rgba = {}};
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const Rgba rgba = paint(x, y);
            for (const int value : rgba) pixels.rgba.push_back(static_cast<std::byte>(value));
        }
    }
    return pixels;
}

std::string hash_of(const Pixels& pixels) {
    return format_base64(thumbhash(pixels));
}

// What the algorithm's author's own program gives for the same pixels.
TEST(ThumbHash, AgreesWithItsAuthorsProgram) {
    EXPECT_EQ(hash_of(paint({100, 50},
                            [](int x, int y) {
                                return Rgba{x * 2, y * 5, (x * y) >> 4, 255};
                            })),
              "GNkNFJpxd3eAeHiHh3etCRr4dw==");
    EXPECT_EQ(hash_of(paint({33, 100},
                            [](int x, int y) {
                                return Rgba{255 - x * 7, y * 2, x * 3 + y, 255};
                            })),
              "nFgKWhh7gIiIh4iHj3j46Ic=");
    EXPECT_EQ(hash_of(paint({40, 40},
                            [](int x, int y) {
                                return Rgba{x * 6, 200, y * 6, (x + y) * 3};
                            })),
              "54iFLQoXoIewiIp3iJN/BYqJcHdweId4eA==");
    EXPECT_EQ(hash_of(paint({20, 10},
                            [](int, int) {
                                return Rgba{9, 9, 9, 0};
                            })),
              "AAiCA4AAAAAAAAAAAAAAAAAAAAAAAAA=");
}

TEST(ThumbHash, OfOneColourSaysThatColourAndNoWave) {
    const Buffer hash = thumbhash(paint({100, 100}, [](int, int) {
        return Rgba{128, 64, 32, 255};
    }));
    const Buffer expected = *parse_base64("0nkCBwCI");
    ASSERT_GE(hash.size(), 5U);
    EXPECT_TRUE(std::equal(hash.begin(), hash.begin() + 5, expected.begin()));
    EXPECT_LE(hash.size(), 25U);
    EXPECT_EQ(hash.back(), std::byte{0});
}

TEST(ThumbHash, TakesASinglePixel) {
    EXPECT_GE(thumbhash(paint({1, 1}, [](int, int) { return Rgba{10, 200, 30, 255}; })).size(), 5U);
}

TEST(DominantColor, IsTheCommonestAndNotTheMean) {
    const Color color = dominant_color(paint({10, 10}, [](int x, int) {
        return x < 6 ? Rgba{200, 10, 10, 255} : Rgba{0, 0, 255, 255};
    }));
    EXPECT_EQ(color, (Color{200, 10, 10, 255}));
}

TEST(DominantColor, IsOneAcrossTheBorderOfItsBoxes) {
    const Color color = dominant_color(paint({12, 10}, [](int x, int y) {
        if (x < 4) return Rgba{0, 0, 255, 255};
        return Rgba{127 + (x + y) % 3, 127 + y % 3, 127 + x % 3, 255};
    }));
    EXPECT_NEAR(color.red, 128, 1);
    EXPECT_NEAR(color.blue, 128, 1);
}

TEST(DominantColor, DoesNotCountWhatIsTransparent) {
    const Color color = dominant_color(paint({10, 10}, [](int x, int) {
        return x < 8 ? Rgba{255, 0, 0, 0} : Rgba{0, 255, 0, 255};
    }));
    EXPECT_EQ(color, (Color{0, 255, 0, 255}));
    EXPECT_EQ(dominant_color(paint({4, 4}, [](int, int) { return Rgba{9, 9, 9, 0}; })).alpha, 0);
}

}  // namespace
}  // namespace imagemill::image
