#include "image/plan.h"

#include <gtest/gtest.h>

#include <limits>

namespace imagemill::image {
namespace {

Plan plan_of(const Info& source, const Spec& spec) {
    auto planned = plan(source, spec, {});
    if (planned) return *planned;
    ADD_FAILURE() << planned.error().message;
    return {};
}

Error refusal(const Info& source, const Spec& spec) {
    auto planned = plan(source, spec, {});
    if (!planned) return planned.error();
    ADD_FAILURE() << "accepted";
    return {};
}

struct FitRow {
    Fit fit;
    bool enlarge;
    Size source, box, scaled, cut, size;
};

TEST(Plan, FitsAsTheTableSays) {
    using enum Fit;
    constexpr Size kWide{1000, 500};
    constexpr Size kTall{500, 1000};
    const FitRow rows[] = {
        // Both sides given, smaller than the source.
        {inside, false, kWide, {100, 100}, {100, 50}, {100, 50}, {100, 50}},
        {inside, false, kTall, {100, 100}, {50, 100}, {50, 100}, {50, 100}},
        {outside, false, kWide, {100, 100}, {200, 100}, {200, 100}, {200, 100}},
        {outside, false, kTall, {100, 100}, {100, 200}, {100, 200}, {100, 200}},
        {cover, false, kWide, {100, 100}, {200, 100}, {100, 100}, {100, 100}},
        {cover, false, kTall, {100, 100}, {100, 200}, {100, 100}, {100, 100}},
        {contain, false, kWide, {100, 100}, {100, 50}, {100, 50}, {100, 100}},
        {contain, false, kTall, {100, 100}, {50, 100}, {50, 100}, {100, 100}},
        {fill, false, kWide, {100, 100}, {100, 100}, {100, 100}, {100, 100}},
        // One side given: all fits agree.
        {inside, false, kWide, {100, 0}, {100, 50}, {100, 50}, {100, 50}},
        {outside, false, kWide, {100, 0}, {100, 50}, {100, 50}, {100, 50}},
        {cover, false, kWide, {100, 0}, {100, 50}, {100, 50}, {100, 50}},
        {contain, false, kWide, {100, 0}, {100, 50}, {100, 50}, {100, 50}},
        {fill, false, kWide, {100, 0}, {100, 50}, {100, 50}, {100, 50}},
        {inside, false, kWide, {0, 100}, {200, 100}, {200, 100}, {200, 100}},
        {cover, false, kWide, {0, 100}, {200, 100}, {200, 100}, {200, 100}},
        {fill, false, kWide, {0, 100}, {200, 100}, {200, 100}, {200, 100}},
        // However the other side rounds.
        {inside, false, {500, 40}, {30, 0}, {30, 2}, {30, 2}, {30, 2}},
        // None given.
        {inside, false, kWide, {0, 0}, kWide, kWide, kWide},
        {cover, false, kWide, {0, 0}, kWide, kWide, kWide},
        {contain, true, kWide, {0, 0}, kWide, kWide, kWide},
        {fill, true, kWide, {0, 0}, kWide, kWide, kWide},
        // Larger than the source, which may not grow.
        {inside, false, kWide, {4000, 4000}, kWide, kWide, kWide},
        {outside, false, kWide, {4000, 4000}, kWide, kWide, kWide},
        {cover, false, kWide, {4000, 4000}, kWide, {500, 500}, {500, 500}},
        {cover, false, kWide, {4000, 1000}, kWide, {1000, 250}, {1000, 250}},
        {cover, false, kWide, {800, 800}, kWide, {500, 500}, {500, 500}},
        {contain, false, kWide, {4000, 4000}, kWide, kWide, {4000, 4000}},
        {fill, false, kWide, {4000, 100}, {1000, 100}, {1000, 100}, {1000, 100}},
        {fill, false, kWide, {4000, 0}, kWide, kWide, kWide},
        {inside, false, kWide, {4000, 0}, kWide, kWide, kWide},
        {inside, false, kWide, {4000, 100}, {200, 100}, {200, 100}, {200, 100}},
        // Larger, and it may.
        {inside, true, kWide, {4000, 4000}, {4000, 2000}, {4000, 2000}, {4000, 2000}},
        {outside, true, kWide, {4000, 4000}, {8000, 4000}, {8000, 4000}, {8000, 4000}},
        {cover, true, kWide, {4000, 4000}, {8000, 4000}, {4000, 4000}, {4000, 4000}},
        {contain, true, kWide, {4000, 4000}, {4000, 2000}, {4000, 2000}, {4000, 4000}},
        {fill, true, kWide, {4000, 100}, {4000, 100}, {4000, 100}, {4000, 100}},
        {fill, true, kWide, {4000, 0}, {4000, 2000}, {4000, 2000}, {4000, 2000}},
        // Equal.
        {inside, false, kWide, kWide, kWide, kWide, kWide},
        {cover, false, kWide, kWide, kWide, kWide, kWide},
        // Rounding: to the nearest, and never to nothing.
        {inside, false, {3, 2}, {2, 2}, {2, 1}, {2, 1}, {2, 1}},
        {inside, false, {1920, 1081}, {800, 800}, {800, 450}, {800, 450}, {800, 450}},
        {inside, false, {10000, 1}, {10, 10}, {10, 1}, {10, 1}, {10, 1}},
        {outside, false, {1, 10000}, {10, 10}, {1, 10000}, {1, 10000}, {1, 10000}},
        {inside, false, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}},
        {cover, false, {10000, 1}, {10, 10}, {10000, 1}, {1, 1}, {1, 1}},
    };
    for (const FitRow& row : rows) {
        const Plan plan = plan_of({.width = row.source.width, .height = row.source.height},
                                  {.width = row.box.width,
                                   .height = row.box.height,
                                   .fit = row.fit,
                                   .enlarge = row.enlarge});
        const auto line = &row - rows;
        EXPECT_EQ(plan.view.size, row.scaled)
            << line << " " << plan.view.size.width << "x" << plan.view.size.height;
        EXPECT_EQ(plan.cut, row.cut) << line << " " << plan.cut.width << "x" << plan.cut.height;
        EXPECT_EQ(plan.size, row.size) << line << " " << plan.size.width << "x" << plan.size.height;
    }
}

// Some ten thousand plans, each held to what the fit promises.
TEST(Plan, KeepsItsPromisesForManySizes) {
    constexpr int kSides[] = {1, 2, 3, 7, 99, 100, 101, 640, 1999, 4096};
    constexpr int kBoxes[] = {0, 1, 2, 33, 100, 800, 5000};
    for (const int width : kSides) {
        for (const int height : kSides) {
            for (const int box_width : kBoxes) {
                for (const int box_height : kBoxes) {
                    for (const Fit fit : {Fit::inside, Fit::cover, Fit::contain, Fit::fill}) {
                        const Plan plan =
                            plan_of({.width = width, .height = height},
                                    {.width = box_width, .height = box_height, .fit = fit});
                        EXPECT_GE(std::min(plan.cut.width, plan.cut.height), 1);
                        EXPECT_LE(plan.view.size.width, width);
                        EXPECT_LE(plan.view.size.height, height);
                        EXPECT_LE(plan.cut.width, plan.view.size.width);
                        EXPECT_LE(plan.cut.height, plan.view.size.height);
                        EXPECT_GE(plan.size.width, plan.cut.width);
                        EXPECT_GE(plan.size.height, plan.cut.height);
                        if (box_width > 0) {
                            EXPECT_LE(plan.size.width, box_width);
                        }
                        if (box_height > 0) {
                            EXPECT_LE(plan.size.height, box_height);
                        }
                        ASSERT_TRUE(plan.cut_at);
                        EXPECT_LE(plan.cut_at->x + plan.cut.width, plan.view.size.width);
                        EXPECT_LE(plan.place.y + plan.cut.height, plan.size.height);
                    }
                }
            }
        }
    }
}

TEST(Plan, CutsAndPlacesByTheCompass) {
    struct Row {
        Gravity gravity;
        Point wide_cut, tall_cut, wide_place;
    };
    const Row rows[] = {
        {Gravity::center, {50, 0}, {0, 50}, {0, 25}},
        {Gravity::north, {50, 0}, {0, 0}, {0, 0}},
        {Gravity::south, {50, 0}, {0, 100}, {0, 50}},
        {Gravity::east, {100, 0}, {0, 50}, {0, 25}},
        {Gravity::west, {0, 0}, {0, 50}, {0, 25}},
        {Gravity::northeast, {100, 0}, {0, 0}, {0, 0}},
        {Gravity::northwest, {0, 0}, {0, 0}, {0, 0}},
        {Gravity::southeast, {100, 0}, {0, 100}, {0, 50}},
        {Gravity::southwest, {0, 0}, {0, 100}, {0, 50}},
    };
    for (const Row& row : rows) {
        Spec spec{.width = 100, .height = 100, .fit = Fit::cover, .gravity = row.gravity};
        const Info wide{.width = 400, .height = 200};
        const Info tall{.width = 200, .height = 400};
        EXPECT_EQ(plan_of(wide, spec).cut_at, row.wide_cut) << name_of(row.gravity);
        EXPECT_EQ(plan_of(tall, spec).cut_at, row.tall_cut) << name_of(row.gravity);
        spec.fit = Fit::contain;
        EXPECT_EQ(plan_of(wide, spec).place, row.wide_place) << name_of(row.gravity);
    }
}

TEST(Plan, LeavesTheCutToThePixelsOnlyIfThereIsOne) {
    for (const Gravity gravity : {Gravity::attention, Gravity::entropy}) {
        const Spec spec{.width = 100, .height = 100, .fit = Fit::cover, .gravity = gravity};
        EXPECT_FALSE(plan_of({.width = 400, .height = 200}, spec).cut_at);
        EXPECT_TRUE(plan_of({.width = 200, .height = 200}, spec).cut_at);
    }
}

TEST(Plan, ChoosesTheFormat) {
    struct Row {
        Format source;
        int frames;
        FormatChoice choice;
        Format named, opaque, alpha;
        int frames_out;
    };
    using enum Format;
    using enum FormatChoice;
    const Row rows[] = {
        {Format::jpeg, 1, automatic, gif, Format::jpeg, Format::jpeg, 1},
        {png, 1, automatic, gif, Format::jpeg, png, 1},
        {webp, 1, automatic, gif, Format::jpeg, webp, 1},
        {gif, 1, automatic, gif, Format::jpeg, gif, 1},
        {avif, 1, automatic, gif, Format::jpeg, avif, 1},
        {tiff, 1, automatic, gif, Format::jpeg, png, 1},
        {svg, 1, automatic, gif, Format::jpeg, png, 1},
        {gif, 9, automatic, png, gif, gif, 9},
        {webp, 9, automatic, png, webp, webp, 9},
        {Format::jpeg, 1, same, gif, Format::jpeg, Format::jpeg, 1},
        {png, 1, same, gif, png, png, 1},
        {avif, 1, same, gif, avif, avif, 1},
        {gif, 9, same, png, gif, gif, 9},
        {tiff, 1, same, gif, Format::jpeg, png, 1},
        {svg, 1, same, gif, Format::jpeg, png, 1},
        {png, 1, named, webp, webp, webp, 1},
        {gif, 9, named, webp, webp, webp, 9},
        {webp, 9, named, gif, gif, gif, 9},
        {gif, 9, named, Format::jpeg, Format::jpeg, Format::jpeg, 1},
        {webp, 9, named, avif, avif, avif, 1},
    };
    for (const Row& row : rows) {
        const Plan plan =
            plan_of({.format = row.source, .width = 9, .height = 9, .frames = row.frames},
                    {.choice = row.choice, .format = row.named});
        const auto line = &row - rows;
        EXPECT_EQ(plan.format_opaque, row.opaque) << line;
        EXPECT_EQ(plan.format_alpha, row.alpha) << line;
        EXPECT_EQ(plan.frames, row.frames_out) << line;
    }
}

TEST(Plan, RefusesASpecThatContradictsItself) {
    const Info source{.width = 100, .height = 100};
    for (const Spec& spec : {Spec{.width = -1}, Spec{.height = 32'768}, Spec{.quality = 0},
                             Spec{.quality = 101}, Spec{.effort = -1}, Spec{.effort = 10}}) {
        const Error error = refusal(source, spec);
        EXPECT_EQ(error.code, Code::invalid_argument);
        EXPECT_NE(error.message.find("must be from"), std::string::npos);
    }
    for (const Format format : {Format::tiff, Format::svg, Format::heic}) {
        const Error error = refusal(source, {.choice = FormatChoice::named, .format = format});
        EXPECT_EQ(error.code, Code::invalid_argument);
        EXPECT_NE(error.message.find("cannot be written"), std::string::npos);
    }
    plan_of(source, {.width = 32'767, .quality = 1, .effort = 0});
    plan_of(source, {.height = 32'767, .quality = 100, .effort = 9});
}

TEST(Plan, RefusesMoreThanAFormatHolds) {
    const Info source{.width = 20'000, .height = 10};
    const Spec webp{.choice = FormatChoice::named, .format = Format::webp};
    EXPECT_NE(refusal(source, webp).message.find("16383"), std::string::npos);
    plan_of({.width = 16'383, .height = 10}, webp);
    EXPECT_EQ(refusal({.width = 16'384, .height = 10}, webp).code, Code::invalid_argument);
}

TEST(Plan, HoldsEnlargedOutputsToTheLimits) {
    const Error error = refusal({.width = 100, .height = 100},
                                {.width = 20'000, .height = 20'000, .enlarge = true});
    EXPECT_EQ(error.code, Code::too_large);
    EXPECT_EQ(error.exceeded->setting, "IMAGEMILL_MAX_PIXELS");
    EXPECT_EQ(error.exceeded->measured, 400'000'000);

    const Error moving =
        refusal({.format = Format::gif, .width = 100, .height = 100, .frames = 100},
                {.width = 1000, .height = 1000, .enlarge = true});
    EXPECT_EQ(moving.exceeded->setting, "IMAGEMILL_MAX_ANIMATION_PIXELS");

    const Error contained = refusal({.width = 100, .height = 100},
                                    {.width = 30'000, .height = 30'000, .fit = Fit::contain});
    EXPECT_EQ(contained.code, Code::too_large);

    const Error thin = refusal({.width = 1, .height = 32'767}, {.width = 32'767, .enlarge = true});
    EXPECT_EQ(thin.code, Code::too_large);
}

DecodePlan decode_of(const Info& source, const std::vector<Spec>& specs) {
    std::vector<Plan> plans;
    for (const Spec& spec : specs) plans.push_back(plan_of(source, spec));
    return plan_decode(source, plans, {});
}

TEST(PlanDecode, ShrinksAJpegAsFarAsEveryPlanAllows) {
    const Info photo{.width = 4000, .height = 3000};
    EXPECT_EQ(decode_of(photo, {{.width = 500}}).eighths, 1);
    EXPECT_EQ(decode_of(photo, {{.width = 501}}).eighths, 2);
    EXPECT_EQ(decode_of(photo, {{.width = 1000}}).eighths, 2);
    EXPECT_EQ(decode_of(photo, {{.width = 2000}}).eighths, 4);
    EXPECT_EQ(decode_of(photo, {{.width = 2001}}).eighths, 8);
    EXPECT_EQ(decode_of(photo, {{.width = 100}, {.width = 2000}}).eighths, 4);
    EXPECT_EQ(decode_of(photo, {{}}).eighths, 8);
    EXPECT_EQ(
        decode_of({.format = Format::png, .width = 4000, .height = 3000}, {{.width = 9}}).eighths,
        8);
}

TEST(PlanDecode, LeavesEnoughForTheSample) {
    EXPECT_EQ(decode_of({.width = 400, .height = 400}, {{.width = 1, .height = 1}}).eighths, 2);
    EXPECT_EQ(decode_of({.width = 400, .height = 300}, {{.width = 1}}).sample.size,
              (Size{100, 75}));
    EXPECT_EQ(decode_of({.width = 40, .height = 30}, {{.width = 1}}).sample.size, (Size{40, 30}));
    EXPECT_EQ(decode_of({.width = 30'000, .height = 30}, {}).sample.size, (Size{100, 1}));
}

TEST(PlanDecode, DrawsAnSvgAtTheSizeThatIsWanted) {
    const Info drawing{.format = Format::svg, .width = 24, .height = 12};
    EXPECT_EQ(decode_of(drawing, {{.width = 240, .enlarge = true}}).size, (Size{240, 120}));
    EXPECT_EQ(decode_of(drawing, {{.width = 10}}).size, (Size{24, 12}));
    // Distorted beyond the limits: the resize does the rest.
    const Size thin =
        decode_of({.format = Format::svg, .width = 10'000, .height = 1},
                  {{.width = 100, .height = 30'000, .fit = Fit::fill, .enlarge = true}})
            .size;
    EXPECT_LE(thin.width, 32'767);
}

TEST(PlanDecode, AsksForOneFrameWhereNoOutputMoves) {
    const Info moving{.format = Format::gif, .width = 10, .height = 10, .frames = 7};
    EXPECT_EQ(decode_of(moving, {{}}).frames, 7);
    EXPECT_EQ(decode_of(moving, {{.choice = FormatChoice::named, .format = Format::jpeg}}).frames,
              1);
}

}  // namespace
}  // namespace imagemill::image
