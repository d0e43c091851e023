#include "image/probe/metadata.h"

#include <gtest/gtest.h>

#include "image/probe/exif.h"
#include "image/test_files.h"
#include "image/test_metadata.h"

namespace imagemill::image {
namespace {

using test::exif_of;
using test::ExifTag;
using test::Writer;

using Names = std::vector<std::string>;

Names facts_in(const std::string& file, Format format) {
    return names_of(find_metadata(as_bytes(file), format).facts());
}

Names exif_facts(const std::string& block) {
    return names_of(facts_of_exif(as_bytes(block), ExifHome::block));
}

Names xmp_facts(std::string_view properties) {
    return names_of(facts_of_xmp(test::xmp_of(properties)));
}

TEST(Metadata, NamesWhatEachExifTagSays) {
    struct Row {
        std::uint16_t tag;
        const char* fact;
    };
    for (const Row& row :
         {Row{tag::kMake, "camera"}, Row{tag::kModel, "camera"}, Row{tag::kHostComputer, "camera"},
          Row{tag::kArtist, "author"}, Row{tag::kCopyright, "author"}, Row{tag::kDateTime, "time"},
          Row{tag::kImageDescription, "description"},
          Row{tag::kCameraSerialNumber, "serial_number"}}) {
        for (const Endian endian : {Endian::big, Endian::little}) {
            const std::string block = exif_of({.endian = endian, .image = {{row.tag, "words"}}});
            EXPECT_EQ(exif_facts(block), Names{row.fact}) << row.tag;
        }
    }
    for (const Row& row :
         {Row{tag::kBodySerialNumber, "serial_number"},
          Row{tag::kLensSerialNumber, "serial_number"}, Row{tag::kLensModel, "camera"},
          Row{tag::kMakerNote, "camera"}, Row{tag::kOwnerName, "author"},
          Row{tag::kDateTimeOriginal, "time"}, Row{tag::kUserComment, "description"}}) {
        const std::string block = exif_of({.camera = {{row.tag, "ASCII   more words"}}});
        EXPECT_EQ(exif_facts(block), Names{row.fact}) << row.tag;
    }
}

TEST(Metadata, TakesLatitudeForALocationAndAVersionForNone) {
    EXPECT_EQ(exif_facts(exif_of({.position = {{0x02, "latitude"}}})), Names{"location"});
    EXPECT_EQ(exif_facts(exif_of({.position = {{0x1d, "2026:01:01"}}})), Names{"time"});
    EXPECT_EQ(exif_facts(exif_of({.position = {{0x00, "2300"}, {0x09, "V"}}})), Names{});
}

TEST(Metadata, FindsAThumbnailInTheSecondDirectoryOfABlockButNotOfATiff) {
    const std::string block = exif_of({.image = {{tag::kSoftware, "words"}}, .thumbnail = true});

    EXPECT_EQ(exif_facts(block), Names{"thumbnail"});
    EXPECT_EQ(facts_in(block, Format::tiff), Names{});
}

TEST(Metadata, TakesBlankValuesForSilence) {
    const std::string blanks(20, ' ');
    const std::string block = exif_of({.image = {{tag::kArtist, blanks}, {tag::kCopyright, ""}},
                                       .camera = {{tag::kUserComment, "ASCII\0\0\0      "}}});

    EXPECT_EQ(exif_facts(block), Names{});
    EXPECT_EQ(xmp_facts("<dc:title> <rdf:Alt><rdf:li xml:lang='x-default'> </rdf:li></rdf:Alt>"
                        "</dc:title><exif:GPSLatitude/>"),
              Names{});
}

TEST(Metadata, ReadsXmpInBothItsForms) {
    EXPECT_EQ(xmp_facts("<exif:GPSLatitude>41,54.1N</exif:GPSLatitude>"), Names{"location"});
    EXPECT_EQ(names_of(facts_of_xmp("<x><rdf:Description exif:GPSLatitude='41,54.1N'/></x>")),
              Names{"location"});
    EXPECT_EQ(xmp_facts("<aux:SerialNumber>42</aux:SerialNumber>"), Names{"serial_number"});
    EXPECT_EQ(xmp_facts("<tiff:Make>X</tiff:Make>"), Names{"camera"});
    EXPECT_EQ(xmp_facts("<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li></rdf:Seq></dc:creator>"),
              Names{"author"});
    EXPECT_EQ(xmp_facts("<xmp:CreateDate>2026</xmp:CreateDate>"), Names{"time"});
    EXPECT_EQ(xmp_facts("<dc:subject><rdf:Bag><rdf:li>cat</rdf:li></rdf:Bag></dc:subject>"),
              Names{"description"});
    EXPECT_EQ(xmp_facts("<xmp:Thumbnails><rdf:Alt><rdf:li xmpGImg:image='aGk='/></rdf:Alt>"
                        "</xmp:Thumbnails>"),
              Names{"thumbnail"});
    EXPECT_EQ(xmp_facts("<Iptc4xmpExt:LocationShown><rdf:Bag><rdf:li "
                        "Iptc4xmpExt:City='Rome'/></rdf:Bag></Iptc4xmpExt:LocationShown>"),
              Names{"location"});
    EXPECT_EQ(xmp_facts("<crs:Exposure>1</crs:Exposure>"), Names{});
}

TEST(Metadata, ReadsXmpOfTwoBytesALetterAndWhatStandsBeforeABreak) {
    std::string wide;
    for (const char c : test::xmp_of("<dc:rights>mine</dc:rights>")) (wide += c) += '\0';

    EXPECT_EQ(names_of(facts_of_xmp(wide)), Names{"author"});
    EXPECT_EQ(names_of(facts_of_xmp("<a><dc:rights>mine</dc:rights><dc:title <")), Names{"author"});
}

// One of Exif and one of XMP in every container.
const std::string kBlock = exif_of({.image = {{tag::kArtist, "Ada"}}});
const std::string kPacket = test::xmp_of("<exif:GPSLatitude>41,54.1N</exif:GPSLatitude>");
const Names kBoth{"location", "author"};

TEST(Metadata, IsFoundInEveryContainer) {
    EXPECT_EQ(facts_in(test::jpeg_with({test::exif_segment(kBlock), test::xmp_segment(kPacket)}),
                       Format::jpeg),
              kBoth);
    const std::string keyword("XML:com.adobe.xmp\0\0\0\0\0", 22);
    const std::string png = test::png(
        4, 3, 2, test::png_chunk("eXIf", kBlock) + test::png_chunk("iTXt", keyword + kPacket));
    EXPECT_EQ(facts_in(png, Format::png), kBoth);
    const std::string prefix("Exif\0\0", 6);  // Wrong in a WebP, and common.
    for (const std::string& block : {kBlock, prefix + kBlock}) {
        const std::string webp =
            test::webp(test::webp_chunk("VP8X", test::webp_canvas(0x0c, 4, 3)) +
                       test::webp_chunk("EXIF", block) + test::webp_chunk("XMP ", kPacket));
        EXPECT_EQ(facts_in(webp, Format::webp), kBoth);
    }
    const std::string heif =
        test::heif_with({{"Exif", std::string(4, '\0') + kBlock}, {"mime", kPacket}});
    EXPECT_EQ(facts_in(heif, Format::avif), kBoth);
    EXPECT_EQ(facts_in(heif, Format::heic), kBoth);
    const std::string tiff = exif_of({.image = {{tag::kXmp, kPacket}, {tag::kArtist, "Ada"}}});
    EXPECT_EQ(facts_in(tiff, Format::tiff), kBoth);
}

TEST(Metadata, IsPutTogetherFromAHeifsPieces) {
    const std::string block = std::string(4, '\0') + kBlock;
    const auto facts = [](const std::string& file) { return facts_in(file, Format::heic); };
    EXPECT_EQ(facts(test::heif_with({{"Exif", block, 7}, {"mime", kPacket, 3}})), kBoth);

    // More than 4 MB is not, be it in one item or in several.
    const std::string filler(2'500'000, ' ');
    const std::string large = kPacket + filler;
    EXPECT_EQ(facts(test::heif_with({{"mime", large, 2}, {"Exif", block, 2}})), kBoth);
    EXPECT_EQ(facts(test::heif_with({{"mime", large + filler, 2}, {"Exif", block, 2}})),
              Names{"author"});
    EXPECT_EQ(facts(test::heif_with({{"mime", filler, 2}, {"mime", large, 2}})), Names{});
}

TEST(Metadata, OfTwoBlocksIsWhatBothSay) {
    const std::string second = exif_of({.image = {{tag::kModel, "Camera 5"}}});
    const std::string file =
        test::jpeg_with({test::exif_segment(kBlock), test::exif_segment(second),
                         test::xmp_segment(kPacket), test::xmp_segment(kPacket)});

    EXPECT_EQ(facts_in(file, Format::jpeg), (Names{"location", "camera", "author"}));
}

TEST(Metadata, OfAGifIsItsCommentAndItsXmp) {
    std::string gif = test::gif({});
    const std::string comment("\x21\xfe\x02hi\0", 6);
    EXPECT_EQ(facts_in(test::gif_with(comment), Format::gif), Names{"description"});
    EXPECT_EQ(facts_in(test::gif_with(test::gif_xmp(kPacket)), Format::gif), Names{"location"});
    EXPECT_EQ(facts_in(gif, Format::gif), Names{});
}

TEST(Metadata, OfAJpegIsAlsoItsCommentItsIptcAndItsExtendedXmp) {
    const auto names = [](const std::string& segment) {
        return facts_in(test::jpeg_with({segment}), Format::jpeg);
    };
    EXPECT_EQ(names(test::jpeg_segment(0xfe, "hello")), Names{"description"});

    Writer iptc(Endian::big);
    iptc.u8(0x1c).u8(2).u8(90).u16(4).text("Rome").u8(0x1c).u8(2).u8(80).u16(3).text("Ada");
    Writer resource(Endian::big);
    resource.text("8BIM").u16(0x0404).u16(0).u32(iptc.out().size()).text(iptc.out());
    const std::string photoshop =
        test::jpeg_segment(0xed, std::string("Photoshop 3.0\0", 14) + resource.out());
    EXPECT_EQ(names(photoshop), kBoth);
    EXPECT_EQ(find_metadata(as_bytes(test::jpeg_with({photoshop})), Format::jpeg).author, "Ada");

    Writer extended(Endian::big);
    extended.text(std::string_view("http://ns.adobe.com/xmp/extension/\0", 35));
    extended.text(std::string(32, 'A')).u32(kPacket.size()).u32(0).text(kPacket);
    EXPECT_EQ(names(test::jpeg_segment(0xe1, extended.out())), Names{"location"});
}

TEST(Metadata, OfAPngIsAlsoItsTexts) {
    const auto names = [](std::string_view type, std::string_view body) {
        return facts_in(test::png(4, 3, 2, test::png_chunk(type, body)), Format::png);
    };
    EXPECT_EQ(names("tEXt", std::string_view("Author\0Ada", 10)), Names{"author"});
    EXPECT_EQ(names("tEXt", std::string_view("Comment\0hi", 10)), Names{"description"});
    EXPECT_EQ(names("tEXt", std::string_view("date:create\0002026", 16)), Names{"time"});
    EXPECT_EQ(names("tEXt", std::string_view("Software\0x", 10)), Names{});
    EXPECT_EQ(names("tIME", "1234567"), Names{"time"});
}

TEST(Metadata, SurvivesEveryCutAndEveryLyingLength) {
    const std::string keyword("XML:com.adobe.xmp\0\0\0\0\0", 22);
    const std::string files[] = {
        test::jpeg_with({test::exif_segment(kBlock), test::xmp_segment(kPacket)}),
        test::png(4, 3, 2, test::png_chunk("iTXt", keyword + kPacket)),
        test::heif_with({{"Exif", std::string(4, '\0') + kBlock, 2}, {"mime", kPacket}}),
        test::gif_with(test::gif_xmp(kPacket)),
        exif_of({.image = {{tag::kXmp, kPacket}, {tag::kIptc, "words"}}, .thumbnail = true})};
    constexpr Format kFormats[] = {Format::jpeg, Format::png,  Format::webp, Format::gif,
                                   Format::avif, Format::tiff, Format::heic};
    for (const std::string& file : files) {
        for (const Format format : kFormats) {
            for (std::size_t size = 0; size < file.size(); ++size) {
                facts_in(file.substr(0, size), format);
                std::string wrong = file;
                wrong[size] = '\xff';
                facts_in(wrong, format);
            }
        }
    }
}

}  // namespace
}  // namespace imagemill::image
