#include "image/vips/film_palette.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <vector>

namespace imagemill::image {
namespace {

// GIF knows no half: what libvips writes as transparent is below this.
constexpr int kSolid = 128;
constexpr int kTrainingPixels = 32'768;
// Of the squared difference a channel, more than in the first frame: half of what libvips lets the
// colours of two palettes differ by.
constexpr double kMore = 4;

struct Palette {
    std::vector<int> red, green, blue;
};

// Which pixels are looked at: every so many across and down.
struct Grid {
    int first = 0;
    int step = 1;
};

int step_of(const Picture& frame) {
    const Size size = size_of(frame);
    const double all = static_cast<double>(size.width) * size.height;
    return std::max(1, static_cast<int>(std::ceil(std::sqrt(all / kTrainingPixels))));
}

template <typename Visit>
void for_each_solid(const Picture& frame, const Grid& grid, const Visit& visit) {
    const Size size = size_of(frame);
    const int bands = vips_image_get_bands(frame.get());
    for (int y = std::min(grid.first, size.height - 1); y < size.height; y += grid.step) {
        for (int x = std::min(grid.first, size.width - 1); x < size.width; x += grid.step) {
            const VipsPel* pixel = VIPS_IMAGE_ADDR(frame.get(), x, y);
            if (bands == 4 && pixel[3] < kSolid) continue;
            visit(pixel);
        }
    }
}

bool shows_through(const Picture& frame) {
    const Size size = size_of(frame);
    for (int y = 0; y < size.height; ++y) {
        const VipsPel* row = VIPS_IMAGE_ADDR(frame.get(), 0, y);
        for (int x = 0; x < size.width; ++x) {
            if (row[4 * x + 3] < kSolid) return true;
        }
    }
    return false;
}

// A picture of a part of the pixels, as GIF holds them.
Picture painted(const Picture& frame) {
    const int step = step_of(frame);
    VipsImage* out = nullptr;
    if (vips_subsample(frame.get(), &out, step, step, nullptr) != 0) return nullptr;
    const Picture small(out);
    void* bytes = nullptr;
    std::size_t size = 0;
    if (vips_gifsave_buffer(small.get(), &bytes, &size, "dither", 0.0, "keep",
                            VIPS_FOREIGN_KEEP_NONE, nullptr) != 0) {
        return nullptr;
    }
    const std::unique_ptr<void, decltype(&g_free)> owner(bytes, g_free);
    if (vips_gifload_buffer(bytes, size, &out, nullptr) != 0) return nullptr;
    const Picture loaded(out);
    return Picture(vips_image_copy_memory(loaded.get()));
}

// The colours libvips paints a frame with.
Palette palette_of(const Picture& frame) {
    Palette palette;
    const Picture picture = painted(frame);
    if (!picture || vips_image_get_bands(picture.get()) < 3) return palette;
    std::set<std::uint32_t> seen;
    for_each_solid(picture, {}, [&](const VipsPel* pixel) {
        const auto colour = static_cast<std::uint32_t>(pixel[0] << 16 | pixel[1] << 8 | pixel[2]);
        if (!seen.insert(colour).second) return;
        palette.red.push_back(pixel[0]);
        palette.green.push_back(pixel[1]);
        palette.blue.push_back(pixel[2]);
    });
    return palette;
}

int distance_to(const Palette& palette, const VipsPel* pixel) {
    int least = std::numeric_limits<int>::max();
    for (std::size_t i = 0; i < palette.red.size(); ++i) {
        const int red = palette.red[i] - pixel[0];
        const int green = palette.green[i] - pixel[1];
        const int blue = palette.blue[i] - pixel[2];
        least = std::min(least, red * red + green * green + blue * blue);
    }
    return least;
}

// The mean squared difference of a channel from the nearest colours; of pixels between those that
// the palette was made for.
double error_of(const Palette& palette, const Picture& frame) {
    const int trained = step_of(frame);
    const Grid between{.first = trained / 2, .step = 3 * trained};
    double sum = 0;
    int count = 0;
    for_each_solid(frame, between, [&](const VipsPel* pixel) {
        sum += distance_to(palette, pixel);
        ++count;
    });
    return count == 0 ? 0 : sum / (3.0 * count);
}

}  // namespace

bool one_palette_serves(std::span<const Picture> frames) {
    const Picture& first = frames.front();
    if (vips_image_get_bands(first.get()) < 3) return false;
    // What is transparent later needs a place in the palette.
    if (vips_image_get_bands(first.get()) == 4 && !shows_through(first)) return false;
    const Palette palette = palette_of(first);
    if (palette.red.empty()) {
        vips_error_clear();
        return false;
    }
    const double most = error_of(palette, first) + kMore;
    return std::ranges::all_of(
        frames.subspan(1), [&](const Picture& frame) { return error_of(palette, frame) <= most; });
}

}  // namespace imagemill::image
