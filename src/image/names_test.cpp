#include <gtest/gtest.h>

#include "image/image.h"

namespace imagemill::image {
namespace {

TEST(Names, OfFormatsRoundTrip) {
    for (const Format format : {Format::jpeg, Format::png, Format::webp, Format::gif, Format::avif,
                                Format::tiff, Format::svg, Format::heic, Format::bmp}) {
        EXPECT_EQ(format_named(name_of(format)), format);
        EXPECT_TRUE(media_type_of(format).starts_with("image/"));
        EXPECT_FALSE(extension_of(format).empty());
    }
    EXPECT_EQ(format_named("jpg"), Format::jpeg);
    EXPECT_EQ(format_named("JPEG"), std::nullopt);
    EXPECT_EQ(format_named(""), std::nullopt);
}

TEST(Names, OfFitsAndGravitiesRoundTrip) {
    for (const Fit fit : {Fit::inside, Fit::outside, Fit::cover, Fit::contain, Fit::fill}) {
        EXPECT_EQ(fit_named(name_of(fit)), fit);
    }
    for (int i = 0; i <= static_cast<int>(Gravity::entropy); ++i) {
        const auto gravity = static_cast<Gravity>(i);
        EXPECT_EQ(gravity_named(name_of(gravity)), gravity);
    }
    EXPECT_EQ(fit_named("crop"), std::nullopt);
    EXPECT_EQ(gravity_named("centre"), std::nullopt);
}

TEST(Names, SayWhichFormatsAreWritten) {
    EXPECT_TRUE(can_write(Format::avif));
    EXPECT_FALSE(can_write(Format::svg));
    EXPECT_FALSE(can_write(Format::tiff));
    EXPECT_TRUE(can_animate(Format::gif));
    EXPECT_FALSE(can_animate(Format::png));
    EXPECT_FALSE(has_quality(Format::png));
}

}  // namespace
}  // namespace imagemill::image
