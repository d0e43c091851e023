#include "image/carried.h"

#include <gtest/gtest.h>

#include "image/probe/exif.h"
#include "image/test_files.h"
#include "image/test_metadata.h"

namespace imagemill::image {
namespace {

using test::exif_of;
using test::Writer;

constexpr CarryPlan kAll{.metadata = Metadata::all, .size = {300, 200}};

std::string text_in(const std::vector<ExifEntry>& entries, std::uint16_t tag) {
    const ExifEntry* entry = find_entry(entries, tag);
    return entry == nullptr ? "absent" : std::string(text_of(*entry));
}

int number_in(const std::vector<ExifEntry>& entries, std::uint16_t tag, Endian endian) {
    const ExifEntry* entry = find_entry(entries, tag);
    if (entry == nullptr) return -1;
    ByteReader reader(entry->value, endian);
    return static_cast<int>(entry->type == kShortType ? reader.u16() : reader.u32());
}

std::string short_value(int value, Endian endian) {
    return Writer(endian).u16(static_cast<std::uint64_t>(value)).out();
}

TEST(Carried, CopyrightIsANewBlockWithTwoTagsAndNothingElse) {
    const std::string block = exif_of({.image = {{tag::kModel, "Camera 5"},
                                                 {tag::kArtist, "Ada Lovelace"},
                                                 {tag::kCopyright, "(c) Ada"}},
                                       .position = {{0x02, "latitude"}}});
    const Carried carried = carry({.exif = as_bytes(block)}, {.metadata = Metadata::copyright});

    const auto exif = parse_exif(carried.exif);
    ASSERT_TRUE(exif);
    EXPECT_EQ(exif->image.size(), 2U);
    EXPECT_EQ(text_in(exif->image, tag::kArtist), "Ada Lovelace");
    EXPECT_EQ(text_in(exif->image, tag::kCopyright), "(c) Ada");
    EXPECT_TRUE(carried.xmp.empty());
}

TEST(Carried, CopyrightIsTakenFromXmpWhereExifIsSilent) {
    const std::string packet = test::xmp_of(
        "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Mary</rdf:li></rdf:Seq></dc:creator>"
        "<dc:rights><rdf:Alt><rdf:li xml:lang='x-default'>Ada &amp; Co</rdf:li></rdf:Alt>"
        "</dc:rights>");
    const Carried carried = carry({.xmp = as_bytes(packet)}, {.metadata = Metadata::copyright});

    const auto exif = parse_exif(carried.exif);
    ASSERT_TRUE(exif);
    EXPECT_EQ(text_in(exif->image, tag::kArtist), "Ada; Mary");
    EXPECT_EQ(text_in(exif->image, tag::kCopyright), "Ada & Co");
    const Carried elsewhere = carry({.author = "by IPTC"}, {.metadata = Metadata::copyright});
    EXPECT_EQ(text_in(parse_exif(elsewhere.exif)->image, tag::kArtist), "by IPTC");
    EXPECT_TRUE(carry({}, {.metadata = Metadata::copyright}).empty());
}

TEST(Carried, AllKeepsTheTagsAndMakesThemTrue) {
    for (const Endian endian : {Endian::big, Endian::little}) {
        const std::string block =
            exif_of({.endian = endian,
                     .image = {{tag::kModel, "Camera 5"},
                               {tag::kOrientation, short_value(6, endian), 3},
                               {0x0100, short_value(4000, endian), 3}},
                     .camera = {{tag::kDateTimeOriginal, "2026:01:02 03:04:05"},
                                {tag::kMakerNote, "secret places"},
                                {tag::kColorSpace, short_value(65535, endian), 3},
                                {tag::kPixelWidth, short_value(4000, endian), 3}},
                     .position = {{0x02, "latitude"}},
                     .thumbnail = true});
        const Carried carried = carry({.exif = as_bytes(block)}, kAll);

        const auto exif = parse_exif(carried.exif);
        ASSERT_TRUE(exif);
        EXPECT_EQ(exif->endian, endian);
        EXPECT_EQ(text_in(exif->image, tag::kModel), "Camera 5");
        EXPECT_EQ(number_in(exif->image, tag::kOrientation, endian), 1);
        EXPECT_EQ(number_in(exif->image, 0x0100, endian), -1);
        EXPECT_EQ(text_in(exif->camera, tag::kDateTimeOriginal), "2026:01:02 03:04:05");
        EXPECT_EQ(text_in(exif->camera, tag::kMakerNote), "absent");
        EXPECT_EQ(number_in(exif->camera, tag::kColorSpace, endian), 1);
        EXPECT_EQ(number_in(exif->camera, tag::kPixelWidth, endian), 300);
        EXPECT_EQ(number_in(exif->camera, tag::kPixelHeight, endian), 200);
        EXPECT_EQ(text_in(exif->position, 0x02), "latitude");
        EXPECT_FALSE(exif->has_thumbnail);
    }
}

TEST(Carried, AllOfATiffLeavesItsPixelsAndPagesBehind) {
    const std::string file = exif_of(
        {.image = {{0x0111, "where the pixels lie"}, {tag::kArtist, "Ada"}}, .thumbnail = true});
    const Carried carried = carry({.exif = as_bytes(file), .home = ExifHome::tiff_file}, kAll);

    const auto exif = parse_exif(carried.exif);
    ASSERT_TRUE(exif);
    EXPECT_EQ(text_in(exif->image, 0x0111), "absent");
    EXPECT_EQ(text_in(exif->image, tag::kArtist), "Ada");
}

TEST(Carried, AllMakesXmpTrueInBothItsForms) {
    const std::string packet = test::xmp_of(
        "<tiff:Orientation>6</tiff:Orientation><dc:title>cat</dc:title>"
        "<xmp:Thumbnails><rdf:Alt><rdf:li>jpeg</rdf:li></rdf:Alt></xmp:Thumbnails>"
        "<rdf:Description tiff:Orientation='8' exif:PixelXDimension='4000'/>");
    const Carried carried = carry({.xmp = as_bytes(packet)}, kAll);

    EXPECT_EQ(as_text(carried.xmp),
              test::xmp_of("<tiff:Orientation>1</tiff:Orientation><dc:title>cat</dc:title>"
                           "<rdf:Description tiff:Orientation='1' exif:PixelXDimension='300'/>"));
}

// Who reads "a film of 9 bytes lies behind the picture" looks for it in the picture's own bytes.
TEST(Carried, XmpSaysNothingOfFilmsAndGainMapsThatStayBehind) {
    const std::string google = "http://ns.google.com/photos/1.0/";
    const std::string packet = test::xmp_of(
        "<rdf:Description xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/' xmlns:GCamera='" +
        google + "camera/' xmlns:C='" + google + "container/' xmlns:Item='" + google +
        "container/item/' hdrgm:Version='1.0' GCamera:MotionPhoto='1' GCamera:Shot='a>b' "
        "GCamera:MicroVideoOffset=\"9\"><C:Directory><rdf:Seq><rdf:li><C:Item "
        "Item:Semantic='GainMap' Item:Length='99'/></rdf:li></rdf:Seq></C:Directory>"
        "<hdrgm:GainMapMax a='>'/><dc:title>cat</dc:title></rdf:Description>"
        "<rdf:Description><GCamera:MotionPhotoVersion>1</GCamera:MotionPhotoVersion>"
        "<tiff:Orientation>6</tiff:Orientation></rdf:Description>");
    const Carried carried = carry({.xmp = as_bytes(packet)}, kAll);

    const std::string_view said = as_text(carried.xmp);
    for (const char* gone : {"hdrgm:Version", "GainMap", "MotionPhoto", "MicroVideo", "Directory",
                             "Item:Length", "a='>'"}) {
        EXPECT_EQ(said.find(gone), std::string_view::npos) << gone << " in " << said;
    }
    for (const char* kept : {"GCamera:Shot='a>b'", "<dc:title>cat</dc:title></rdf:Description>",
                             "<rdf:Description><tiff:Orientation>1</tiff:Orientation>"}) {
        EXPECT_NE(said.find(kept), std::string_view::npos) << kept << " in " << said;
    }
    EXPECT_EQ(as_text(rewrite_xmp(carried.xmp, kAll)), said);
}

TEST(Carried, LeavesOutWhatItCannotReadOrIsTooLarge) {
    EXPECT_TRUE(rewrite_xmp(as_bytes("<x a=>"), kAll).empty());
    EXPECT_TRUE(rewrite_xmp(as_bytes("<x><xmp:Thumbnails>"), kAll).empty());
    EXPECT_TRUE(rewrite_exif(as_bytes("no Exif"), kAll).empty());
    const std::string large(kCarriedBytesMax, 'x');
    EXPECT_TRUE(rewrite_xmp(as_bytes("<x/>" + large), kAll).empty());
    const std::string block = exif_of({.image = {{tag::kArtist, large + "x"}}});
    EXPECT_TRUE(rewrite_exif(as_bytes(block), kAll).empty());
    EXPECT_TRUE(format_copyright(large, "x").empty());
}

TEST(Carried, DoesNotGrowWithABlockThatPointsAtTheSameBytesAThousandTimes) {
    std::vector<test::ExifTag> tags(900, {tag::kArtist, "x"});
    std::string block = exif_of({.image = tags});
    block += std::string(500'000, 'x');
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const std::string huge = Writer(Endian::big).u32(500'000).u32(100).out();
        block.replace(8 + 2 + i * 12 + 4, 8, huge);
    }
    EXPECT_TRUE(rewrite_exif(as_bytes(block), kAll).empty());
}

TEST(Carried, FitsInAJpegUpToTheLastByteOfASegment) {
    const Buffer file = to_buffer(test::jpeg({}));
    const auto holds = [&file](std::size_t exif_size, std::size_t xmp_size) {
        const Carried carried{.exif = Buffer(exif_size), .xmp = Buffer(xmp_size)};
        const FoundMetadata found =
            find_metadata(embed(file, Format::jpeg, {640, 480}, carried), Format::jpeg);
        return std::pair(found.exif.size(), found.xmp.size());
    };
    EXPECT_EQ(holds(65'527, 65'504), std::pair(std::size_t{65'527}, std::size_t{65'504}));
    EXPECT_EQ(holds(65'528, 65'505), std::pair(std::size_t{0}, std::size_t{0}));
}

TEST(Carried, LeavesFilesAloneThatHaveNoPlaceForIt) {
    const Carried carried{.exif = to_buffer("exif"), .xmp = to_buffer("xmp")};
    const Buffer gif = to_buffer(test::gif({}));
    EXPECT_EQ(embed(gif, Format::gif, {10, 10}, carried), gif);
    const Buffer avif = to_buffer(test::avif({}));  // Without a table of places.
    EXPECT_EQ(embed(avif, Format::avif, {10, 10}, carried), avif);
    for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::avif}) {
        EXPECT_EQ(embed(gif, format, {10, 10}, {}), gif);
    }
}

}  // namespace
}  // namespace imagemill::image
