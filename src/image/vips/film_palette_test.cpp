#include "image/vips/film_palette.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace imagemill::image {
namespace {

constexpr int kSide = 120;

using Paint = std::uint8_t (*)(int x, int y, int band);

// A frame of its own; `from` is where a film that pans has come to.
Picture frame(Paint paint, int bands, int from = 0) {
    std::vector<std::uint8_t> bytes;
    for (int y = 0; y < kSide; ++y) {
        for (int x = 0; x < kSide; ++x) {
            for (int band = 0; band < bands; ++band) bytes.push_back(paint(x + from, y, band));
        }
    }
    VipsImage* image = vips_image_new_from_memory_copy(bytes.data(), bytes.size(), kSide, kSide,
                                                       bands, VIPS_FORMAT_UCHAR);
    image->Type = VIPS_INTERPRETATION_sRGB;
    return Picture(image);
}

bool serves(Picture first, Picture second) {
    std::vector<Picture> frames;
    frames.push_back(std::move(first));
    frames.push_back(std::move(second));
    return one_palette_serves(frames);
}

std::uint8_t warm(int x, int y, int band) {
    return static_cast<std::uint8_t>(band == 0 ? 130 + y : band == 1 ? x : 20);
}
std::uint8_t cold(int x, int y, int band) {
    return static_cast<std::uint8_t>(band == 0 ? 20 : band == 1 ? x : 130 + y);
}
std::uint8_t solid(int x, int y, int band) {
    return band == 3 ? 255 : warm(x, y, band);
}
std::uint8_t with_a_hole(int x, int y, int band) {
    return band == 3 && x < 20 ? 0 : solid(x, y, band);
}

class FilmPalette : public testing::Test {
  protected:
    static void SetUpTestSuite() { ASSERT_EQ(vips_init("film_palette_test"), 0); }
};

TEST_F(FilmPalette, OneServesAFilmThatMovesOverOnePicture) {
    EXPECT_TRUE(serves(frame(warm, 3), frame(warm, 3, 5)));
}

TEST_F(FilmPalette, OneDoesNotServeAFilmThatChangesItsColours) {
    EXPECT_FALSE(serves(frame(warm, 3), frame(cold, 3)));
}

TEST_F(FilmPalette, OneDoesNotServeWhatBecomesTransparentLater) {
    EXPECT_TRUE(serves(frame(with_a_hole, 4), frame(with_a_hole, 4)));
    EXPECT_FALSE(serves(frame(solid, 4), frame(with_a_hole, 4)));
}

}  // namespace
}  // namespace imagemill::image
