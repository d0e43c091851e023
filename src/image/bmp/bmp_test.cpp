#include <gtest/gtest.h>

#include "image/bmp/bmp_decode.h"
#include "image/bmp/bmp_header.h"
#include "image/test_files.h"

namespace imagemill::image {
namespace {

using test::Writer;

struct Bmp {
    int width = 2, height = 2, bits = 24, compression = 0;
    int header_bytes = 40;
    std::string after_header = {};  // The rest of a longer header, masks, the palette.
    std::string pixels = {};
};

std::uint64_t number(int value) {
    return static_cast<std::uint32_t>(value);
}

std::string format(const Bmp& bmp) {
    Writer header(Endian::little);
    header.u32(number(bmp.header_bytes));
    if (bmp.header_bytes == 12) {
        header.u16(number(bmp.width)).u16(number(bmp.height)).u16(1).u16(number(bmp.bits));
    } else {
        header.u32(number(bmp.width)).u32(number(bmp.height)).u16(1).u16(number(bmp.bits));
        header.u32(number(bmp.compression)).u32(0).u32(0).u32(0).u32(0).u32(0);
    }
    header.text(bmp.after_header);
    Writer file(Endian::little);
    file.text("BM").u32(0).u32(0).u32(14 + header.out().size());
    return file.text(header.out()).text(bmp.pixels).out();
}

// Rows from the top, values in order.
std::vector<int> values_of(const Bmp& bmp) {
    const std::string file = format(bmp);
    const auto raster = decode_bmp(as_bytes(file));
    if (!raster) {
        ADD_FAILURE() << raster.error().message;
        return {};
    }
    return {raster->samples.get(), raster->samples.get() + raster->size_bytes()};
}

Code code_of(const Bmp& bmp) {
    const std::string file = format(bmp);
    const auto raster = decode_bmp(as_bytes(file));
    EXPECT_FALSE(raster);
    return raster ? Code::internal : raster.error().code;
}

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (const int value : values) out += static_cast<char>(value);
    return out;
}

std::string masks(std::initializer_list<std::uint64_t> values) {
    Writer out(Endian::little);
    for (const std::uint64_t value : values) out.u32(value);
    return out.out();
}

// Red, then green.
const std::string kPalette = bytes({0, 0, 200, 0, 0, 100, 0, 0});

TEST(Bmp, StartsAtTheBottomUnlessItSaysOtherwise) {
    const std::string rows = bytes({1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0});
    const std::vector<int> from_bottom{9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4};
    const std::vector<int> from_top{3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    EXPECT_EQ(values_of({.pixels = rows}), from_bottom);
    EXPECT_EQ(values_of({.height = -2, .pixels = rows}), from_top);
    EXPECT_EQ(values_of({.header_bytes = 12, .pixels = rows}), from_bottom);
}

TEST(Bmp, ReadsPalettesOfEveryDepth) {
    const std::vector<int> red_green{200, 0, 0, 0, 100, 0};
    for (const auto& [bits, row] : {std::pair{1, bytes({0x40, 0, 0, 0})},
                                    {2, bytes({0x10, 0, 0, 0})},
                                    {4, bytes({0x01, 0, 0, 0})},
                                    {8, bytes({0, 1, 0, 0})}}) {
        EXPECT_EQ(values_of({.height = 1, .bits = bits, .after_header = kPalette, .pixels = row}),
                  red_green)
            << bits;
    }
    // OS/2 has three bytes an entry.
    EXPECT_EQ(values_of({.height = 1,
                         .bits = 8,
                         .header_bytes = 12,
                         .after_header = bytes({0, 0, 200, 0, 100, 0}),
                         .pixels = bytes({0, 1, 0, 0})}),
              red_green);
}

TEST(Bmp, KeepsGreyAsOneBand) {
    EXPECT_EQ(values_of({.height = 1,
                         .bits = 8,
                         .after_header = bytes({9, 9, 9, 0, 77, 77, 77, 0}),
                         .pixels = bytes({1, 0, 0, 0})}),
              (std::vector{77, 9}));
}

TEST(Bmp, StretchesMaskedValues) {
    // 5-5-5 by default, 5-6-5 by masks.
    EXPECT_EQ(values_of({.height = 1, .bits = 16, .pixels = bytes({0x00, 0x7c, 0x1f, 0x00})}),
              (std::vector{255, 0, 0, 0, 0, 255}));
    EXPECT_EQ(values_of({.height = 1,
                         .bits = 16,
                         .compression = 3,
                         .after_header = masks({0xf800, 0x07e0, 0x001f}),
                         .pixels = bytes({0xe0, 0x07, 0x00, 0x80})}),
              (std::vector{0, 255, 0, 132, 0, 0}));
}

TEST(Bmp, ReadsAlphaWhereAnyIsSet) {
    const auto with_alpha = [](int second) {
        return Bmp{
            .height = 1,
            .bits = 32,
            .compression = 3,
            .header_bytes = 108,
            .after_header = masks({0xff0000, 0xff00, 0xff, 0xff000000}) + std::string(52, '\0'),
            .pixels = bytes({1, 2, 3, 0, 4, 5, 6, second})};
    };
    EXPECT_EQ(values_of(with_alpha(128)), (std::vector{3, 2, 1, 0, 6, 5, 4, 128}));
    EXPECT_EQ(values_of(with_alpha(0)), (std::vector{3, 2, 1, 255, 6, 5, 4, 255}));
    const std::string file = format(with_alpha(1));
    EXPECT_TRUE(probe(as_bytes(file), {})->has_alpha);
}

TEST(Bmp, UndoesRuns) {
    // Two of the second colour; end of line; one of each literally; end.
    const std::string literal = bytes({4, 1, 0, 0, 0, 4, 1, 0, 1, 0, 0, 1});
    EXPECT_EQ(values_of({.width = 4,
                         .bits = 8,
                         .compression = 1,
                         .after_header = bytes({9, 9, 9, 0, 77, 77, 77, 0}),
                         .pixels = literal}),
              (std::vector{77, 9, 77, 9, 77, 77, 77, 77}));
    EXPECT_EQ(values_of({.width = 4,
                         .height = 1,
                         .bits = 4,
                         .compression = 2,
                         .after_header = bytes({9, 9, 9, 0, 77, 77, 77, 0}),
                         .pixels = bytes({3, 0x10, 0, 1})}),
              (std::vector{77, 9, 77, 9}));
    // A step over two pixels leaves them in the first colour.
    EXPECT_EQ(values_of({.width = 4,
                         .height = 1,
                         .bits = 8,
                         .compression = 1,
                         .after_header = bytes({9, 9, 9, 0, 77, 77, 77, 0}),
                         .pixels = bytes({1, 1, 0, 2, 2, 0, 1, 1, 0, 1})}),
              (std::vector{77, 9, 9, 77}));
}

TEST(Bmp, RefusesWhatEndsEarly) {
    EXPECT_EQ(code_of({.pixels = std::string(15, 'x')}), Code::corrupt);
    EXPECT_EQ(code_of({.width = 4, .bits = 8, .compression = 1, .pixels = bytes({4, 1, 0, 0})}),
              Code::corrupt);
    EXPECT_EQ(code_of({.width = 0}), Code::corrupt);
    EXPECT_EQ(code_of({.bits = 7}), Code::corrupt);
    EXPECT_EQ(code_of({.bits = 24, .compression = 1}), Code::corrupt);
    EXPECT_EQ(code_of({.compression = 5}), Code::unsupported);
    const std::string whole = format({.pixels = std::string(16, 'x')});
    for (std::size_t size = 2; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_bmp(to_buffer(std::string_view(whole).substr(0, size)))) << size;
    }
}

TEST(Bmp, SurvivesEveryWrongByte) {
    for (const Bmp& bmp : {Bmp{.width = 4,
                          .bits = 8,
                          .compression = 1,
                          .after_header = kPalette,
                          .pixels = bytes({4, 1, 0, 0, 0, 4, 1, 0, 1, 0, 0, 1})},
                           Bmp{.bits = 16,
                           .compression = 3,
                           .header_bytes = 108,
                           .after_header = masks({1, 2, 4, 8}) + std::string(52, '\0'),
                           .pixels = std::string(8, 'x')}}) {
        const std::string whole = format(bmp);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            for (const int wrong : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
                Buffer file = to_buffer(whole);
                file[at] = std::byte(wrong);
                // As render does it: nothing is decoded that passes the limits.
                if (!probe(file, {.pixels_max = 1000})) continue;
                const auto raster = decode_bmp(file);
                EXPECT_TRUE(raster || !raster.error().message.empty());
            }
        }
    }
}

}  // namespace
}  // namespace imagemill::image
