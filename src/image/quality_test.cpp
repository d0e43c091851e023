#include "image/quality.h"

#include <gtest/gtest.h>

namespace imagemill::image {
namespace {

// An encoder whose files have 100 bytes for each step of quality.
struct Encoder {
    int made = 0;
    EncodeAt at() {
        return [this](int quality) -> Result<Buffer> {
            ++made;
            return Buffer(static_cast<std::size_t>(quality) * 100);
        };
    }
};

Plan plan_of(int quality, std::int64_t bytes_max) {
    Plan plan;
    plan.quality = quality;
    plan.bytes_max = bytes_max;
    return plan;
}

TEST(Quality, IsTheBestThatFitsForEveryBound) {
    for (const int wanted : {1, 2, 75, 100}) {
        for (int bound = 100; bound <= 10'100; bound += 50) {
            Encoder encoder;
            const auto file = fit_quality(plan_of(wanted, bound), Format::jpeg, encoder.at(), {});

            ASSERT_TRUE(file);
            EXPECT_EQ(file->quality, std::min(wanted, bound / 100)) << bound;
            EXPECT_EQ(file->bytes.size(), static_cast<std::size_t>(file->quality) * 100);
            EXPECT_LE(encoder.made, 8);
        }
    }
}

TEST(Quality, IsTheWantedOneWithOneEncodeWhereThereIsNoBoundOrItFits) {
    for (const std::int64_t bound : {std::int64_t{0}, std::int64_t{7'500}}) {
        Encoder encoder;
        const auto file = fit_quality(plan_of(75, bound), Format::webp, encoder.at(), {});

        ASSERT_TRUE(file);
        EXPECT_EQ(file->quality, 75);
        EXPECT_EQ(encoder.made, 1);
    }
}

TEST(Quality, SaysHowSmallItGotWhereNothingFits) {
    Encoder encoder;
    const auto file = fit_quality(plan_of(75, 99), Format::avif, encoder.at(), {});

    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::invalid_argument);
    EXPECT_EQ(file.error().message,
              "The output has 100 bytes as avif even at quality 1; at most 99 are asked for "
              "(max_bytes).");
}

TEST(Quality, IsNotSearchedWhereTheFormatHasNone) {
    Encoder encoder;
    const auto fits = fit_quality(plan_of(75, 7'500), Format::png, encoder.at(), {});
    ASSERT_TRUE(fits);
    EXPECT_EQ(fits->quality, 0);

    const auto file = fit_quality(plan_of(75, 7'499), Format::png, encoder.at(), {});
    ASSERT_FALSE(file);
    EXPECT_EQ(encoder.made, 2);
    EXPECT_EQ(file.error().message,
              "The output has 7500 bytes as png, which has no quality to lower; at most 7499 are "
              "asked for (max_bytes).");
}

TEST(Quality, IsNotSearchedPastAStopOrAFailure) {
    Encoder encoder;
    const Stop stop = [&encoder] { return encoder.made == 2; };
    const auto stopped = fit_quality(plan_of(75, 99), Format::jpeg, encoder.at(), stop);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, Code::timeout);
    EXPECT_EQ(encoder.made, 2);

    const EncodeAt fails = [](int) -> Result<Buffer> { return Error{Code::internal, "No."}; };
    EXPECT_EQ(fit_quality(plan_of(75, 99), Format::jpeg, fails, {}).error().code, Code::internal);
}

}  // namespace
}  // namespace imagemill::image
