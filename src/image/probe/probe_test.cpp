#include <gtest/gtest.h>

#include "base/encodings.h"
#include "image/test_files.h"

namespace imagemill::image {
namespace {

Result<Info> look(std::string_view file) {
    return probe(as_bytes(file), {});
}

// The sentence of a refusal; its code must be the one named.
std::string refusal(std::string_view file, Code code) {
    const auto info = look(file);
    if (info) return "accepted";
    EXPECT_EQ(name_of(info.error().code), name_of(code));
    EXPECT_TRUE(info.error().message.ends_with(".")) << info.error().message;
    return info.error().message;
}

TEST(Probe, ReadsAJpegsSizeFromEveryFrameItCanDecode) {
    for (const int marker : {0xc0, 0xc1, 0xc2}) {
        const auto info = look(test::jpeg({.marker = marker}));

        ASSERT_TRUE(info) << marker;
        EXPECT_EQ(info->format, Format::jpeg);
        EXPECT_EQ(info->width, 640);
        EXPECT_EQ(info->height, 480);
        EXPECT_FALSE(info->has_alpha);
        EXPECT_EQ(info->frames, 1);
    }
}

TEST(Probe, FollowsEveryExifOrientationInBothByteOrders) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        for (const Endian endian : {Endian::big, Endian::little}) {
            const auto info = look(test::jpeg({.exif = test::exif_block(orientation, endian)}));

            ASSERT_TRUE(info);
            EXPECT_EQ(info->orientation, orientation);
            EXPECT_EQ(info->width, orientation >= 5 ? 480 : 640);
        }
    }
}

TEST(Probe, TakesAnOrientationThatDoesNotExistAsUpright) {
    for (const int orientation : {0, 9, 65535}) {
        const auto info = look(test::jpeg({.exif = test::exif_block(orientation, Endian::big)}));
        ASSERT_TRUE(info);
        EXPECT_EQ(info->orientation, 1);
    }
}

TEST(Probe, NamesTheKindsOfJpegThatAreNotRead) {
    const auto sentence = [](const test::JpegHeader& header) {
        return refusal(test::jpeg(header), Code::unsupported);
    };
    EXPECT_NE(sentence({.marker = 0xc3}).find("lossless"), std::string::npos);
    EXPECT_NE(sentence({.marker = 0xc5}).find("hierarchical"), std::string::npos);
    EXPECT_NE(sentence({.marker = 0xc9}).find("arithmetic"), std::string::npos);
    EXPECT_NE(sentence({.marker = 0xca}).find("arithmetic"), std::string::npos);
    EXPECT_NE(sentence({.marker = 0xc1, .precision = 12}).find("12 bits"), std::string::npos);
    EXPECT_NE(sentence({.components = 2}).find("2 components"), std::string::npos);
    EXPECT_NE(sentence({.height = 0}).find("height"), std::string::npos);
}

TEST(Probe, TellsAlphaOfAPngByColourTypeAndTransparencyChunk) {
    EXPECT_FALSE(look(test::png(7, 5, 2))->has_alpha);
    EXPECT_TRUE(look(test::png(7, 5, 6))->has_alpha);
    EXPECT_TRUE(look(test::png(7, 5, 4))->has_alpha);
    EXPECT_TRUE(look(test::png(7, 5, 3, test::png_chunk("tRNS", "a")))->has_alpha);
    EXPECT_EQ(look(test::png(7, 5, 2))->width, 7);
    EXPECT_EQ(look(test::png(7, 5, 2))->height, 5);
}

TEST(Probe, TakesAnAnimatedPngAsAStill) {
    const auto info = look(test::png(7, 5, 2, test::png_chunk("acTL", std::string(8, '\1'))));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->frames, 1);
}

TEST(Probe, FollowsAPngsExif) {
    const std::string exif = test::exif_block(6, Endian::big);
    const auto info = look(test::png(7, 5, 2, test::png_chunk("eXIf", exif)));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->orientation, 6);
    EXPECT_EQ(info->width, 5);
}

TEST(Probe, RefusesAPngThatCannotBe) {
    EXPECT_NE(refusal(test::png(0, 5, 2), Code::corrupt).find("0×5"), std::string::npos);
    EXPECT_NE(refusal(test::png(5, 0x80000000, 2), Code::corrupt).find("no PNG"),
              std::string::npos);
    EXPECT_NE(refusal(test::png(5, 5, 5), Code::corrupt).find("colour type 5"), std::string::npos);
    const std::string apple = "\x89PNG\r\n\x1a\n" + test::png_chunk("CgBI", "1234");
    EXPECT_NE(refusal(apple, Code::unsupported).find("iPhone"), std::string::npos);
}

