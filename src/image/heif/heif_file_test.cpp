#include "image/heif/heif_file.h"

#include <gtest/gtest.h>

#include "image/heif/test_heic.h"
#include "image/probe/codec.h"
#include "image/probe/metadata.h"
#include "image/test_files.h"

namespace imagemill::image {
namespace {

using test::HeicLayout;
using test::HeicSample;
using test::Writer;

HeifFile parse(const HeicLayout& layout) {
    const std::string file = test::heic_grid(layout);
    auto parsed = parse_heif(as_bytes(file), {});
    if (parsed) return *parsed;
    ADD_FAILURE() << parsed.error().message;
    return {};
}

Error error_of(const HeicLayout& layout, const Limits& limits = {}) {
    const std::string file = test::heic_grid(layout);
    const auto parsed = parse_heif(as_bytes(file), limits);
    EXPECT_FALSE(parsed);
    return parsed ? Error{} : parsed.error();
}

std::string turn_box(int quarters) {
    return test::box("irot", Writer(Endian::big).u8(std::uint64_t(quarters)).out());
}
std::string mirror_box(int axis) {
    return test::box("imir", Writer(Endian::big).u8(std::uint64_t(axis)).out());
}

TEST(HeifFile, SaysHowLargeThePictureIs) {
    const auto info_of = [](HeicSample sample) { return *probe(test::heic(sample), {}); };
    EXPECT_EQ(info_of(HeicSample::quarters).format, Format::heic);
    EXPECT_EQ(info_of(HeicSample::odd).width, 33);
    EXPECT_EQ(info_of(HeicSample::odd).height, 21);
    EXPECT_FALSE(info_of(HeicSample::odd).has_alpha);
    EXPECT_TRUE(info_of(HeicSample::alpha).has_alpha);
}

TEST(HeifFile, FindsWhatLiesInPieces) {
    const HeicLayout whole{.columns = 2, .rows = 2, .size = {100, 100}};
    HeicLayout broken = whole;
    broken.pieces = 5;
    const std::string whole_file = test::heic_grid(whole);
    const std::string file = test::heic_grid(broken);
    const auto wanted = parse_heif(as_bytes(whole_file), {});
    const auto found = parse_heif(as_bytes(file), {});
    ASSERT_TRUE(wanted);
    ASSERT_TRUE(found) << found.error().message;

    ASSERT_EQ(found->color.tiles.size(), 4U);
    EXPECT_EQ(found->color.tiles.back().size(), 5U);
    Buffer room;
    EXPECT_EQ(as_text(join(found->color.tiles.back(), room)),
              as_text(wanted->color.tiles.back().front()));
    EXPECT_EQ(found->color.columns, 2);
}

// Of one tile, said to lie in so many pieces of a size, all at the beginning. Its two properties
// are listed so often.
std::string one_tile(std::uint64_t count, std::uint64_t size, std::uint64_t listed = 1) {
    const auto full = [] { return Writer(Endian::big).u32(0); };
    const std::string type =
        test::box("infe", Writer(Endian::big).u32(0x0200'0000).u16(1).u16(0).text("hvc1").out());
    Writer places = full();
    places.u16(0x4400).u16(1).u16(1).u16(0).u16(count);
    for (std::uint64_t i = 0; i < count; ++i) places.u32(0).u32(size);
    const std::string properties =
        test::box("hvcC", "config") + test::box("ispe", full().u32(64).u32(64).out());
    Writer links = full();
    links.u32(listed);
    for (std::uint64_t i = 0; i < listed; ++i) links.u16(1).u8(2).u8(1).u8(2);
    return test::box(
        "meta",
        full().out() + test::box("pitm", full().u16(1).out()) +
            test::box("iinf", full().u16(1).text(type).out()) + test::box("iloc", places.out()) +
            test::box("iprp", test::box("ipco", properties) + test::box("ipma", links.out())));
}

Result<std::size_t> count_pieces(std::uint64_t count, std::uint64_t size) {
    const std::string file = one_tile(count, size);
    return TRY(parse_heif(as_bytes(file), {})).color.tiles.front().size();
}

TEST(HeifFile, TakesPiecesUpToAllOfTheFileAndNoMore) {
    const auto refusal = [](std::uint64_t count, std::uint64_t size) {
        const auto counted = count_pieces(count, size);
        return counted ? Code::internal : counted.error().code;
    };
    EXPECT_EQ(*count_pieces(2, 80), 2U);
    EXPECT_EQ(refusal(2, 100), Code::corrupt);  // Of 169 bytes, most of them twice.
    EXPECT_EQ(refusal(2, 1'000), Code::corrupt);
    EXPECT_EQ(refusal(2, 0), Code::unsupported);
    EXPECT_EQ(refusal(0, 0), Code::unsupported);

    constexpr auto kMost = static_cast<std::uint64_t>(kHeifPiecesMax);
    EXPECT_EQ(*count_pieces(kMost, 1), kMost);
    EXPECT_EQ(refusal(kMost + 1, 1), Code::unsupported);
}

TEST(HeifFile, TakesAnItemsFirstListOfPropertiesAlone) {
    const std::string file = one_tile(1, 80, 1'000);
    const auto parsed = parse_heif_items(as_bytes(file));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->items.at(1).properties.size(), 2U);
}

// Four thousand million pieces in 400 kB: whoever looks at each does not come back.
TEST(HeifFile, PassesOverPiecesOfNoBytes) {
    Writer places(Endian::big);
    places.u32(0).u16(0).u16(65'535);
    for (int i = 0; i < 65'535; ++i) places.u16(2).u16(0).u16(65'535);
    const std::string exif =
        test::box("infe", Writer(Endian::big).u32(0x0200'0000).u16(1).u16(0).text("Exif").out());
    const std::string file =
        test::box("ftyp", Writer(Endian::big).text("heic").u32(0).text("mif1heic").out()) +
        test::box("meta",
                  Writer(Endian::big)
                      .u32(0)
                      .text(test::box("pitm", Writer(Endian::big).u32(0).u16(1).out()))
                      .text(test::box("iinf", Writer(Endian::big).u32(0).u16(1).out() + exif))
                      .text(test::box("iloc", places.out()))
                      .out());

    EXPECT_FALSE(parse_heif(as_bytes(file), {}));
    EXPECT_TRUE(find_heif_metadata(as_bytes(file)).exif.empty());
}

TEST(HeifFile, FindsTheTilesOfAGrid) {
    const HeifFile file = parse({.columns = 3, .rows = 2, .size = {150, 100}});
    EXPECT_EQ(file.color.tiles.size(), 6U);
    EXPECT_EQ(file.color.columns, 3);
    EXPECT_EQ(file.color.tile, (Size{64, 64}));
    EXPECT_EQ(file.part, (Rect{0, 0, 150, 100}));
}

TEST(HeifFile, RefusesAGridThatItsTilesDoNotFill) {
    for (const Size size : {Size{193, 100}, Size{128, 100}, Size{150, 64}}) {
        EXPECT_EQ(error_of({.columns = 3, .rows = 2, .size = size}).code, Code::corrupt)
            << size.width << " " << size.height;
    }
}

TEST(HeifFile, TurnsAndMirrorsInTheOrderThatIsListed) {
    EXPECT_EQ(parse({.properties = {turn_box(1)}}).turn, turn_by(270));
    EXPECT_EQ(parse({.properties = {turn_box(3)}}).turn, turn_by(90));
    EXPECT_EQ(parse({.properties = {mirror_box(0)}}).turn, turn_by(Flip::vertical));
    EXPECT_EQ(parse({.properties = {mirror_box(1), turn_box(1)}}).turn,
              then(turn_by(Flip::horizontal), turn_by(270)));
    EXPECT_EQ(parse({.properties = {turn_box(1), mirror_box(1)}}).turn,
              then(turn_by(270), turn_by(Flip::horizontal)));

    const std::string file =
        test::heic_grid({.columns = 3, .rows = 2, .size = {150, 100}, .properties = {turn_box(1)}});
    const Info info = *probe(as_bytes(file), {});
    EXPECT_EQ(info.width, 100);
    EXPECT_EQ(info.height, 150);
    EXPECT_EQ(info.orientation, 8);
}

TEST(HeifFile, CutsTheCleanAperture) {
    const std::string aperture = test::box("clap", Writer(Endian::big)
                                                       .u32(40)
                                                       .u32(1)
                                                       .u32(60)
                                                       .u32(2)
                                                       .u32(0xffff'fffe)
                                                       .u32(1)
                                                       .u32(0)
                                                       .u32(1)
                                                       .out());
    EXPECT_EQ(parse({.properties = {aperture}}).part, (Rect{10, 17, 40, 30}));
}

TEST(HeifFile, ReadsColorsByNumberAndByProfile) {
    const std::string numbers =
        test::box("colr", Writer(Endian::big).text("nclx").u16(12).u16(13).u16(6).u8(0x80).out());
    const std::string profile = test::box("colr", "profABC");
    const std::string written = test::heic_grid({.properties = {numbers, profile}});
    const auto parsed = parse_heif(as_bytes(written), {});
    ASSERT_TRUE(parsed);
    const HeifFile& file = *parsed;
    ASSERT_TRUE(file.nclx);
    EXPECT_EQ(file.nclx->primaries, 12);
    EXPECT_TRUE(file.nclx->full_range);
    EXPECT_EQ(as_text(file.icc_profile), "ABC");
}

TEST(HeifFile, HoldsTheLimitsForTheWholeAndForTiles) {
    Limits limits;
    limits.side_max = 149;
    EXPECT_EQ(error_of({.columns = 3, .rows = 2, .size = {150, 100}}, limits).code,
              Code::too_large);
    limits = {.pixels_max = 4'000};
    const HeicLayout narrow{.columns = 1, .rows = 2, .size = {60, 66}};
    EXPECT_EQ(error_of(narrow, limits).code, Code::too_large);
    EXPECT_EQ(parse(narrow).color.tiles.size(), 2U);
}

TEST(HeifFile, RefusesEveryCutAndNeverReadsBeyond) {
    const std::string whole =
        test::heic_grid({.columns = 2, .rows = 2, .size = {100, 100}, .pieces = 3});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        // A copy of just that size, so that a sanitizer sees a step too far.
        const Buffer part = to_buffer(std::string_view(whole).substr(0, size));
        const auto parsed = parse_heif(part, {});
        ASSERT_FALSE(parsed) << size;
        EXPECT_FALSE(parsed.error().message.empty());
    }
}

TEST(HeifFile, SurvivesEveryWrongByte) {
    const std::string whole =
        test::heic_grid({.columns = 2, .rows = 2, .size = {100, 100}, .pieces = 3});
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const int wrong : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            Buffer bytes = to_buffer(whole);
            bytes[at] = std::byte(wrong);
            const auto parsed = parse_heif(bytes, {});
            EXPECT_TRUE(parsed || !parsed.error().message.empty());
        }
    }
}

}  // namespace
}  // namespace imagemill::image
