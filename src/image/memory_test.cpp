#include "image/memory.h"

#include <gtest/gtest.h>

#include "image/test_files.h"

namespace imagemill::image {
namespace {

// What a render of this file to these specs is estimated at: the error says so.
std::int64_t estimate(const std::string& file, const std::vector<Spec>& specs, Lane lane,
                      std::int64_t memory_max = 0) {
    Limits limits;
    limits.memory_max = memory_max;
    const auto rendered =
        render(as_bytes(file), specs, {.limits = limits, .stop = {}, .lane = lane});
    if (rendered || !rendered.error().exceeded) return -1;
    EXPECT_EQ(rendered.error().code, Code::too_large);
    EXPECT_EQ(rendered.error().exceeded->setting, "IMAGEMILL_MAX_MEMORY");
    return rendered.error().exceeded->measured;
}

Spec to(Format format, int width) {
    return {.width = width, .choice = FormatChoice::named, .format = format};
}

// Of twelve megapixels, and no pixels in it: the estimate comes first.
std::string twelve_megapixels(int marker) {
    return test::jpeg({.width = 4000, .height = 3000, .marker = marker});
}

TEST(Memory, IsRefusedBeforeAnyPixelWithTheSettingAndTheEstimate) {
    const std::string file = test::png(4000, 3000, 2);
    Limits limits;
    limits.memory_max = 1'000'000;
    const auto rendered = render(as_bytes(file), std::vector{to(Format::png, 800)},
                                 {.limits = limits, .stop = {}, .lane = Lane::automatic});

    ASSERT_FALSE(rendered);
    EXPECT_EQ(rendered.error().code, Code::too_large);
    EXPECT_NE(rendered.error().message.find(" MB of memory to render; at most 1 MB are allowed "
                                            "(IMAGEMILL_MAX_MEMORY)."),
              std::string::npos)
        << rendered.error().message;
}

// The same file in a function of so much memory.
Result<Rendered> render_in(std::int64_t megabytes, const std::string& file) {
    Limits limits;
    limits.function_megabytes = megabytes;
    return render(as_bytes(file), std::vector{to(Format::png, 80)},
                  {.limits = limits, .stop = {}, .lane = Lane::automatic});
}

TEST(Memory, OfTheFunctionHoldsTheFileAndTheProgramToo) {
    std::string file = test::png(400, 300, 2);
    const auto measured = render_in(1, file).error().exceeded->measured;
    const auto refused = render_in(measured - 1, file);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::too_large);
    EXPECT_EQ(refused.error().message,
              "The picture, its file and the program would take about " + std::to_string(measured) +
                  " MB of memory; the function has " + std::to_string(measured - 1) +
                  " MB (AWS_LAMBDA_FUNCTION_MEMORY_SIZE).");
    EXPECT_EQ(*refused.error().exceeded,
              (Exceeded{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", measured - 1, measured}));

    const auto by_memory = [](const Result<Rendered>& result) {
        return !result && result.error().code == Code::too_large;
    };
    EXPECT_FALSE(by_memory(render_in(measured, file)));
    file.append(8 << 20, '\0');  // Behind its end, where no decoder looks.
    EXPECT_TRUE(by_memory(render_in(measured + 7, file)));
    EXPECT_FALSE(by_memory(render_in(measured + 8, file)));
}

TEST(Memory, HoldsAtTheEstimateAndNotOneByteBelow) {
    const std::string file = test::png(400, 300, 2);
    const std::vector<Spec> specs{to(Format::png, 80)};
    const std::int64_t exact = estimate(file, specs, Lane::automatic);

    EXPECT_EQ(estimate(file, specs, Lane::automatic, exact - 1), exact);
    EXPECT_EQ(estimate(file, specs, Lane::automatic, exact), -1);
}

// In the lane, of a file without subsampling, to a JPEG 800 wide.
std::int64_t estimate_in_lane(const std::string& file, int size) {
    const Limits limits;
    const Stop stop;
    const auto source = probe(as_bytes(file), limits);
    const auto planned = plan(*source, to(Format::jpeg, 800), limits);
    const std::vector<Plan> plans{*planned};
    const DecodePlan decode = plan_decode(*source, plans, limits);
    const Job job{as_bytes(file), *source, plans, decode, limits, stop};
    const JpegHeader header{.width = source->width, .height = source->height, .components = 3};
    return estimate_lane(job, header, {.luma = size, .chroma = size});
}

TEST(Memory, CountsTheCoefficientsOfAProgressiveJpeg) {
    const std::string baseline = twelve_megapixels(0xc0);
    const std::string progressive = twelve_megapixels(0xc2);

    EXPECT_GT(estimate_in_lane(progressive, 2), estimate_in_lane(baseline, 2));
    // Three whole planes, of which libjpeg keeps two bytes a sample.
    EXPECT_GE(estimate_in_lane(progressive, 8), 72'000'000 + 36'000'000);
    EXPECT_GE(estimate(progressive, {to(Format::jpeg, 800)}, Lane::libvips), 72'000'000);
    EXPECT_LT(estimate(baseline, {to(Format::jpeg, 800)}, Lane::libvips), 72'000'000);
}

TEST(Memory, OfAHundredMegapixelsToAThumbnailIsSmallInTheLane) {
    const std::string file = test::jpeg({.width = 11'600, .height = 8'700});

    EXPECT_LE(estimate_in_lane(file, 1), 48'000'000);
}

TEST(Memory, GrowsWithTheOutputTheViewsAndTheFrames) {
    const std::string file = test::png(4000, 3000, 2);
    const auto of = [&file](const std::vector<Spec>& specs) {
        return estimate(file, specs, Lane::automatic);
    };
    EXPECT_LT(of({to(Format::png, 800)}), of({to(Format::png, 3000)}));
    EXPECT_LT(of({to(Format::png, 800)}), of({to(Format::png, 800), to(Format::png, 400)}));
    EXPECT_LT(of({to(Format::jpeg, 800)}), of({to(Format::avif, 800)}));
    Spec turned = to(Format::png, 800);
    turned.rotate = 90;
    EXPECT_LT(of({to(Format::png, 800)}), of({turned}));

    const auto frames = [](int count) {
        return estimate(test::gif({.width = 200, .height = 200, .frames = count}),
                        {to(Format::gif, 100)}, Lane::automatic);
    };
    EXPECT_LT(frames(1), frames(2));
    EXPECT_LT(frames(2), frames(200));
}

TEST(Memory, CountsWhatADecoderCannotStream) {
    const auto of = [](const std::string& file) {
        return estimate(file, {to(Format::jpeg, 800)}, Lane::automatic);
    };
    std::string interlaced = test::png(4000, 3000, 2);
    interlaced[8 + 8 + 12] = 1;
    EXPECT_GT(of(interlaced), of(test::png(4000, 3000, 2)) + 30'000'000);
    EXPECT_GT(of(test::png(4000, 3000, 6)), of(test::png(4000, 3000, 2)));
    EXPECT_GT(of(test::avif({.width = 4000, .height = 3000})), 100'000'000);
}

}  // namespace
}  // namespace imagemill::image
