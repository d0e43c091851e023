#include "image/thumbhash.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace imagemill::image {
namespace {

// One plane of the picture, and what its cosine transform keeps of it.
using Plane = std::vector<double>;

struct Waves {
    double mean = 0;
    double scale = 0;            // The largest amplitude;
    std::vector<double> shares;  // each amplitude by it, -1 to 1 laid on 0 to 1.
};

struct Planes {
    Plane lightness, yellow_blue, red_green, alpha;
    bool is_opaque = true;
};

double channel_at(const Pixels& pixels, std::size_t pixel, std::size_t channel) {
    return std::to_integer<int>(pixels.rgba[4 * pixel + channel]) / 255.0;
}

// Transparent pixels take the mean colour, so that they ask for no wave.
Planes split(const Pixels& pixels) {
    const std::size_t count = pixels.rgba.size() / 4;
    std::array<double, 3> mean{};
    double alpha_sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double alpha = channel_at(pixels, i, 3);
        for (std::size_t c = 0; c < 3; ++c) mean[c] += alpha * channel_at(pixels, i, c);
        alpha_sum += alpha;
    }
    if (alpha_sum > 0) {
        for (double& value : mean) value /= alpha_sum;
    }

    Planes planes;
    planes.is_opaque = alpha_sum >= static_cast<double>(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double alpha = channel_at(pixels, i, 3);
        std::array<double, 3> rgb{};
        for (std::size_t c = 0; c < 3; ++c) {
            rgb[c] = mean[c] * (1 - alpha) + alpha * channel_at(pixels, i, c);
        }
        planes.lightness.push_back((rgb[0] + rgb[1] + rgb[2]) / 3);
        planes.yellow_blue.push_back((rgb[0] + rgb[1]) / 2 - rgb[2]);
        planes.red_green.push_back(rgb[0] - rgb[1]);
        planes.alpha.push_back(alpha);
    }
    return planes;
}

// cos(pi / length * frequency * (at + 1/2)) for every place.
std::vector<double> cosines(int length, int frequency) {
    std::vector<double> values;
    for (int at = 0; at < length; ++at) {
        values.push_back(std::cos(std::numbers::pi / length * frequency * (at + 0.5)));
    }
    return values;
}

// How much of the plane is this wave. Summed pixel by pixel, although rows could be folded first: a
// wave that is not there is a tie between two nibbles, which only the same order of sums decides as
// every other ThumbHash does.
double amplitude_of(const Plane& plane, Size size, int across, int down) {
    const std::vector<double> wave_x = cosines(size.width, across);
    const std::vector<double> wave_y = cosines(size.height, down);
    double sum = 0;
    std::size_t at = 0;
    for (const double y : wave_y) {
        for (const double x : wave_x) sum += plane[at++] * x * y;
    }
    return sum / (static_cast<double>(size.width) * size.height);
}

// The triangle of low frequencies: `across` on the top row, `down` in the left column, read row by
// row.
Waves transform(const Plane& plane, Size size, int across, int down) {
    Waves waves;
    for (int y = 0; y < down; ++y) {
        for (int x = 0; x * down < across * (down - y); ++x) {
            const double amplitude = amplitude_of(plane, size, x, y);
            if (x == 0 && y == 0) {
                waves.mean = amplitude;
                continue;
            }
            waves.shares.push_back(amplitude);
            waves.scale = std::max(waves.scale, std::abs(amplitude));
        }
    }
    // Below this it is the rounding of sums, not a wave.
    constexpr double kNoise = 1e-9;
    for (double& share : waves.shares) {
        share = waves.scale > kNoise ? 0.5 + 0.5 / waves.scale * share : 0;
    }
    return waves;
}

unsigned quantise(double value, int levels) {
    return static_cast<unsigned>(std::clamp(std::floor(value * levels + 0.5), 0.0, levels * 1.0));
}

// Least significant first, in the order of the format.
class NibbleWriter {
  public:
    void bits(unsigned value, int bytes) {
        for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i)));
    }
    void nibbles(const Waves& waves) {
        for (const double share : waves.shares) {
            const unsigned value = quantise(share, 15);
            if (half_) {
                out.back() |= static_cast<std::byte>(value << 4);
            } else {
                out.push_back(static_cast<std::byte>(value));
            }
            half_ = !half_;
        }
    }
    Buffer out;

  private:
    bool half_ = false;
};

int wave_count(int limit, int side, int longest) {
    const double share = static_cast<double>(limit) * side / longest;
    return std::max(1, static_cast<int>(std::floor(share + 0.5)));
}

}  // namespace

Pixels to_pixels(const Raster& raster) {
    Pixels pixels{.size = raster.size, .rgba = {}};
    for (int y = 0; y < raster.size.height; ++y) {
        const std::uint8_t* sample = raster.row(y);
        for (int x = 0; x < raster.size.width; ++x, sample += raster.bands) {
            for (int band = 0; band < 3; ++band) {
                pixels.rgba.push_back(std::byte{sample[raster.bands == 1 ? 0 : band]});
            }
            pixels.rgba.push_back(std::byte{255});
        }
    }
    return pixels;
}

Buffer thumbhash(const Pixels& pixels) {
    const Size size = pixels.size;
    const Planes planes = split(pixels);
    const int limit = planes.is_opaque ? 7 : 5;
    const int longest = std::max(size.width, size.height);
    const int across = wave_count(limit, size.width, longest);
    const int down = wave_count(limit, size.height, longest);

    const Waves lightness =
        transform(planes.lightness, size, std::max(3, across), std::max(3, down));
    const Waves yellow_blue = transform(planes.yellow_blue, size, 3, 3);
    const Waves red_green = transform(planes.red_green, size, 3, 3);

    const bool is_landscape = size.width > size.height;
    NibbleWriter writer;
    writer.bits(quantise(lightness.mean, 63) | quantise((1 + yellow_blue.mean) / 2, 63) << 6 |
                    quantise((1 + red_green.mean) / 2, 63) << 12 |
                    quantise(lightness.scale, 31) << 18 | (planes.is_opaque ? 0U : 1U) << 23,
                3);
    writer.bits(static_cast<unsigned>(is_landscape ? down : across) |
                    quantise(yellow_blue.scale, 63) << 3 | quantise(red_green.scale, 63) << 9 |
                    (is_landscape ? 1U : 0U) << 15,
                2);
    if (planes.is_opaque) {
        writer.nibbles(lightness);
        writer.nibbles(yellow_blue);
        writer.nibbles(red_green);
        return writer.out;
    }
    const Waves alpha = transform(planes.alpha, size, 5, 5);
    writer.bits(quantise(alpha.mean, 15) | quantise(alpha.scale, 15) << 4, 1);
    writer.nibbles(lightness);
    writer.nibbles(yellow_blue);
    writer.nibbles(red_green);
    writer.nibbles(alpha);
    return writer.out;
}

}  // namespace imagemill::image
