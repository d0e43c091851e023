#include <gtest/gtest.h>

#include <array>

#include "image/test_files.h"
#include "image/test_pictures.h"

namespace imagemill::image {
namespace {

using test::constant;
using test::Grid;
using test::paint;
using test::Read;

Rendered render_all(Bytes file, const std::vector<Spec>& specs) {
    auto rendered = render(file, specs, {});
    if (rendered) return std::move(*rendered);
    ADD_FAILURE() << rendered.error().message;
    return {.source = {}, .outputs = std::vector<Output>(specs.size()), .placeholder = {}};
}

Output render_one(Bytes file, const Spec& spec) {
    return render_all(file, {spec}).outputs.front();
}

Spec to(Format format, Spec spec = {}) {
    spec.choice = FormatChoice::named;
    spec.format = format;
    return spec;
}

// Through a PNG, so that only the engine's own work shows.
Grid pixels_of(Bytes file, const Spec& spec) {
    return test::read(render_one(file, to(Format::png, spec)).bytes, Format::png).grid;
}

// A picture of one colour, drawn or written in any format that is read.
Buffer constant_file(Format format, Color color) {
    if (format == Format::svg) {
        return to_buffer(
            test::svg("width='64' height='48'", "<rect width='64' height='48' fill='#7850c8'/>"));
    }
    return test::write(constant({64, 48}, 3, color), format);
}

TEST(Render, KeepsAConstantPictureConstantInEveryFormat) {
    constexpr Color kColor{0x78, 0x50, 0xc8};
    for (const Format from : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif,
                              Format::tiff, Format::svg}) {
        const Buffer file = constant_file(from, kColor);
        for (const Format into :
             {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif}) {
            const Output output = render_one(file, to(into, {.width = 21, .quality = 90}));

            EXPECT_EQ(output.format, into);
            EXPECT_EQ(output.width, 21);
            EXPECT_EQ(output.height, 16);
            EXPECT_EQ(output.quality, has_quality(into) ? 90 : 0);
            const Read result = test::read(output.bytes, into);
            const Grid expected = constant({21, 16}, result.grid.bands, kColor);
            EXPECT_LE(test::difference(result.grid, expected), 4)
                << name_of(from) << " to " << name_of(into);
        }
    }
}

TEST(Render, LandsEveryOrientationTheSame) {
    const Grid upright = test::quarters({60, 40});
    for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::tiff}) {
        for (int orientation = 1; orientation <= 8; ++orientation) {
            const Buffer file = test::write(test::stored_as(upright, orientation), format,
                                            {.orientation = orientation});
            const auto info = probe(file, {});
            ASSERT_TRUE(info);
            EXPECT_EQ(info->orientation, orientation) << name_of(format);
            EXPECT_EQ(info->width, 60);

            EXPECT_LE(test::difference(pixels_of(file, {}), upright), 12)
                << name_of(format) << " " << orientation;
            const Grid small = pixels_of(file, {.width = 30});
            EXPECT_LE(
                test::difference(small, pixels_of(test::write(upright, format), {.width = 30})),
                12);
        }
    }
}

TEST(Render, GivesExactlyThePlannedSize) {
    const Buffer file = test::write(test::quarters({97, 61}), Format::jpeg);
    for (int width = 1; width <= 97; width += 3) {
        const Info source{.width = 97, .height = 61};
        const Spec spec{.width = width};
        const Output output = render_one(file, spec);
        EXPECT_EQ((Size{output.width, output.height}), plan(source, spec, {})->size);
        const Grid grid = test::read(output.bytes, output.format).grid;
        EXPECT_EQ(grid.width, output.width);
        EXPECT_EQ(grid.height, output.height);
    }
}

TEST(Render, FollowsEveryFit) {
    const Buffer file = test::write(test::quarters({80, 40}), Format::png);
    struct Row {
        Fit fit;
        Size size;
    };
    for (const Row& row :
         {Row{Fit::inside, {20, 10}}, Row{Fit::outside, {40, 20}}, Row{Fit::cover, {20, 20}},
          Row{Fit::contain, {20, 20}}, Row{Fit::fill, {20, 20}}}) {
        const Grid grid = pixels_of(file, {.width = 20, .height = 20, .fit = row.fit});
        EXPECT_EQ((Size{grid.width, grid.height}), row.size) << name_of(row.fit);
    }
}

