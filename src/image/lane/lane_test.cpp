// The lane against the general engine, and against itself.
#include "image/lane/lane.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "image/lane/jpeg_decode.h"
#include "image/lane/test_jpeg.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

Result<std::optional<Work>> in_lane(Bytes input, const Spec& spec) {
    const Limits limits;
    const Info source = TRY(probe(input, limits));
    const std::vector<Plan> plans{TRY(plan(source, spec, limits))};
    const DecodePlan decode = plan_decode(source, plans, limits);
    const Stop stop;
    return render_in_lane({.input = input,
                           .source = source,
                           .plans = plans,
                           .decode = decode,
                           .limits = limits,
                           .stop = stop});
}

// `probed` is the file that the probe sees, where it is another one.
Result<Work> in_general(Bytes input, const Spec& spec, Bytes probed = {}) {
    const Limits limits;
    const Info source = TRY(probe(probed.empty() ? input : probed, limits));
    const std::vector<Plan> plans{TRY(plan(source, spec, limits))};
    const DecodePlan decode = plan_decode(source, plans, limits);
    const Stop stop;
    const VipsModule* vips = TRY(vips_module());
    return vips->render({.input = input,
                         .source = source,
                         .plans = plans,
                         .decode = decode,
                         .limits = limits,
                         .stop = stop});
}

Rgb lane_picture(Bytes input, const Spec& spec) {
    auto work = in_lane(input, spec);
    EXPECT_TRUE(work) << work.error().message;
    EXPECT_TRUE(work->has_value()) << "not taken";
    return decode_rgb((**work).outputs.at(0).bytes);
}

void expect_engines_agree(const TestJpeg& file, const Spec& spec, double psnr_min,
                          const std::string& what) {
    const Buffer input = make_test_jpeg(file);
    const Rgb lane = lane_picture(input, spec);
    const auto general = in_general(input, spec);
    ASSERT_TRUE(general) << what << ": " << general.error().message;
    const Rgb other = decode_rgb(general->outputs.at(0).bytes);
    ASSERT_EQ(lane.width, other.width) << what;
    ASSERT_EQ(lane.height, other.height) << what;
    EXPECT_GE(psnr(lane, other), psnr_min) << what;
}

constexpr Spec kSmall{.width = 97, .height = 61, .quality = 95};

TEST(Lane, AgreesWithTheGeneralEngineInEverySampling) {
    for (const auto& [x, y] : {std::pair(1, 1), {2, 1}, {2, 2}, {1, 2}}) {
        for (const bool progressive : {false, true}) {
            expect_engines_agree(
                {.width = 403,
                 .height = 301,
                 .progressive = progressive,
                 .sampling_x = x,
                 .sampling_y = y},
                kSmall, 40,
                std::to_string(x) + "x" + std::to_string(y) + (progressive ? " progressive" : ""));
        }
    }
}

TEST(Lane, AgreesWithTheGeneralEngineInEveryOrientation) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
        for (const int width : {400, 403}) {
            expect_engines_agree({.width = width, .height = 301, .orientation = orientation},
                                 kSmall, 40, "orientation " + std::to_string(orientation));
        }
    }
}

TEST(Lane, AgreesWithTheGeneralEngineInEveryFit) {
    for (const Fit fit : {Fit::inside, Fit::outside, Fit::cover, Fit::contain, Fit::fill}) {
        for (const int orientation : {1, 6}) {
            const Spec spec{.width = 101, .height = 77, .fit = fit, .quality = 95};
            expect_engines_agree({.width = 640, .height = 360, .orientation = orientation}, spec,
                                 fit == Fit::contain ? 35 : 40, std::string(name_of(fit)));
        }
    }
}

TEST(Lane, AgreesWithTheGeneralEngineOnGreyAndAtEveryShrink) {
    expect_engines_agree({.width = 403, .height = 301, .colors = JpegColors::grey}, kSmall, 40,
                         "grey");
    for (const int side : {400, 200, 100, 50}) {
        const Spec spec{.width = side, .height = side, .quality = 95};
        for (const bool progressive : {false, true}) {
            expect_engines_agree({.width = 803, .height = 605, .progressive = progressive}, spec,
                                 40, std::to_string(side) + (progressive ? " progressive" : ""));
        }
    }
}

