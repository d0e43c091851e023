#include "image/bmp/bmp_decode.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "image/bmp/bmp_header.h"
#include "image/bmp/bmp_runs.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

struct Rgb {
    std::uint8_t red = 0, green = 0, blue = 0;
};

std::vector<Rgb> read_palette(const BmpHeader& header) {
    std::vector<Rgb> colors(256);  // What the file does not name is black.
    const std::size_t count = header.palette.size() / header.entry_bytes;
    for (std::size_t i = 0; i < std::min(count, colors.size()); ++i) {
        const Bytes entry = header.palette.subspan(i * header.entry_bytes, 3);
        const auto value = [&entry](std::size_t at) {
            return std::to_integer<std::uint8_t>(entry[at]);
        };
        colors[i] = {value(2), value(1), value(0)};
    }
    return colors;
}

bool is_grey(const Rgb& color) {
    return color.red == color.green && color.green == color.blue;
}

Raster make_raster(Size size, int bands) {
    Raster raster{.size = size, .bands = bands};
    raster.samples = std::make_unique_for_overwrite<std::uint8_t[]>(raster.size_bytes());
    return raster;
}

// One of the values that a mask picks, stretched to 8 bits.
class Channel final {
  public:
    explicit Channel(std::uint32_t mask)
        : mask_(mask), shift_(mask == 0 ? 0 : std::countr_zero(mask)), most_(mask >> shift_) {}

    std::uint8_t of(std::uint32_t pixel) const {
        if (most_ == 0) return 0;
        const std::uint64_t value = (pixel & mask_) >> shift_;
        return static_cast<std::uint8_t>((value * 255 + most_ / 2) / most_);
    }

  private:
    std::uint32_t mask_;
    int shift_;
    std::uint32_t most_;
};

using Row = std::span<const std::uint8_t>;

void write_indexed(Row row, int bits, std::span<const Rgb> colors, Raster& raster, int y) {
    std::uint8_t* out = raster.row(y);
    const auto per_byte = static_cast<std::size_t>(8 / bits);
    const unsigned most = (1U << bits) - 1;
    for (std::size_t x = 0; x < static_cast<std::size_t>(raster.size.width); ++x) {
        const auto shift = 8 - static_cast<std::size_t>(bits) * (x % per_byte + 1);
        const Rgb& color = colors[row[x / per_byte] >> shift & most];
        *out++ = color.red;
        if (raster.bands == 1) continue;
        *out++ = color.green;
        *out++ = color.blue;
    }
}

void write_true(Row row, Raster& raster, int y) {
    std::uint8_t* out = raster.row(y);
    for (std::size_t at = 0; at + 2 < row.size() && out < raster.row(y) + raster.stride();
         at += 3) {
        *out++ = row[at + 2];
        *out++ = row[at + 1];
        *out++ = row[at];
    }
}

class Masked final {
  public:
    explicit Masked(const BmpHeader& header)
        : bytes_(static_cast<std::size_t>(header.bits / 8)),
          channels_{Channel(header.masks[0]), Channel(header.masks[1]), Channel(header.masks[2]),
                    Channel(header.masks[3])} {}

    void write(Row row, Raster& raster, int y) const {
        std::uint8_t* out = raster.row(y);
        for (std::size_t x = 0; x < static_cast<std::size_t>(raster.size.width); ++x) {
            std::uint32_t pixel = 0;
            for (std::size_t i = bytes_; i > 0; --i) pixel = pixel << 8 | row[x * bytes_ + i - 1];
            for (int band = 0; band < raster.bands; ++band) {
                *out++ = channels_[static_cast<std::size_t>(band)].of(pixel);
            }
        }
    }

  private:
    std::size_t bytes_;
    std::array<Channel, 4> channels_;
};

std::size_t stride_of(const BmpHeader& header) {
    const auto bits =
        static_cast<std::size_t>(header.size.width) * static_cast<std::size_t>(header.bits);
    return (bits + 31) / 32 * 4;
}

// An alpha that is 0 all over was never meant.
void fill_empty_alpha(Raster& raster) {
    const std::span samples(raster.samples.get(), raster.size_bytes());
    for (std::size_t at = 3; at < samples.size(); at += 4) {
        if (samples[at] != 0) return;
    }
    for (std::size_t at = 3; at < samples.size(); at += 4) samples[at] = 255;
}

Result<Raster> decode_runs(const BmpHeader& header, std::span<const Rgb> colors, int bands) {
    const auto indexes = TRY(unpack_runs(header));
    Raster raster = make_raster(header.size, bands);
    const auto width = static_cast<std::size_t>(header.size.width);
    for (int stored = 0; stored < header.size.height; ++stored) {
        const int y = header.top_down ? stored : header.size.height - 1 - stored;
        const Row row(indexes.data() + static_cast<std::size_t>(stored) * width, width);
        write_indexed(row, 8, colors, raster, y);
    }
    return raster;
}

Result<Raster> decode_rows(const BmpHeader& header, std::span<const Rgb> colors, int bands) {
    const std::size_t stride = stride_of(header);
    const auto height = static_cast<std::size_t>(header.size.height);
    if (header.pixels.size() / stride < height) {
        return corrupt("The BMP ends before its picture does.");
    }
    Raster raster = make_raster(header.size, bands);
    const Masked masked(header);
    // NOLINTNEXTLINE: std::byte and uint8_t are both bytes.
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(header.pixels.data());
    for (std::size_t stored = 0; stored < height; ++stored) {
        const Row row(bytes + stored * stride, stride);
        const auto y = static_cast<int>(header.top_down ? stored : height - 1 - stored);
        if (header.bits <= 8)
            write_indexed(row, header.bits, colors, raster, y);
        else if (header.bits == 24)
            write_true(row, raster, y);
        else
            masked.write(row, raster, y);
    }
    if (bands == 4) fill_empty_alpha(raster);
    return raster;
}

}  // namespace

Result<Raster> decode_bmp(Bytes input) {
    const BmpHeader header = TRY(parse_bmp_header(input));
    const std::vector<Rgb> colors = read_palette(header);
    int bands = header.has_alpha() ? 4 : 3;
    if (header.bits <= 8 && std::ranges::all_of(colors, is_grey)) bands = 1;
    const bool has_runs = header.coding == BmpCoding::rle4 || header.coding == BmpCoding::rle8;
    Raster raster =
        TRY(has_runs ? decode_runs(header, colors, bands) : decode_rows(header, colors, bands));
    raster.icc_profile = header.icc_profile;
    return raster;
}

}  // namespace imagemill::image