TEST(Render, NeverEnlargesUnlessTold) {
    const Buffer file = test::write(test::quarters({10, 10}), Format::png);
    for (const Fit fit : {Fit::inside, Fit::outside, Fit::cover, Fit::fill}) {
        EXPECT_EQ(render_one(file, {.width = 100, .height = 100, .fit = fit}).width, 10);
        const Spec larger{.width = 100, .height = 100, .fit = fit, .enlarge = true};
        EXPECT_EQ(render_one(file, larger).width, 100);
    }
}

TEST(Render, CutsWhereTheGravitySays) {
    // Left red, right green.
    const Buffer file = test::write(paint({80, 40}, 3,
                                          [](int x, int) {
                                              return x < 40 ? Color{200, 0, 0} : Color{0, 200, 0};
                                          }),
                                    Format::png);
    const auto at_middle = [&](Gravity gravity) {
        const Grid grid =
            pixels_of(file, {.width = 20, .height = 20, .fit = Fit::cover, .gravity = gravity});
        return std::array{grid.at(10, 10, 0), grid.at(10, 10, 1)};
    };
    EXPECT_EQ(at_middle(Gravity::west), (std::array{200, 0}));
    EXPECT_EQ(at_middle(Gravity::east), (std::array{0, 200}));
}

TEST(Render, FindsWhatMatters) {
    // Grey but for a patch of colours at the right end.
    const Grid grid = paint({200, 40}, 3, [](int x, int y) -> Color {
        if (x < 150) return {128, 128, 128};
        return (x / 3 + y / 3) % 2 == 0 ? Color{240, 160, 120} : Color{120, 20, 20};
    });
    const Buffer file = test::write(grid, Format::png);
    for (const Gravity gravity : {Gravity::attention, Gravity::entropy}) {
        const Grid cut =
            pixels_of(file, {.width = 40, .height = 40, .fit = Fit::cover, .gravity = gravity});
        EXPECT_NE(cut.at(30, 20, 0), cut.at(30, 20, 1)) << name_of(gravity);
    }
}

TEST(Render, TakesTheFormatThatLosesNothing) {
    const Grid opaque = constant({8, 8}, 4, {10, 20, 30, 255});
    Grid holed = opaque;
    holed.at(3, 3, 3) = 0;
    const auto format_of = [](const Grid& grid, Format format, FormatChoice choice) {
        return render_one(test::write(grid, format), {.choice = choice}).format;
    };
    EXPECT_EQ(format_of(opaque, Format::png, FormatChoice::automatic), Format::jpeg);
    EXPECT_EQ(format_of(opaque, Format::png, FormatChoice::same), Format::png);
    EXPECT_EQ(format_of(holed, Format::png, FormatChoice::automatic), Format::png);
    EXPECT_EQ(format_of(holed, Format::webp, FormatChoice::automatic), Format::webp);
    EXPECT_EQ(format_of(holed, Format::avif, FormatChoice::automatic), Format::avif);
    EXPECT_EQ(format_of(holed, Format::gif, FormatChoice::automatic), Format::gif);
    EXPECT_EQ(format_of(holed, Format::tiff, FormatChoice::automatic), Format::png);
    EXPECT_EQ(format_of(opaque, Format::tiff, FormatChoice::automatic), Format::jpeg);
}

TEST(Render, LaysTransparencyOnWhiteOrOnTheBackground) {
    const Buffer file = test::write(constant({16, 16}, 4, {10, 20, 30, 0}), Format::png);
    const auto corner = [&](const Spec& spec) {
        const Grid grid =
            test::read(render_one(file, to(Format::jpeg, spec)).bytes, Format::jpeg).grid;
        return std::array{grid.at(0, 0, 0), grid.at(0, 0, 1), grid.at(0, 0, 2)};
    };
    EXPECT_EQ(corner({}), (std::array{255, 255, 255}));
    EXPECT_EQ(corner({.background = Color{0, 0, 0}}), (std::array{0, 0, 0}));
}

TEST(Render, PadsAContainedPicture) {
    const Grid opaque = constant({40, 20}, 3, {0, 100, 0});
    const Buffer file = test::write(opaque, Format::png);
    const Spec spec{.width = 40, .height = 40, .fit = Fit::contain};
    Grid grid = pixels_of(file, spec);
    EXPECT_EQ(grid.bands, 3);
    EXPECT_EQ(grid.at(0, 0, 0), 255);
    EXPECT_EQ(grid.at(20, 20, 1), 100);

    Spec coloured = spec;
    coloured.background = Color{1, 2, 3};
    coloured.gravity = Gravity::south;
    grid = pixels_of(file, coloured);
    EXPECT_EQ(grid.at(20, 19, 2), 3);
    EXPECT_EQ(grid.at(20, 20, 1), 100);

    // Bars one can see through make a picture that is not opaque.
    Spec clear = spec;
    clear.background = Color{0, 0, 0, 0};
    EXPECT_EQ(render_one(file, clear).format, Format::png);

    Grid holed = constant({40, 20}, 4, {0, 100, 0, 255});
    holed.at(0, 0, 3) = 0;
    grid = pixels_of(test::write(holed, Format::png), spec);
    ASSERT_EQ(grid.bands, 4);
    EXPECT_EQ(grid.at(0, 0, 3), 0);
    EXPECT_EQ(grid.at(20, 20, 3), 255);
}

