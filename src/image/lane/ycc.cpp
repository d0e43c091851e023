#include "image/lane/ycc.h"

#include <algorithm>
#include <cstring>

namespace imagemill::image {
namespace {

constexpr int kBits = 16;
constexpr int kHalf = 1 << (kBits - 1);

constexpr int fixed(double value) {
    return static_cast<int>(value * (1 << kBits) + (value < 0 ? -0.5 : 0.5));
}

std::uint8_t clamp_byte(int value) {
    return static_cast<std::uint8_t>(std::clamp(value, 0, 255));
}

void interleave_row(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr,
                    int width, std::uint8_t* rgb) {
    for (int x = 0; x < width; ++x) {
        const int blue = cb[x] - 128;
        const int red = cr[x] - 128;
        rgb[3 * x] = clamp_byte(y[x] + ((fixed(1.402) * red + kHalf) >> kBits));
        rgb[3 * x + 1] = clamp_byte(
            y[x] + ((fixed(-0.344136) * blue + fixed(-0.714136) * red + kHalf) >> kBits));
        rgb[3 * x + 2] = clamp_byte(y[x] + ((fixed(1.772) * blue + kHalf) >> kBits));
    }
}

}  // namespace

std::array<std::uint8_t, 3> to_ycc(const Color& color) {
    const double r = color.red, g = color.green, b = color.blue;
    const auto round = [](double value) {
        return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
    };
    return {round(0.299 * r + 0.587 * g + 0.114 * b),
            round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b),
            round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b)};
}

Raster interleave(std::span<const Plane> planes) {
    const Plane& luma = planes.front();
    Raster raster{.size = {luma.width, luma.height}, .bands = planes.size() == 1 ? 1 : 3};
    raster.samples.reset(new std::uint8_t[raster.size_bytes()]);
    for (int y = 0; y < luma.height; ++y) {
        if (raster.bands == 1) {
            std::memcpy(raster.row(y), luma.row(y), static_cast<std::size_t>(luma.width));
        } else {
            interleave_row(luma.row(y), planes[1].row(y), planes[2].row(y), luma.width,
                           raster.row(y));
        }
    }
    return raster;
}

}  // namespace imagemill::image
