#include <gtest/gtest.h>
#include <vips/vips.h>

#include <algorithm>
#include <array>

#include "image/test_pictures.h"

namespace imagemill::image {
namespace {

using test::constant;

Output render_one(Bytes file, const Spec& spec) {
    auto rendered = render(file, {&spec, 1}, {});
    if (rendered) return std::move(rendered->outputs.front());
    ADD_FAILURE() << rendered.error().message;
    return {};
}

std::array<int, 3> colour_of(Bytes file) {
    const Output output = render_one(file, {.choice = FormatChoice::named, .format = Format::png});
    const test::Grid grid = test::read(output.bytes, Format::png).grid;
    const bool is_grey = grid.bands < 3;
    return {grid.at(4, 4, 0), grid.at(4, 4, is_grey ? 0 : 1), grid.at(4, 4, is_grey ? 0 : 2)};
}

bool contains(Bytes file, std::string_view word) {
    return as_text(file).find(word) != std::string_view::npos;
}

TEST(RenderColor, ConvertsByTheEmbeddedProfile) {
    const test::Grid grid = constant({16, 16}, 3, {200, 100, 50});
    const auto plain = colour_of(test::write(grid, Format::png));
    EXPECT_EQ(plain, (std::array{200, 100, 50}));
    const auto srgb = colour_of(test::write(grid, Format::png, {.profile = "srgb"}));
    EXPECT_NEAR(srgb[0], 200, 2);
    EXPECT_NEAR(srgb[1], 100, 2);

    // Display P3's (200, 100, 50) is a stronger colour than sRGB's.
    const auto wide = colour_of(test::write(grid, Format::png, {.profile = "p3"}));
    EXPECT_NEAR(wide[0], 215, 2);
    EXPECT_NEAR(wide[1], 93, 2);
    EXPECT_NEAR(wide[2], 32, 2);
}

TEST(RenderColor, ReadsCmyk) {
    const test::Grid grid = constant({16, 16}, 3, {180, 120, 90});
    const auto colour = colour_of(test::write(grid, Format::jpeg, {.cmyk = true}));
    EXPECT_NEAR(colour[0], 180, 12);
    EXPECT_NEAR(colour[1], 120, 12);
    EXPECT_NEAR(colour[2], 90, 12);
}

// libvips's print profile, but of a press that prints nothing light: in each table from inks to Lab
// the output table of L is 0. ICC.1:2022, 10.10 and 10.11: the three output tables end the tag.
std::string black_press() {
    VipsBlob* blob = nullptr;
    if (vips_profile_load("cmyk", &blob, nullptr) != 0) return {};
    std::size_t size = 0;
    const void* start = vips_blob_get(blob, &size);
    std::string profile(static_cast<const char*>(start), size);
    vips_area_unref(VIPS_AREA(blob));
    const auto number = [&profile](std::size_t at) {
        std::size_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value = value << 8 | static_cast<unsigned char>(profile.at(at + i));
        }
        return value;
    };
    for (std::size_t i = 0; i < number(128); ++i) {
        const std::size_t entry = 132 + 12 * i;
        if (!profile.substr(entry, 4).starts_with("A2B")) continue;
        const std::size_t end = number(entry + 4) + number(entry + 8);
        const bool wide = profile.substr(number(entry + 4), 4) == "mft2";
        const std::size_t entries = wide ? number(number(entry + 4) + 48) & 0xffff : 256;
        const std::size_t table = entries * (wide ? 2 : 1);
        profile.replace(end - 3 * table, table, std::string(table, '\0'));
    }
    return profile;
}

TEST(RenderColor, ConvertsCmykByAProfileOfItsOwn) {
    const test::Grid grid = constant({16, 16}, 3, {180, 120, 90});
    const std::string profile = black_press();
    ASSERT_FALSE(profile.empty());
    const Buffer file = test::write(grid, Format::jpeg, {.profile_bytes = profile, .cmyk = true});
    const auto colour = colour_of(file);
    EXPECT_LT(colour[1], 60);
    EXPECT_LT(colour[2], 60);
    EXPECT_GT(colour_of(test::write(grid, Format::jpeg, {.cmyk = true}))[1], 100);
}

TEST(RenderColor, BringsSixteenBitsToEight) {
    const test::Grid opaque = constant({16, 16}, 3, {200, 100, 50});
    EXPECT_EQ(colour_of(test::write(opaque, Format::png, {.wide = true})),
              (std::array{200, 100, 50}));

    const Buffer half =
        test::write(constant({16, 16}, 4, {200, 100, 50, 128}), Format::png, {.wide = true});
    const Output output = render_one(half, {.width = 8});
    EXPECT_EQ(output.format, Format::png);
    const test::Grid grid = test::read(output.bytes, Format::png).grid;
    ASSERT_EQ(grid.bands, 4);
    EXPECT_NEAR(grid.at(4, 4, 0), 200, 2);
    EXPECT_NEAR(grid.at(4, 4, 3), 128, 1);
}

TEST(RenderColor, TakesGreyAndGreyWithAlpha) {
    EXPECT_EQ(colour_of(test::write(constant({16, 16}, 1, {77, 0, 0}), Format::png)),
              (std::array{77, 77, 77}));
    EXPECT_EQ(colour_of(test::write(constant({16, 16}, 1, {77, 0, 0}), Format::jpeg)),
              (std::array{77, 77, 77}));
    const Buffer file = test::write(test::paint({16, 16}, 2,
                                                [](int x, int) {
                                                    const auto alpha = x < 8 ? 255 : 0;
                                                    return Color{77, std::uint8_t(alpha), 0};
                                                }),
                                    Format::png);
    EXPECT_EQ(render_one(file, {}).format, Format::png);
    EXPECT_EQ(colour_of(file), (std::array{77, 77, 77}));
}

Spec to(Format format, Spec spec = {}) {
    spec.choice = FormatChoice::named;
    spec.format = format;
    return spec;
}

TEST(RenderColor, KeepsGreyAsOneBand) {
    const test::Grid grey = test::paint({32, 32}, 1, [](int x, int) {
        return Color{std::uint8_t(x * 8), 0, 0};
    });
    for (const Format from : {Format::png, Format::jpeg}) {
        const Buffer file = test::write(grey, from);
        for (const Format into : {Format::png, Format::jpeg}) {
            const Output output = render_one(file, to(into, {.width = 16}));
            EXPECT_EQ(test::read(output.bytes, into).grid.bands, 1)
                << name_of(from) << " to " << name_of(into);
        }
    }
    const test::Grid see_through = test::paint({32, 32}, 2, [](int x, int) {
        return Color{77, std::uint8_t(x * 8), 0};
    });
    const Buffer file = test::write(see_through, Format::png);
    const test::Grid kept =
        test::read(render_one(file, to(Format::png, {.width = 16})).bytes, Format::png).grid;
    ASSERT_EQ(kept.bands, 2);
    EXPECT_NEAR(kept.at(12, 8, 0), 77, 2);
    const auto laid = [&](Color background) {
        const Output output = render_one(file, to(Format::jpeg, {.background = background}));
        return test::read(output.bytes, Format::jpeg).grid;
    };
    EXPECT_EQ(laid({0, 0, 0}).bands, 1);
    EXPECT_EQ(laid({200, 0, 0}).bands, 3);
    EXPECT_NEAR(laid({200, 0, 0}).at(0, 8, 0), 200, 16);
}

TEST(RenderColor, PadsGreyInColour) {
    const Buffer file = test::write(constant({32, 16}, 1, {77, 0, 0}), Format::png);
    const Spec spec{.width = 32, .height = 32, .fit = Fit::contain, .background = Color{200, 0, 0}};
    const test::Grid grid =
        test::read(render_one(file, to(Format::png, spec)).bytes, Format::png).grid;
    ASSERT_EQ(grid.bands, 3);
    EXPECT_EQ(grid.at(0, 0, 0), 200);
    EXPECT_EQ(grid.at(0, 0, 1), 0);
    EXPECT_EQ(grid.at(16, 16, 1), 77);
}

bool has_profile(const Output& output) {
    const auto fields = test::read(output.bytes, output.format).fields;
    return std::ranges::count(fields, "icc-profile-data") == 1;
}

TEST(RenderColor, KeepsTheProfileWhereAskedTo) {
    const test::Grid grid = constant({32, 32}, 3, {200, 100, 50});
    for (const Format from : {Format::png, Format::jpeg, Format::webp}) {
        const Buffer file = test::write(grid, from, {.profile = "p3"});
        for (const Format into : {Format::png, Format::jpeg, Format::webp, Format::avif}) {
            const Output kept =
                render_one(file, to(into, {.width = 16, .quality = 95, .color = ColorSpace::keep}));
            EXPECT_TRUE(has_profile(kept)) << name_of(from) << " to " << name_of(into);
            EXPECT_NEAR(test::read(kept.bytes, into).grid.at(8, 8, 0), 200, 4);
            EXPECT_FALSE(has_profile(render_one(file, to(into, {.width = 16}))));
        }
        // Where there is no place for one, the colours are converted.
        const Output gif = render_one(file, to(Format::gif, {.color = ColorSpace::keep}));
        EXPECT_NEAR(test::read(gif.bytes, Format::gif).grid.at(8, 8, 0), 215, 3) << name_of(from);
    }
}

TEST(RenderColor, LeavesOutAProfileThatDoesNotFit) {
    const Buffer grey =
        test::write(constant({16, 16}, 1, {77, 0, 0}), Format::jpeg, {.profile = "p3"});
    const Spec keep{.color = ColorSpace::keep};
    for (const Lane lane : {Lane::automatic, Lane::libvips}) {
        const Spec spec = to(Format::png, keep);
        const auto rendered = render(grey, {&spec, 1}, {.lane = lane});
        ASSERT_TRUE(rendered) << rendered.error().message;
        EXPECT_FALSE(has_profile(rendered->outputs.front()));
    }
    const Buffer cmyk =
        test::write(constant({16, 16}, 3, {180, 120, 90}), Format::jpeg, {.cmyk = true});
    EXPECT_FALSE(has_profile(render_one(cmyk, to(Format::png, keep))));
    EXPECT_NEAR(
        test::read(render_one(cmyk, to(Format::png, keep)).bytes, Format::png).grid.at(8, 8, 0),
        180, 12);
}

TEST(RenderColor, StripsAllMetadata) {
    const test::Grid grid = test::quarters({40, 30});
    const std::string secret = "<x:xmpmeta>secret</x:xmpmeta>";
    for (const Format from : {Format::jpeg, Format::png, Format::webp}) {
        const Buffer file =
            test::write(grid, from, {.orientation = 6, .profile = "p3", .xmp = secret});
        const auto before = test::read(file, from).fields;
        ASSERT_EQ(std::ranges::count(before, "xmp-data"), 1) << name_of(from);
        ASSERT_EQ(std::ranges::count(before, "icc-profile-data"), 1) << name_of(from);
        for (const Format into :
             {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif}) {
            const Output output = render_one(file, {.choice = FormatChoice::named, .format = into});
            const auto fields = test::read(output.bytes, into).fields;
            for (const std::string_view field :
                 {"exif-data", "xmp-data", "icc-profile-data", "iptc-data", "orientation"}) {
                EXPECT_EQ(std::ranges::count(fields, field), 0)
                    << field << " " << name_of(from) << " to " << name_of(into);
            }
            EXPECT_FALSE(contains(output.bytes, "secret"));
            EXPECT_FALSE(contains(output.bytes, "Exif"));
            EXPECT_FALSE(contains(output.bytes, "ICC_PROFILE"));
        }
    }
}

}  // namespace
}  // namespace imagemill::image
