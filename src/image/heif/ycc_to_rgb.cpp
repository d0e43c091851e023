#include "image/heif/ycc_to_rgb.h"

#include <algorithm>
#include <optional>

#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

constexpr int kHalf = 1 << 15;  // Of 16 bits behind the point.

int fixed(double value) {
    return static_cast<int>(value * 65'536 + (value < 0 ? -0.5 : 0.5));
}

std::uint8_t clamped(int fixed_value) {
    return static_cast<std::uint8_t>(std::clamp((fixed_value + kHalf) >> 16, 0, 255));
}

struct Weights {
    double red = 0.299;
    double blue = 0.114;
};

std::optional<Weights> weights_of(int matrix) {
    switch (matrix) {
        case 1:
            return Weights{0.2126, 0.0722};
        case 2:  // Not said: what every camera means.
        case 5:
        case 6:
            return Weights{0.299, 0.114};
        case 9:
            return Weights{0.2627, 0.0593};
        default:
            return std::nullopt;
    }
}

// What each value of Y, Cb and Cr adds to red, green and blue.
struct Tables {
    Tables(const Weights& weights, bool full_range) {
        const double luma = full_range ? 1 : 255.0 / 219, chroma = full_range ? 1 : 255.0 / 224;
        const double green = 1 - weights.red - weights.blue;
        const double red_part = 2 * (1 - weights.red) * chroma;
        const double blue_part = 2 * (1 - weights.blue) * chroma;
        for (int i = 0; i < 256; ++i) {
            const auto at = static_cast<std::size_t>(i);
            y[at] = fixed((i - (full_range ? 0 : 16)) * luma);
            red_cr[at] = fixed((i - 128) * red_part);
            blue_cb[at] = fixed((i - 128) * blue_part);
            green_cr[at] = fixed(-(i - 128) * red_part * weights.red / green);
            green_cb[at] = fixed(-(i - 128) * blue_part * weights.blue / green);
        }
    }
    std::array<int, 256> y, red_cr, green_cr, green_cb, blue_cb;
};

// A row of chroma at the size of the picture: three quarters of the nearer sample, one of the
// next, across and down.
class Upsampler final {
  public:
    Upsampler(const HevcPicture& picture, int channel)
        : plane_(picture.planes[static_cast<std::size_t>(channel)]),
          scale_x_(picture.scale_x),
          scale_y_(picture.scale_y),
          column_(static_cast<std::size_t>(plane_.size.width)) {}

    void fill(int y, std::span<std::uint8_t> out) {
        blend_down(y);
        const auto last = column_.size() - 1;
        for (std::size_t x = 0; x < out.size(); ++x) {
            if (scale_x_ == 1) {
                out[x] = static_cast<std::uint8_t>((column_[x] + 2) / 4);
                continue;
            }
            const std::size_t near = std::min(x / 2, last);
            const std::size_t next =
                x % 2 == 0 ? (near == 0 ? 0 : near - 1) : std::min(near + 1, last);
            out[x] = static_cast<std::uint8_t>((3 * column_[near] + column_[next] + 8) / 16);
        }
    }

  private:
    // Four times the values between two rows.
    void blend_down(int y) {
        const int last = plane_.size.height - 1;
        const int near = std::min(y / scale_y_, last);
        int next = near;
        if (scale_y_ == 2) next = std::clamp(y % 2 == 0 ? near - 1 : near + 1, 0, last);
        const std::uint8_t* a = plane_.row(near);
        const std::uint8_t* b = plane_.row(next);
        for (std::size_t x = 0; x < column_.size(); ++x) column_[x] = 3 * a[x] + b[x];
    }

    const HevcPlane& plane_;
    const int scale_x_;
    const int scale_y_;
    std::vector<int> column_;
};

struct Row {
    std::span<const std::uint8_t> y, cb, cr;
};

void write_ycc(const Row& row, const Tables& tables, std::uint8_t* out, std::size_t step) {
    for (std::size_t x = 0; x < row.y.size(); ++x, out += step) {
        const int y = tables.y[row.y[x]];
        out[0] = clamped(y + tables.red_cr[row.cr[x]]);
        out[1] = clamped(y + tables.green_cb[row.cb[x]] + tables.green_cr[row.cr[x]]);
        out[2] = clamped(y + tables.blue_cb[row.cb[x]]);
    }
}

// Matrix 0: the planes are green, blue, red.
void write_rgb(const Row& row, std::uint8_t* out, std::size_t step) {
    for (std::size_t x = 0; x < row.y.size(); ++x, out += step) {
        out[0] = row.cr[x];
        out[1] = row.y[x];
        out[2] = row.cb[x];
    }
}

Raster make_raster(const Rect& part, int bands) {
    Raster raster{.size = {part.width, part.height}, .bands = bands};
    raster.samples = std::make_unique_for_overwrite<std::uint8_t[]>(raster.size_bytes());
    return raster;
}

void write_alpha(const HevcPlane& alpha, const Rect& part, int y, Raster& raster) {
    const std::uint8_t* from = alpha.row(part.y + y) + part.x;
    std::uint8_t* to = raster.row(y) + 3;
    for (int x = 0; x < part.width; ++x, to += 4) *to = from[x];
}

Raster grey_raster(const HevcPicture& picture, const Tables& tables, const Rect& part) {
    Raster raster = make_raster(part, 1);
    for (int y = 0; y < part.height; ++y) {
        const std::uint8_t* from = picture.planes[0].row(part.y + y) + part.x;
        std::transform(from, from + part.width, raster.row(y),
                       [&tables](std::uint8_t value) { return clamped(tables.y[value]); });
    }
    return raster;
}

}  // namespace

Result<Raster> to_raster(const HevcPicture& picture, const HeifColor& color, const Rect& part,
                         const HevcPlane* alpha) {
    const bool grey = picture.plane_count == 1;
    const auto weights = weights_of(color.matrix == 0 ? 2 : color.matrix);
    if (!weights) {
        return unsupported("The HEIC codes its colours by matrix " + std::to_string(color.matrix) +
                           ", which is not read here.");
    }
    const Tables tables(*weights, color.full_range);
    if (grey && alpha == nullptr) return grey_raster(picture, tables, part);

    Raster raster = make_raster(part, alpha == nullptr ? 3 : 4);
    const auto width = static_cast<std::size_t>(picture.planes[0].size.width);
    const auto from = static_cast<std::size_t>(part.x),
               length = static_cast<std::size_t>(part.width);
    std::vector<std::uint8_t> cb(width, 128), cr(width, 128);
    std::optional<Upsampler> cb_rows, cr_rows;
    if (!grey) cb_rows.emplace(picture, 1), cr_rows.emplace(picture, 2);
    for (int y = 0; y < part.height; ++y) {
        if (!grey) {
            cb_rows->fill(part.y + y, cb);
            cr_rows->fill(part.y + y, cr);
        }
        const Row row{{picture.planes[0].row(part.y + y) + from, length},
                      std::span(cb).subspan(from, length),
                      std::span(cr).subspan(from, length)};
        const auto step = static_cast<std::size_t>(raster.bands);
        if (color.matrix == 0 && !grey)
            write_rgb(row, raster.row(y), step);
        else
            write_ycc(row, tables, raster.row(y), step);
        if (alpha != nullptr) write_alpha(*alpha, part, y, raster);
    }
    return raster;
}

}  // namespace imagemill::image
