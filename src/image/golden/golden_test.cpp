// Against goldens: what make.py's resize in floating point makes of the same pictures.
#include <gtest/gtest.h>

#include <cmath>

#include "image/golden/test_golden.h"

namespace imagemill::image {
namespace {

using test::Grid;

Buffer file_of(std::string_view name) {
    return test::golden(std::string(name) + ".png");
}

struct Row {
    std::string_view input;
    std::string_view golden;
    Spec spec;
    double psnr_min = 40;
    int difference_max = 8;
};

const Row kRows[] = {
    {"color", "color-inside", {.width = 24}},
    {"color", "color-odd", {.width = 41}},
    {"color", "color-fill", {.width = 40, .height = 12, .fit = Fit::fill}},
    // libvips enlarges by a cubic, which shows at the stripes.
    {"color", "color-enlarged", {.width = 144, .enlarge = true}, 36, 96},
    {"color", "color-cover", {.width = 24, .height = 24, .fit = Fit::cover}},
    {"color", "color-turned", {.rotate = 90, .height = 48}},
    {"color", "color-flipped", {.flip = Flip::horizontal, .width = 48}},
    {"color", "color-cropped", {.crop = Rect{16, 8, 60, 40}, .width = 30}},
    {"color",
     "color-contained",
     {.width = 30, .height = 30, .fit = Fit::contain, .background = Color{32, 64, 96}}},
    {"alpha", "alpha-inside", {.width = 24}},
    {"alpha", "alpha-odd", {.width = 41}},
    {"grey", "grey-inside", {.width = 24}},
};

// As laid on black: under little alpha, colours are little more than chance.
double value_at(const Grid& grid, std::size_t at) {
    const auto bands = static_cast<std::size_t>(grid.bands);
    const bool has_alpha = bands == 2 || bands == 4;
    if (!has_alpha || at % bands == bands - 1) return grid.values[at];
    return grid.values[at] * grid.values[at / bands * bands + bands - 1] / 255.0;
}

TEST(Golden, ResizesAsInFloatingPoint) {
    for (const Row& row : kRows) {
        Spec spec = row.spec;
        spec.choice = FormatChoice::named;
        spec.format = Format::png;
        const auto rendered = render(file_of(row.input), {&spec, 1}, {});
        ASSERT_TRUE(rendered) << rendered.error().message;
        const Grid found = test::read(rendered->outputs.front().bytes, Format::png).grid;
        const Grid wanted = test::read(file_of(row.golden), Format::png).grid;
        ASSERT_EQ(found.width, wanted.width) << row.golden;
        ASSERT_EQ(found.height, wanted.height) << row.golden;
        ASSERT_EQ(found.bands, wanted.bands) << row.golden;

        double sum = 0, greatest = 0;
        for (std::size_t at = 0; at < found.values.size(); ++at) {
            const double apart = std::abs(value_at(found, at) - value_at(wanted, at));
            sum += apart * apart;
            greatest = std::max(greatest, apart);
        }
        const auto count = static_cast<double>(found.values.size());
        const double psnr = sum == 0 ? 99 : 10 * std::log10(255.0 * 255.0 * count / sum);
        RecordProperty(std::string(row.golden), std::to_string(psnr));
        EXPECT_GE(psnr, row.psnr_min) << row.golden;
        EXPECT_LE(greatest, row.difference_max) << row.golden << ", " << psnr << " dB";
    }
}

}  // namespace
}  // namespace imagemill::image