TEST(Probe, CountsTheFramesOfAGifWithoutDecodingThem) {
    const auto info = look(test::gif({.width = 30, .height = 20, .frames = 12}));
    ASSERT_TRUE(info);
    EXPECT_EQ(info->frames, 12);
    EXPECT_EQ(info->width, 30);
    EXPECT_EQ(info->height, 20);
    EXPECT_FALSE(info->has_alpha);
    EXPECT_TRUE(look(test::gif({.transparent = true}))->has_alpha);
    refusal(test::gif({.frames = 0}), Code::corrupt);
}

TEST(Probe, ReadsAllThreeKindsOfWebp) {
    const std::string lossy =
        test::Writer(Endian::little).u24(0x10).u24(0x2a019d).u16(0x4000 | 550).u16(368).out();
    const auto plain = look(test::webp(test::webp_chunk("VP8 ", lossy)));
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->width, 550);
    EXPECT_EQ(plain->height, 368);
    EXPECT_FALSE(plain->has_alpha);

    const std::uint32_t bits = 99 | 49U << 14 | 1U << 28;
    const std::string lossless = test::Writer(Endian::little).u8(0x2f).u32(bits).out();
    const auto exact = look(test::webp(test::webp_chunk("VP8L", lossless)));
    ASSERT_TRUE(exact);
    EXPECT_EQ(exact->width, 100);
    EXPECT_EQ(exact->height, 50);
    EXPECT_TRUE(exact->has_alpha);

    const std::string frame = test::webp_chunk("ANMF", std::string(16, '\0'));
    const std::string exif = test::webp_chunk("EXIF", test::exif_block(8, Endian::little));
    const std::string extended = test::webp_chunk("VP8X", test::webp_canvas(0x1a, 400, 300));
    const auto moving = look(test::webp(extended + frame + frame + frame + exif));
    ASSERT_TRUE(moving);
    EXPECT_EQ(moving->frames, 3);
    EXPECT_TRUE(moving->has_alpha);
    EXPECT_EQ(moving->orientation, 8);
    EXPECT_EQ(moving->width, 300);
    EXPECT_EQ(moving->height, 400);
}

TEST(Probe, RefusesAWebpAnimationWithNoFrame) {
    refusal(test::webp(test::webp_chunk("VP8X", test::webp_canvas(2, 4, 4))), Code::corrupt);
}

TEST(Probe, ReadsAnAvifsSizeAlphaAndTurn) {
    const auto plain = look(test::avif({}));
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(plain->format, Format::avif);
    EXPECT_EQ(plain->width, 320);
    EXPECT_EQ(plain->height, 200);
    EXPECT_FALSE(plain->has_alpha);
    EXPECT_TRUE(look(test::avif({.alpha = true}))->has_alpha);
    EXPECT_TRUE(look(test::avif({.brand = "avis"})));

    const auto turned =
        look(test::avif({.properties = test::box("irot", "\1"), .property_count = 1}));
    ASSERT_TRUE(turned);
    EXPECT_EQ(turned->width, 200);
    EXPECT_EQ(turned->height, 320);
    EXPECT_EQ(turned->orientation, 8);
}

TEST(Probe, MapsEveryAvifTurnAndMirrorToExifsNumber) {
    constexpr int kPlain[] = {1, 8, 3, 6};
    constexpr int kTopBottom[] = {4, 5, 2, 7};
    constexpr int kLeftRight[] = {2, 7, 4, 5};
    for (int turns = 0; turns < 4; ++turns) {
        const std::string irot = test::box("irot", std::string(1, static_cast<char>(turns)));
        const auto number = [](const std::string& properties, int count) {
            return look(test::avif({.properties = properties, .property_count = count}))
                ->orientation;
        };
        EXPECT_EQ(number(irot, 1), kPlain[turns]);
        EXPECT_EQ(number(irot + test::box("imir", std::string(1, '\0')), 2), kTopBottom[turns]);
        EXPECT_EQ(number(irot + test::box("imir", "\1"), 2), kLeftRight[turns]);
        // The mirror first: a quarter turn makes it the other one.
        const int* swapped = turns % 2 == 1 ? kTopBottom : kLeftRight;
        EXPECT_EQ(number(test::box("imir", "\1") + irot, 2), swapped[turns]);
    }
}

TEST(Probe, KnowsAHeicByItsBrandAndByItsPicture) {
    for (const std::string_view brand : {"heic", "heix", "mif1"}) {
        const std::string sentence =
            refusal(test::avif({.brand = std::string(brand)}), Code::corrupt);
        EXPECT_NE(sentence.find("HEIC"), std::string::npos);
    }
    EXPECT_NE(refusal(test::avif({.item_type = "hvc1"}), Code::corrupt).find("HEIC"),
              std::string::npos);
}