// Neither file has a profile: the usual one for print is taken.
TEST(Lane, LeavesInksToTheGeneralEngineWhichReadsCmykAndYcckAlike) {
    const struct {
        std::array<std::uint8_t, 4> color;  // 255 is no ink.
        std::array<int, 3> least, most;
    } kCases[] = {
        {{255, 255, 255, 255}, {245, 245, 245}, {255, 255, 255}},
        {{0, 255, 255, 255}, {0, 120, 190}, {90, 200, 255}},
        {{255, 255, 0, 255}, {220, 200, 0}, {255, 255, 80}},
        {{255, 255, 255, 0}, {0, 0, 0}, {70, 70, 70}},
    };
    for (const JpegColors colors : {JpegColors::cmyk, JpegColors::ycck}) {
        for (const auto& [color, least, most] : kCases) {
            const Buffer input = make_test_jpeg({.colors = colors,
                                                 .quality = 98,
                                                 .picture = JpegPicture::constant,
                                                 .color = color});
            const auto lane = in_lane(input, kSmall);
            ASSERT_TRUE(lane) << lane.error().message;
            EXPECT_FALSE(lane->has_value());
            const auto general = in_general(input, kSmall);
            ASSERT_TRUE(general) << general.error().message;
            const Rgb shown = decode_rgb(general->outputs.at(0).bytes);
            for (std::size_t c = 0; c < 3; ++c) {
                EXPECT_GE(int{shown.samples[c]}, least[c]) << c << (colors == JpegColors::ycck);
                EXPECT_LE(int{shown.samples[c]}, most[c]) << c << (colors == JpegColors::ycck);
            }
        }
    }
}

TEST(Lane, NobodyReadsTwelveBitsASample) {
    const Buffer eight = make_test_jpeg({});
    Buffer twelve = eight;
    const std::size_t frame = as_text(twelve).find("\xff\xc0");
    ASSERT_NE(frame, std::string_view::npos);
    twelve[frame + 1] = std::byte{0xc1};
    twelve[frame + 4] = std::byte{12};

    const auto probed = probe(twelve, {});
    ASSERT_FALSE(probed);
    EXPECT_EQ(probed.error().code, Code::unsupported);
    EXPECT_EQ(probed.error().message,
              "The JPEG has 12 bits a sample; only those with 8 are read here.");
    // Nor would the engines, if they were asked past the probe.
    const auto header = read_jpeg_header(twelve);
    ASSERT_FALSE(header);
    EXPECT_NE(header.error().message.find("precision 12"), std::string::npos)
        << header.error().message;
    const auto general = in_general(twelve, kSmall, eight);
    ASSERT_FALSE(general);
    EXPECT_NE(general.error().message.find("precision 12"), std::string::npos)
        << general.error().message;
}

TEST(Lane, KeepsAConstantPictureConstant) {
    for (const bool progressive : {false, true}) {
        const Buffer input = make_test_jpeg({.width = 333,
                                             .height = 222,
                                             .progressive = progressive,
                                             .picture = JpegPicture::constant});
        const Rgb before = decode_rgb(input);
        const Rgb after = lane_picture(input, {.width = 50, .height = 50, .quality = 95});
        for (std::size_t i = 0; i < after.samples.size(); ++i) {
            ASSERT_NEAR(after.samples[i], before.samples[i % 3], 2);
        }
    }
}

TEST(Lane, ACropShowsNothingOfWhatIsAroundIt) {
    // Left half white, right half black, at the edge of an MCU.
    const Buffer input =
        make_test_jpeg({.width = 256, .height = 64, .picture = JpegPicture::halves});
    for (const int x : {0, 128}) {
        const Spec spec{.crop = Rect{x, 0, 128, 64}, .width = 32, .quality = 95};
        const Rgb shown = lane_picture(input, spec);
        ASSERT_EQ(shown.width, 32);
        for (const std::uint8_t sample : shown.samples) {
            ASSERT_NEAR(sample, x == 0 ? 255 : 0, 3) << x;
        }
    }
}