TEST(Render, LetsNothingBleedFromUnderTransparency) {
    const Grid grid = paint({64, 64}, 4, [](int x, int) -> Color {
        return x < 31 ? Color{200, 0, 0, 255} : Color{0, 255, 0, 0};
    });
    const Grid small = pixels_of(test::write(grid, Format::png), {.width = 8});
    ASSERT_EQ(small.bands, 4);
    for (int x = 0; x < 8; ++x) {
        // As much as shows of it.
        const double shown = small.at(x, 4, 3) / 255.0;
        EXPECT_LE(small.at(x, 4, 1) * shown, 1) << x;
        // Lanczos overshoots beside an edge.
        EXPECT_NEAR(small.at(x, 4, 0) * shown, 200 * shown, 8) << x;
    }
}

// Three frames of one colour each.
Buffer moving_file(Format format) {
    constexpr Color kColors[] = {{250, 0, 0}, {0, 250, 0}, {0, 0, 250}};
    const Grid grid = paint({30, 60}, 3, [&](int, int y) { return kColors[y / 20]; });
    return test::write(grid, format, {.frames = 3, .delays_ms = {100, 50, 200}, .loop = 4});
}

// Three frames, each half black and half of one colour.
Buffer moving_edges() {
    const Grid grid = paint({40, 90}, 3, [](int x, int y) {
        const auto shade = static_cast<std::uint8_t>(100 + y / 30 * 50);
        return x < 20 ? Color{0, 0, 0} : Color{shade, shade, shade};
    });
    return test::write(grid, Format::webp, {.quality = 100, .frames = 3, .delays_ms = {100}});
}

TEST(RenderAnimation, BlursAndSharpensEveryFrame) {
    const Buffer file = moving_edges();
    const auto frames_of = [&](const Spec& spec) {
        return test::read(render_one(file, to(Format::webp, spec)).bytes, Format::webp).grid;
    };
    const Grid plain = frames_of({.quality = 100});
    const Grid blurred = frames_of({.blur = 4, .quality = 100});
    const Grid sharpened = frames_of({.sharpen = 2, .quality = 100});
    ASSERT_EQ(plain.height, 90);
    for (const int y : {15, 45, 75}) {
        EXPECT_LT(plain.at(15, y, 1), 12) << y;
        EXPECT_GT(blurred.at(15, y, 1), plain.at(15, y, 1) + 5) << y;
        EXPECT_GT(sharpened.at(22, y, 1), plain.at(22, y, 1) + 3) << y;
    }
}

TEST(Render, KeepsFramesDelaysAndLoopOfAnAnimation) {
    for (const Format from : {Format::gif, Format::webp}) {
        const Buffer file = moving_file(from);
        for (const Format into : {Format::gif, Format::webp}) {
            const Output output = render_one(file, to(into, {.width = 15, .quality = 100}));
            EXPECT_EQ(output.frames, 3);
            EXPECT_EQ(output.height, 10);

            const Read result = test::read(output.bytes, into);
            EXPECT_EQ(result.frames, 3) << name_of(from) << " to " << name_of(into);
            EXPECT_EQ(result.delays_ms, (std::vector{100, 50, 200}));
            EXPECT_EQ(result.loop, 4);
            ASSERT_EQ(result.grid.height, 30);
            // No frame bleeds into the next.
            EXPECT_NEAR(result.grid.at(7, 9, 0), 250, 8);
            EXPECT_NEAR(result.grid.at(7, 10, 1), 250, 8);
            EXPECT_NEAR(result.grid.at(7, 29, 2), 250, 8);
        }
    }
}

TEST(Render, TakesTheFirstFrameWhereTheFormatStandsStill) {
    const Buffer file = moving_file(Format::gif);
    for (const Format into : {Format::jpeg, Format::png, Format::avif}) {
        const Output output = render_one(file, to(into));
        EXPECT_EQ(output.frames, 1);
        EXPECT_EQ(output.height, 20);
        EXPECT_NEAR(test::read(output.bytes, into).grid.at(5, 5, 0), 250, 6);
    }
    EXPECT_EQ(render_one(file, {}).format, Format::gif);
    EXPECT_EQ(render_one(moving_file(Format::webp), {}).format, Format::webp);
}