TEST(Probe, ReadsTiffInBothByteOrdersAndBothSizes) {
    for (const Endian endian : {Endian::big, Endian::little}) {
        for (const bool big : {false, true}) {
            const auto info =
                look(test::tiff({.bands = 4, .orientation = 6, .endian = endian, .big = big}));
            ASSERT_TRUE(info) << info.error().message;
            EXPECT_EQ(info->format, Format::tiff);
            EXPECT_EQ(info->width, 3);
            EXPECT_EQ(info->height, 4);
            EXPECT_EQ(info->orientation, 6);
            EXPECT_TRUE(info->has_alpha);
        }
    }
    EXPECT_FALSE(look(test::tiff({}))->has_alpha);
    refusal(test::tiff({.width = 0}), Code::corrupt);
}

TEST(Probe, SaysThatAnEmptyFileIsEmpty) {
    EXPECT_NE(refusal("", Code::corrupt).find("empty"), std::string::npos);
}

TEST(Probe, SaysThatTextIsTextWhateverItIsCalled) {
    EXPECT_NE(refusal("Dear aunt,\nhere is my photo.\n", Code::unsupported).find("text"),
              std::string::npos);
    EXPECT_NE(refusal("<!doctype html><html></html>", Code::unsupported).find("text"),
              std::string::npos);
}

TEST(Probe, NamesWhatItKnowsButDoesNotRead) {
    EXPECT_NE(refusal("\x1f\x8b\x08", Code::unsupported).find("svgz"), std::string::npos);
    EXPECT_NE(refusal("%PDF-1.7", Code::unsupported).find("PDF"), std::string::npos);
    EXPECT_NE(refusal(test::box("ftyp", "isom"), Code::unsupported).find("film"),
              std::string::npos);
    EXPECT_NE(refusal(std::string(64, '\1'), Code::unsupported).find("known kind"),
              std::string::npos);
}

// Every format, as small as it comes.
std::vector<std::string> small_files() {
    const std::string frame = test::webp_chunk("ANMF", std::string(16, '\0'));
    return {
        test::jpeg({.exif = test::exif_block(6, Endian::big)}),
        test::png(7, 5, 6, test::png_chunk("eXIf", test::exif_block(2, Endian::little))),
        test::gif({.frames = 3}),
        test::webp(test::webp_chunk("VP8X", test::webp_canvas(0x0a, 4, 4)) + frame +
                   test::webp_chunk("EXIF", test::exif_block(3, Endian::big))),
        test::avif({.properties = test::box("irot", "\1"), .property_count = 1, .alpha = true}),
        test::tiff({.bands = 4}),
        test::tiff({.endian = Endian::big, .big = true}),
        test::svg("width='10' height='5'", "<style>a{fill:url(#b)}</style><a href='x'/>"),
    };
}

TEST(Probe, SurvivesEveryTruncation) {
    for (const std::string& file : small_files()) {
        ASSERT_TRUE(look(file)) << look(file).error().message;
        for (std::size_t length = 0; length < file.size(); ++length) {
            // A copy of its own, so that the sanitizer sees a read past the end.
            const std::string cut(file, 0, length);
            const auto info = look(cut);
            if (!info) {
                EXPECT_FALSE(info.error().message.empty());
            }
        }
    }
}

TEST(Probe, SurvivesEveryByteBeingWrong) {
    for (const std::string& file : small_files()) {
        for (std::size_t at = 0; at < file.size(); ++at) {
            for (const char value : {'\0', '\x7f', '\xff', '<'}) {
                std::string changed = file;
                changed[at] = value;
                const auto info = look(changed);
                if (info) {
                    EXPECT_GT(info->width, 0);
                }
            }
        }
    }
}

TEST(Probe, SurvivesRandomBytesAfterAnyMagic) {
    std::uint64_t state = 1;
    const auto random = [&state] {
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<char>(state >> 56);
    };
    const std::vector<std::string> files = small_files();
    for (int round = 0; round < 3000; ++round) {
        const std::string& file = files[static_cast<std::size_t>(round) % files.size()];
        std::string noise = file.substr(0, std::min<std::size_t>(file.size(), 12));
        for (int i = 0; i < 200; ++i) noise += random();
        const auto info = look(noise);
        if (info) {
            EXPECT_GT(info->height, 0);
        }
    }
}

}  // namespace
}  // namespace imagemill::image
