#include <gtest/gtest.h>

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
    EXPECT_GE(grid.bands, 3);
    return {grid.at(4, 4, 0), grid.at(4, 4, 1), grid.at(4, 4, 2)};
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