TEST(Lane, AgreesWithTheGeneralEngineInCropsAndTurns) {
    for (const int rotate : {0, 90, 180, 270}) {
        for (const Flip flip : {Flip::none, Flip::horizontal, Flip::vertical}) {
            for (const int orientation : {1, 6}) {
                const Spec spec{.crop = Rect{40, 30, 200, 140},
                                .rotate = rotate,
                                .flip = flip,
                                .width = 70,
                                .height = 70,
                                .quality = 95};
                expect_engines_agree({.width = 403, .height = 301, .orientation = orientation},
                                     spec, 38,
                                     std::to_string(rotate) + " " + std::string(name_of(flip)) +
                                         " " + std::to_string(orientation));
            }
        }
    }
}

TEST(Lane, HandsOverWhatItDoesNotWrite) {
    const Buffer input = make_test_jpeg({});
    const Spec rest[] = {
        {.width = 20, .choice = FormatChoice::named, .format = Format::webp},
        {.width = 20, .height = 20, .fit = Fit::cover, .gravity = Gravity::attention},
        {.width = 20, .blur = 2},
        {.width = 20, .sharpen = 1},
        {.width = 20, .effort = 9},
    };
    for (const Spec& spec : rest) {
        const auto lane = in_lane(input, spec);
        ASSERT_TRUE(lane && *lane);
        const auto general = in_general(input, spec);
        ASSERT_TRUE(general);
        const Output& one = (**lane).outputs.at(0);
        const Output& other = general->outputs.at(0);
        EXPECT_EQ(one.format, other.format);
        EXPECT_EQ(one.width, other.width);
        EXPECT_EQ(one.height, other.height);
    }
}

TEST(Lane, AFileCutShortIsCorrupt) {
    for (const bool progressive : {false, true}) {
        const Buffer whole = make_test_jpeg(
            {.width = 200, .height = 150, .progressive = progressive, .restart_rows = 2});
        for (std::size_t size = whole.size() / 2; size + 2 < whole.size(); size += 97) {
            const auto work = in_lane(Bytes(whole).first(size), {.width = 50});
            ASSERT_FALSE(work) << size;
            EXPECT_EQ(work.error().code, Code::corrupt) << work.error().message;
        }
    }
}

TEST(Lane, SurvivesDamageAnywhere) {
    for (const bool progressive : {false, true}) {
        const Buffer whole = make_test_jpeg(
            {.width = 120, .height = 90, .progressive = progressive, .restart_rows = 1});
        for (std::size_t at = 2; at < whole.size(); at += 5) {
            Buffer damaged = whole;
            damaged[at] ^= std::byte{static_cast<unsigned char>(1U << at % 8)};
            const auto work = in_lane(damaged, {.width = 30});
            if (!work || !*work) continue;
            EXPECT_FALSE((**work).outputs.at(0).bytes.empty());
        }
    }
}

TEST(Lane, RestartMarkersChangeNothing) {
    for (const bool progressive : {false, true}) {
        TestJpeg options{.width = 203, .height = 151, .progressive = progressive};
        const Rgb without = lane_picture(make_test_jpeg(options), kSmall);
        options.restart_rows = 1;
        EXPECT_EQ(psnr(lane_picture(make_test_jpeg(options), kSmall), without), 99);
    }
}

TEST(Lane, StopsWhenTold) {
    const Buffer input = make_test_jpeg({.width = 300, .height = 300});
    const Limits limits;
    const Info source = *probe(input, limits);
    const std::vector<Plan> plans{*plan(source, {.width = 50}, limits)};
    const Stop stop = [] { return true; };

    const auto work = render_in_lane({.input = input,
                                      .source = source,
                                      .plans = plans,
                                      .decode = plan_decode(source, plans, limits),
                                      .limits = limits,
                                      .stop = stop});

    ASSERT_FALSE(work);
    EXPECT_EQ(work.error().code, Code::timeout);
}

}  // namespace
}  // namespace imagemill::image
