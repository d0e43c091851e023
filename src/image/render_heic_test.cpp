#include <gtest/gtest.h>

#include "image/heif/test_heic.h"
#include "image/test_files.h"
#include "image/test_pictures.h"

namespace imagemill::image {
namespace {

using test::Grid;
using test::HeicSample;

Spec to_png(Spec spec = {}) {
    spec.choice = FormatChoice::named;
    spec.format = Format::png;
    return spec;
}

#ifdef IMAGEMILL_HAS_HEIF

Rendered render_one(Bytes file, const Spec& spec) {
    auto rendered = render(file, {&spec, 1}, {});
    if (rendered) return std::move(*rendered);
    ADD_FAILURE() << rendered.error().message;
    return {.source = {}, .outputs = std::vector<Output>(1), .placeholder = {}};
}

Grid pixels_of(Bytes file, const Spec& spec = {}) {
    return test::read(render_one(file, to_png(spec)).outputs.front().bytes, Format::png).grid;
}

void expect_like(const Grid& found, const Grid& wanted, int tolerance) {
    ASSERT_EQ(found.width, wanted.width);
    ASSERT_EQ(found.height, wanted.height);
    // The middles of the quarters: their borders are coded with loss.
    for (const int x : {wanted.width / 4, wanted.width * 3 / 4}) {
        for (const int y : {wanted.height / 4, wanted.height * 3 / 4}) {
            for (int band = 0; band < 3; ++band) {
                EXPECT_NEAR(found.at(x, y, band), wanted.at(x, y, band), tolerance)
                    << x << " " << y << " " << band;
            }
        }
    }
}

TEST(RenderHeic, ShowsTheColoursAtEveryDepthAndRange) {
    expect_like(pixels_of(test::heic(HeicSample::quarters)), test::quarters({64, 64}), 3);
    expect_like(pixels_of(test::heic(HeicSample::odd)), test::quarters({33, 21}), 6);
    expect_like(pixels_of(test::heic(HeicSample::deep)), test::quarters({64, 64}), 3);
    expect_like(pixels_of(test::heic(HeicSample::video_range)), test::quarters({64, 64}), 3);
}

TEST(RenderHeic, KeepsTransparency) {
    const Grid grid = pixels_of(test::heic(HeicSample::alpha));
    ASSERT_EQ(grid.bands, 4);
    EXPECT_EQ(grid.at(8, 32, 3), 0);
    EXPECT_EQ(grid.at(56, 32, 3), 255);
    EXPECT_NEAR(grid.at(56, 16, 1), 180, 4);
}

TEST(RenderHeic, PutsAGridTogether) {
    const std::string file =
        test::heic_grid({.columns = 3, .rows = 2, .size = {150, 100}, .pieces = 4});
    const Grid grid = pixels_of(as_bytes(file));
    ASSERT_EQ(grid.width, 150);
    ASSERT_EQ(grid.height, 100);
    const Grid tile = test::quarters({64, 64});
    for (const int x : {16, 48, 80, 112, 144}) {
        for (const int y : {16, 48, 80}) {
            EXPECT_NEAR(grid.at(x, y, 0), tile.at(x % 64, y % 64, 0), 4) << x << " " << y;
            EXPECT_NEAR(grid.at(x, y, 2), tile.at(x % 64, y % 64, 2), 4) << x << " " << y;
        }
    }
}

TEST(RenderHeic, TurnsAsTheFileSays) {
    // One quarter anticlockwise: what was at the right is at the top.
    const std::string file = test::heic_grid({.properties = {test::box("irot", "\1")}});
    const Grid grid = pixels_of(as_bytes(file), {.width = 32});
    const Grid source = test::quarters({64, 64});
    EXPECT_NEAR(grid.at(8, 8, 0), source.at(48, 16, 0), 4);
    EXPECT_NEAR(grid.at(24, 8, 0), source.at(48, 48, 0), 4);
    EXPECT_NEAR(grid.at(8, 24, 0), source.at(16, 16, 0), 4);
}

TEST(RenderHeic, ConvertsNamedColorsOrEmbedsTheirProfile) {
    // Display P3, by its number.
    const std::string colors = test::box(
        "colr", test::Writer(Endian::big).text("nclx").u16(12).u16(13).u16(6).u8(0x80).out());
    const std::string written = test::heic_grid({.properties = {colors}});
    const Bytes file = as_bytes(written);
    const auto kept = render_one(file, to_png({.color = ColorSpace::keep})).outputs.front();
    const auto fields = test::read(kept.bytes, Format::png).fields;
    EXPECT_EQ(std::ranges::count(fields, "icc-profile-data"), 1);

    // Display P3's red (200, 30, 30) is a stronger one in sRGB.
    const Grid converted = pixels_of(file);
    EXPECT_GT(converted.at(16, 16, 0), 210);
    EXPECT_LT(converted.at(16, 16, 1), 20);
    const auto srgb = render_one(file, to_png()).outputs.front();
    const auto plain = test::read(srgb.bytes, Format::png).fields;
    EXPECT_EQ(std::ranges::count(plain, "icc-profile-data"), 0);
}

TEST(RenderHeic, IsAJpegByDefault) {
    const Rendered rendered = render_one(test::heic(HeicSample::quarters), {.width = 20});
    EXPECT_EQ(rendered.source.format, Format::heic);
    EXPECT_EQ(rendered.outputs.front().format, Format::jpeg);
    EXPECT_EQ(rendered.lane, Lane::libvips);
    EXPECT_EQ(render_one(test::heic(HeicSample::alpha), {}).outputs.front().format, Format::png);
}

TEST(RenderHeic, SurvivesEveryWrongByte) {
    const Buffer whole = test::heic(HeicSample::quarters);
    const Spec spec = to_png();
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); ++at) {
        Buffer file = whole;
        file[at] ^= std::byte{0x41};
        const auto rendered = render(file, {&spec, 1}, {.limits = {.pixels_max = 1'000'000}});
        if (rendered) continue;
        ++refused;
        EXPECT_FALSE(rendered.error().message.empty());
    }
    EXPECT_GT(refused, 100);
}

TEST(RenderHeic, StopsBetweenTiles) {
    const std::string file = test::heic_grid({.columns = 3, .rows = 2, .size = {150, 100}});
    int asked = 0;
    const Spec spec = to_png();
    const auto rendered =
        render(as_bytes(file), {&spec, 1}, {.stop = [&asked] { return ++asked > 2; }});
    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().code, Code::timeout);
    EXPECT_EQ(asked, 3);
}

#else

TEST(RenderHeic, SaysWhatIsMissing) {
    const Buffer file = test::heic(HeicSample::quarters);
    const Spec spec = to_png();
    const auto rendered = render(file, {&spec, 1}, {});
    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().code, Code::unsupported);
    EXPECT_NE(rendered.error().message.find("libde265"), std::string::npos);
}

#endif

}  // namespace
}  // namespace imagemill::image
