// How near a reduced picture comes to a resize in floating point, beside what Pillow and sharp made
// of the same file: rivals.py measured them.
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "image/golden/test_golden.h"

namespace imagemill::image {
namespace {

struct Score {
    double psnr = 0, ssim = 0;
};
struct Row {
    std::string picture = {}, reference = {}, format = {};
    int box = 0, quality = 0;
    Score pillow = {}, sharp = {};
};

std::vector<Row> rows() {
    std::vector<Row> rows;
    const Buffer file = test::golden("rivals.txt");
    std::istringstream lines{std::string(as_text(file))};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        Row row;
        words >> row.picture >> row.reference >> row.format >> row.box >> row.quality;
        words >> row.pillow.psnr >> row.pillow.ssim >> row.sharp.psnr >> row.sharp.ssim;
        EXPECT_TRUE(words) << line;
        rows.push_back(row);
    }
    return rows;
}

Score score_of(const Row& row) {
    const Format format = format_named(row.format).value();
    const Spec spec{.width = row.box,
                    .height = row.box,
                    .choice = FormatChoice::named,
                    .format = format,
                    .quality = row.quality};
    const auto rendered = render(test::golden(row.picture), {&spec, 1}, {});
    EXPECT_TRUE(rendered) << rendered.error().message;
    if (!rendered) return {};
    const test::Grid found = test::read(rendered->outputs.front().bytes, format).grid;
    const test::Grid wanted = test::read(test::golden(row.reference), Format::png).grid;
    return {test::psnr(found, wanted), test::ssim(found, wanted)};
}

TEST(Fidelity, IsNoWorseThanPillowsAndSharps) {
    const std::vector<Row> all = rows();
    EXPECT_GE(all.size(), 4U);
    for (const Row& row : all) {
        const Score ours = score_of(row);
        const std::string name = row.picture + " to " + row.format;
        RecordProperty(name, std::to_string(ours.psnr) + " " + std::to_string(ours.ssim));
        for (const Score& theirs : {row.pillow, row.sharp}) {
            EXPECT_GE(ours.psnr, theirs.psnr - 0.2) << name;
            EXPECT_GE(ours.ssim, theirs.ssim - 0.002) << name;
        }
    }
}

// The measures themselves, so that no mistake in them makes everything good.
TEST(Fidelity, IsMeasuredAsPublished) {
    const test::Grid grey = test::constant({32, 32}, 1, {100, 0, 0});
    const test::Grid lighter = test::constant({32, 32}, 1, {110, 0, 0});
    EXPECT_EQ(test::psnr(grey, grey), 99);
    EXPECT_NEAR(test::psnr(grey, lighter), 28.1308, 1e-4);
    EXPECT_NEAR(test::ssim(grey, grey), 1, 1e-12);
    EXPECT_NEAR(test::ssim(grey, lighter), 0.995477, 1e-6);
    const test::Grid stripes = test::paint({32, 32}, 1, [](int x, int) {
        return Color{std::uint8_t(x % 2 == 0 ? 90 : 110), 0, 0};
    });
    EXPECT_LT(test::ssim(grey, stripes), 0.4);
    EXPECT_EQ(test::psnr(grey, test::constant({32, 31}, 1, {100, 0, 0})), 0);
}

}  // namespace
}  // namespace imagemill::image
