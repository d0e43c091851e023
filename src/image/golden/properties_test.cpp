// What holds for every picture, whatever it shows.
#include <gtest/gtest.h>

#include <cmath>

#include "image/golden/test_golden.h"

namespace imagemill::image {
namespace {

using test::Grid;

// Smooth, with edges and fine detail: what a resize can get wrong shows.
Grid scene(Size size, int bands = 3) {
    return test::paint(size, bands, [size](int x, int y) -> Color {
        const auto wave = [](double at) {
            return std::uint8_t(std::lround(127.5 + 110 * std::sin(at)));
        };
        const bool inside =
            std::hypot(x - size.width * 0.6, y - size.height * 0.4) < size.height * 0.25;
        return {wave(x * 0.11), inside ? std::uint8_t(240) : wave(y * 0.17), wave((x + y) * 0.07),
                inside ? std::uint8_t(255) : std::uint8_t(255 * x / size.width)};
    });
}

Output render_one(Bytes file, const Spec& spec, Lane lane = Lane::automatic) {
    auto rendered = render(file, {&spec, 1}, {.lane = lane});
    if (rendered) return std::move(rendered->outputs.front());
    ADD_FAILURE() << rendered.error().message;
    return {};
}

Spec to(Format format, Spec spec = {}) {
    spec.choice = FormatChoice::named;
    spec.format = format;
    return spec;
}

Grid pixels_of(Bytes file, const Spec& spec = {}, Lane lane = Lane::automatic) {
    return test::read(render_one(file, to(Format::png, spec), lane).bytes, Format::png).grid;
}

TEST(Properties, ChangeNothingAtTheSameSize) {
    for (const int bands : {1, 2, 3, 4}) {
        const Grid grid = scene({60, 41}, bands);
        const Buffer file = test::write(grid, Format::png);
        for (const Spec& spec : {Spec{}, Spec{.width = 60}, Spec{.width = 900, .height = 900},
                                 Spec{.width = 60, .height = 41, .fit = Fit::cover}}) {
            EXPECT_EQ(test::difference(pixels_of(file, spec), grid), 0) << bands;
        }
    }
}

TEST(Properties, FlipTwiceAndTurnFourTimesIsNothing) {
    const Grid grid = scene({60, 41}, 4);
    const Buffer file = test::write(grid, Format::png);
    for (const Flip flip : {Flip::horizontal, Flip::vertical, Flip::both}) {
        const Output once = render_one(file, to(Format::png, {.flip = flip}));
        EXPECT_NE(test::difference(test::read(once.bytes, Format::png).grid, grid), 0);
        EXPECT_EQ(test::difference(pixels_of(once.bytes, {.flip = flip}), grid), 0)
            << name_of(flip);
    }
    Buffer turned = file;
    for (int i = 0; i < 4; ++i) {
        turned = render_one(turned, to(Format::png, {.rotate = 90})).bytes;
        if (i == 1) {
            EXPECT_EQ(test::difference(test::read(turned, Format::png).grid,
                                       pixels_of(file, {.flip = Flip::both})),
                      0);
        }
    }
    EXPECT_EQ(test::difference(test::read(turned, Format::png).grid, grid), 0);
}

TEST(Properties, LandAlikeInEveryOrientation) {
    const Grid upright = scene({96, 64});
    for (const Spec& spec : {Spec{.width = 48}, Spec{.crop = Rect{8, 4, 60, 50}, .width = 30},
                             Spec{.width = 30, .height = 30, .fit = Fit::cover},
                             Spec{.rotate = 90, .flip = Flip::horizontal, .width = 32}}) {
        const Grid wanted = pixels_of(test::write(upright, Format::tiff), spec);
        for (int orientation = 2; orientation <= 8; ++orientation) {
            const Buffer file = test::write(test::stored_as(upright, orientation), Format::tiff,
                                            {.orientation = orientation});
            EXPECT_LE(test::difference(pixels_of(file, spec), wanted), 2) << orientation;
        }
    }
}

TEST(Properties, AgreeInBothLanes) {
    const Grid grid = scene({400, 300});
    for (const bool progressive : {false, true}) {
        const Buffer file =
            test::write(grid, Format::jpeg, {.quality = 92, .progressive = progressive});
        for (const Spec& spec : {Spec{.width = 200}, Spec{.width = 90},
                                 Spec{.width = 100, .height = 100, .fit = Fit::cover},
                                 Spec{.rotate = 270, .width = 120},
                                 Spec{.crop = Rect{40, 30, 200, 200}, .width = 100}}) {
            const Grid lane = pixels_of(file, spec, Lane::jpeg);
            EXPECT_GE(test::psnr(lane, pixels_of(file, spec, Lane::libvips)), 40) << spec.width;
        }
    }
}

TEST(Properties, KeepTheMean) {
    const Grid grid = scene({200, 150});
    const auto mean = [](const Grid& of) {
        double sum = 0;
        for (const std::uint8_t value : of.values) sum += value;
        return sum / static_cast<double>(of.values.size());
    };
    for (const Format from : {Format::png, Format::webp, Format::jpeg}) {
        const Buffer file = test::write(grid, from);
        for (const int width : {150, 77, 20}) {
            EXPECT_NEAR(mean(pixels_of(file, {.width = width})), mean(grid), 1.0)
                << name_of(from) << " " << width;
        }
    }
}

TEST(Properties, LeaveNoHaloAroundWhatShows) {
    // A white disc; what lies under the transparent rest is black, and must not be seen.
    const Grid grid = test::paint({120, 120}, 4, [](int x, int y) -> Color {
        const bool inside = std::hypot(x - 60, y - 60) < 40;
        return inside ? Color{255, 255, 255, 255} : Color{0, 0, 0, 0};
    });
    for (const Format from : {Format::png, Format::webp}) {
        const Buffer file = test::write(grid, from);
        for (const Spec& spec : {Spec{.width = 50}, Spec{.width = 13}, Spec{.width = 50, .blur = 2},
                                 Spec{.width = 50, .sharpen = 1}}) {
            const Grid small = pixels_of(file, spec);
            ASSERT_EQ(small.bands, 4);
            for (int y = 0; y < small.height; ++y) {
                for (int x = 0; x < small.width; ++x) {
                    if (small.at(x, y, 3) < 16) continue;
                    EXPECT_GE(small.at(x, y, 0), 236) << x << " " << y << " " << small.at(x, y, 3);
                }
            }
        }
    }
}

TEST(Properties, ReadWebpWithAlphaAtEveryShape) {
    for (const Size size : {Size{400, 3}, Size{3, 400}, Size{1, 1}, Size{500, 40}}) {
        const Buffer file = test::write(scene(size, 4), Format::webp);
        for (const int width : {1, 2, 30}) {
            const Output output = render_one(file, to(Format::webp, {.width = width}));
            EXPECT_EQ(output.width, std::min(width, size.width));
        }
    }
}

TEST(Properties, InterlaceWhereAskedTo) {
    const Buffer file = test::write(scene({64, 48}), Format::png);
    const auto interlace_byte = [&](std::optional<bool> progressive) {
        return std::to_integer<int>(
            render_one(file, to(Format::png, {.progressive = progressive})).bytes[28]);
    };
    EXPECT_EQ(interlace_byte(true), 1);
    EXPECT_EQ(interlace_byte(false), 0);
    EXPECT_EQ(interlace_byte({}), 0);
    const Grid plain = pixels_of(file);
    EXPECT_EQ(test::difference(pixels_of(file, {.progressive = true}), plain), 0);

    const auto is_progressive = [&](Spec spec) {
        const Buffer bytes = render_one(file, to(Format::jpeg, spec)).bytes;
        return as_text(bytes).find("\xff\xc2") != std::string_view::npos;
    };
    EXPECT_TRUE(is_progressive({.progressive = true}));
    EXPECT_FALSE(is_progressive({}));
    EXPECT_TRUE(is_progressive({.effort = 9}));
    EXPECT_FALSE(is_progressive({.effort = 9, .progressive = false}));
}

}  // namespace
}  // namespace imagemill::image