TEST(Render, CutsAllFramesAlike) {
    for (const Gravity gravity : {Gravity::attention, Gravity::center}) {
        const Output output =
            render_one(moving_file(Format::gif),
                       {.width = 10, .height = 10, .fit = Fit::cover, .gravity = gravity});
        EXPECT_EQ(output.frames, 3);
        EXPECT_EQ(output.width, 10);
        EXPECT_EQ(output.height, 10);
    }
    const Output padded =
        render_one(moving_file(Format::gif), {.width = 30, .height = 30, .fit = Fit::contain});
    EXPECT_EQ(test::read(padded.bytes, Format::gif).grid.height, 90);
}

TEST(Render, GivesEachSpecWhatItWouldGetAlone) {
    const Buffer file = test::write(test::quarters({120, 90}), Format::png);
    const std::vector<Spec> specs{{.width = 60},
                                  to(Format::webp, {.width = 60}),
                                  {.width = 20, .height = 20, .fit = Fit::cover},
                                  {}};
    const Rendered together = render_all(file, specs);
    ASSERT_EQ(together.outputs.size(), specs.size());
    for (std::size_t i = 0; i < specs.size(); ++i) {
        EXPECT_EQ(together.outputs[i].bytes, render_one(file, specs[i]).bytes) << i;
    }
    EXPECT_EQ(together.source.width, 120);
    EXPECT_TRUE(render_all(file, {}).outputs.empty());
}

TEST(Render, GivesTheSameBytesEveryTime) {
    const Buffer file = test::write(test::quarters({200, 150}), Format::jpeg);
    for (const Format into : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif}) {
        const Output first = render_one(file, to(into, {.width = 90}));
        EXPECT_EQ(first.bytes, render_one(file, to(into, {.width = 90})).bytes) << name_of(into);
    }
}

TEST(Render, TakesEveryEffort) {
    const Buffer file = test::write(test::quarters({40, 30}), Format::png);
    for (const Format into : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif}) {
        for (const int effort : {0, 5, 9}) {
            EXPECT_FALSE(render_one(file, to(into, {.effort = effort})).bytes.empty());
        }
    }
}

TEST(Render, WritesSmallerFilesForLowerQuality) {
    const Grid noisy = paint({200, 200}, 3, [](int x, int y) -> Color {
        const auto value = static_cast<std::uint8_t>((x * 31 + y * 17) * (x + y) >> 3);
        return {value, static_cast<std::uint8_t>(value / 2), 9};
    });
    const Buffer file = test::write(noisy, Format::png);
    for (const Format into : {Format::jpeg, Format::webp, Format::avif}) {
        EXPECT_LT(render_one(file, to(into, {.quality = 20})).bytes.size(),
                  render_one(file, to(into, {.quality = 90})).bytes.size());
    }
}

TEST(Render, DrawsAnSvgSharplyAtAnySize) {
    const std::string file =
        test::svg("width='10' height='10'", "<rect width='5' height='10' fill='#f00'/>");
    const Grid grid = pixels_of(as_bytes(file), {.width = 200, .enlarge = true});
    ASSERT_EQ(grid.width, 200);
    EXPECT_EQ(grid.at(99, 100, 3), 255);
    EXPECT_EQ(grid.at(100, 100, 3), 0);

    const std::string inches = test::svg("width='1in' height='1in' viewBox='0 0 2 2'",
                                         "<rect width='1' height='2' fill='#f00'/>");
    const Grid inch = pixels_of(as_bytes(inches), {});
    ASSERT_EQ(inch.width, 96);
    EXPECT_EQ(inch.at(47, 50, 3), 255);
    EXPECT_EQ(inch.at(48, 50, 3), 0);
}

TEST(Render, MakesAPlaceholderOfTheWholePicture) {
    const Grid grid = constant({300, 200}, 3, {200, 40, 10});
    const Rendered rendered =
        render_all(test::write(grid, Format::png), {{.width = 5, .height = 5, .fit = Fit::cover}});
    EXPECT_EQ(rendered.placeholder.color, (Color{200, 40, 10, 255}));
    EXPECT_FALSE(rendered.placeholder.thumbhash.empty());
    EXPECT_LE(rendered.placeholder.thumbhash.size(), 40U);
    const Rendered alone = render_all(test::write(grid, Format::png), {});
    EXPECT_EQ(alone.placeholder.thumbhash, rendered.placeholder.thumbhash);
}

}  // namespace
}  // namespace imagemill::image
