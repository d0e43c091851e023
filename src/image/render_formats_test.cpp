// The odd ones of every format: what only some encoders write.
#include <gtest/gtest.h>

#include <array>

#include "base/encodings.h"
#include "image/test_pictures.h"
#include "image/vips/picture.h"

namespace imagemill::image {
namespace {

using test::Grid;
using test::Read;

Output render_one(Bytes file, const Spec& spec) {
    auto rendered = render(file, {&spec, 1}, {});
    if (rendered) return std::move(rendered->outputs.front());
    ADD_FAILURE() << rendered.error().message;
    return {};
}

Spec to(Format format, Spec spec = {}) {
    spec.choice = FormatChoice::named;
    spec.format = format;
    return spec;
}

Grid pixels_of(Bytes file) {
    return test::read(render_one(file, to(Format::png)).bytes, Format::png).grid;
}

Picture made(int status, VipsImage* image) {
    EXPECT_EQ(status, 0) << vips_error_buffer();
    return Picture(image);
}

Picture picture_of(const Grid& grid, VipsInterpretation meaning) {
    EXPECT_EQ(vips_init("test"), 0);
    // The engine allows only what it writes itself.
    vips_operation_block_set("VipsForeignSave", FALSE);
    const Picture raw =
        made(0, vips_image_new_from_memory_copy(grid.values.data(), grid.values.size(), grid.width,
                                                grid.height, grid.bands, VIPS_FORMAT_UCHAR));
    VipsImage* out = nullptr;
    int status = vips_copy(raw.get(), &out, "interpretation", VIPS_INTERPRETATION_sRGB, nullptr);
    const Picture plain = made(status, out);
    out = nullptr;
    if (meaning == VIPS_INTERPRETATION_CMYK) {
        status = vips_icc_transform(plain.get(), &out, "cmyk", "input_profile", "srgb", nullptr);
    } else {
        status = vips_colourspace(plain.get(), &out, meaning, nullptr);
    }
    return made(status, out);
}

Buffer taken_over(int status, void* bytes, std::size_t size) {
    EXPECT_EQ(status, 0) << vips_error_buffer();
    const auto* first = static_cast<const std::byte*>(bytes);
    Buffer out(first, first + size);
    g_free(bytes);
    return out;
}

template <typename... Options>
Buffer tiff_of(const Grid& grid, VipsInterpretation meaning, Options... options) {
    const Picture picture = picture_of(grid, meaning);
    void* bytes = nullptr;
    std::size_t size = 0;
    const int status = vips_tiffsave_buffer(picture.get(), &bytes, &size, options..., nullptr);
    return taken_over(status, bytes, size);
}

template <typename... Options>
Buffer png_of(const Grid& grid, Options... options) {
    const Picture picture = picture_of(grid, VIPS_INTERPRETATION_sRGB);
    void* bytes = nullptr;
    std::size_t size = 0;
    const int status = vips_pngsave_buffer(picture.get(), &bytes, &size, options..., nullptr);
    return taken_over(status, bytes, size);
}

TEST(RenderFormats, ReadsTiffOfEveryKind) {
    const Grid grid = test::quarters({200, 150});
    const auto rgb = VIPS_INTERPRETATION_sRGB;
    EXPECT_EQ(test::difference(pixels_of(tiff_of(grid, rgb, "tile", TRUE)), grid), 0);
    EXPECT_EQ(
        test::difference(
            pixels_of(tiff_of(grid, rgb, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_LZW)), grid),
        0);
    EXPECT_LE(test::difference(pixels_of(tiff_of(grid, VIPS_INTERPRETATION_RGB16)), grid), 1);
    const Grid printed = pixels_of(tiff_of(grid, VIPS_INTERPRETATION_CMYK));
    ASSERT_EQ(printed.bands, 3);
    EXPECT_NEAR(printed.at(40, 40, 0), 200, 30);
    EXPECT_NEAR(printed.at(40, 40, 2), 30, 30);
    // Two pages in one file: the first.
    Grid pages = test::constant({20, 30}, 3, {200, 30, 30});
    for (int x = 0; x < 20; ++x) pages.at(x, 29, 0) = 0;
    const Picture both = picture_of(pages, rgb);
    vips_image_set_int(both.get(), VIPS_META_PAGE_HEIGHT, 15);
    void* bytes = nullptr;
    std::size_t size = 0;
    const int status = vips_tiffsave_buffer(both.get(), &bytes, &size, nullptr);
    const Grid first = pixels_of(taken_over(status, bytes, size));
    EXPECT_EQ(first.height, 15);
    EXPECT_EQ(first.at(3, 14, 0), 200);
}

TEST(RenderFormats, ReadsPngOfEveryKind) {
    const Grid grid = test::quarters({64, 48});
    EXPECT_EQ(test::difference(pixels_of(png_of(grid, "interlace", TRUE)), grid), 0);
    const Buffer palette = png_of(grid, "palette", TRUE, "dither", 0.0);
    EXPECT_LE(test::difference(pixels_of(palette), grid), 4);

    const Grid holed = test::paint({64, 48}, 4, [](int x, int) -> Color {
        return {200, 30, 30, x < 32 ? std::uint8_t(0) : std::uint8_t(255)};
    });
    const Grid found = pixels_of(png_of(holed, "palette", TRUE, "dither", 0.0));
    ASSERT_EQ(found.bands, 4);
    EXPECT_EQ(found.at(8, 8, 3), 0);
    EXPECT_EQ(found.at(56, 8, 3), 255);
    EXPECT_NEAR(found.at(56, 8, 0), 200, 4);

    const Grid black_and_white = test::paint({64, 48}, 3, [](int x, int) -> Color {
        return x < 32 ? Color{0, 0, 0} : Color{};
    });
    const Picture grey = picture_of(black_and_white, VIPS_INTERPRETATION_B_W);
    for (const int depth : {1, 2, 4}) {
        void* bytes = nullptr;
        std::size_t size = 0;
        const int status =
            vips_pngsave_buffer(grey.get(), &bytes, &size, "bitdepth", depth, nullptr);
        const Grid few = pixels_of(taken_over(status, bytes, size));
        EXPECT_EQ(few.at(8, 8, 0), 0) << depth;
        EXPECT_EQ(few.at(56, 8, 0), 255) << depth;
    }
}

TEST(RenderFormats, ReadsAvifOfEveryDepth) {
    const Grid grid = test::quarters({64, 48});
    for (const int depth : {8, 10, 12}) {
        const Picture picture =
            picture_of(grid, depth == 8 ? VIPS_INTERPRETATION_sRGB : VIPS_INTERPRETATION_RGB16);
        void* bytes = nullptr;
        std::size_t size = 0;
        const int status = vips_heifsave_buffer(picture.get(), &bytes, &size, "compression",
                                                VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "bitdepth",
                                                depth, "Q", 90, "effort", 0, nullptr);
        const Buffer file = taken_over(status, bytes, size);
        const Grid found = pixels_of(file);
        ASSERT_EQ(found.bands, 3);
        for (const int x : {16, 48}) {
            EXPECT_NEAR(found.at(x, 12, 0), grid.at(x, 12, 0), 6) << depth;
            EXPECT_NEAR(found.at(x, 36, 2), grid.at(x, 36, 2), 6) << depth;
        }
    }
}

// 16x16, four frames: red all over; a green patch in the middle that is cleared afterwards; a blue
// patch in a corner that is taken back afterwards; a green one in the opposite corner. Made by hand
// of the codes of GIF89a; it repeats three times.
constexpr std::string_view kPatches =
    "R0lGODlhEAAQAJEAAAAAAMgAAADIAAAAyCH/C05FVFNDQVBFMi4wAwEDAAAh+QQFCgAAACwAAAAAEAAQAAACkUyYMG"
    "HChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkT"
    "JkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMGHChAkTJkyYMG"
    "HChAkTJgUAIfkECQUAAAAsBAAEAAgACAAAAiWUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUqUKFGiRIkSJUoFACH5"
    "BA0UAAAALAAAAAAEAAQAAAIK3Lhx48aNGzduBQAh+QQFBwAAACwOAA4AAgACAAACA5QoFQA7";

void expect_patches(const Grid& grid) {
    const auto pixel = [&grid](int frame, int x, int y) {
        const int row = frame * 16 + y;
        return std::array{grid.at(x, row, 0), grid.at(x, row, 1), grid.at(x, row, 2),
                          grid.at(x, row, 3)};
    };
    constexpr std::array kRed{200, 0, 0, 255}, kGreen{0, 200, 0, 255}, kBlue{0, 0, 200, 255};
    EXPECT_EQ(pixel(0, 8, 8), kRed);
    EXPECT_EQ(pixel(1, 8, 8), kGreen);
    EXPECT_EQ(pixel(1, 1, 1), kRed);
    EXPECT_EQ(pixel(2, 1, 1), kBlue);
    EXPECT_EQ(pixel(2, 8, 8)[3], 0);
    EXPECT_EQ(pixel(2, 13, 2), kRed);
    EXPECT_EQ(pixel(3, 1, 1), kRed);
    EXPECT_EQ(pixel(3, 8, 8)[3], 0);
    EXPECT_EQ(pixel(3, 15, 15), kGreen);
}

TEST(RenderFormats, ShowsEachFrameAsTheOnesBeforeLeftIt) {
    const Buffer file = *parse_base64(kPatches);
    const Output output = render_one(file, {});
    EXPECT_EQ(output.format, Format::gif);
    const Read gif = test::read(output.bytes, Format::gif);
    EXPECT_EQ(gif.delays_ms, (std::vector{100, 50, 200, 70}));
    EXPECT_EQ(gif.loop, 4);
    ASSERT_EQ(gif.grid.height, 64);
    ASSERT_EQ(gif.grid.bands, 4);
    expect_patches(gif.grid);

    const Read webp =
        test::read(render_one(file, to(Format::webp, {.quality = 100})).bytes, Format::webp);
    EXPECT_EQ(webp.frames, 4);
    EXPECT_EQ(webp.delays_ms, gif.delays_ms);
    EXPECT_EQ(webp.grid.at(8, 40, 3), 0);
    EXPECT_EQ(webp.grid.at(8, 24, 3), 255);
}

}  // namespace
}  // namespace imagemill::image
