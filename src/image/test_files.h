// test_files: small picture files made by hand, byte by byte, for the tests of this folder. What
// only an encoder can make is in test_pictures.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/image.h"
#include "image/probe/byte_reader.h"

namespace imagemill::image::test {

// Appends numbers to text in a byte order.
class Writer final {
  public:
    explicit Writer(Endian endian) : endian_(endian) {}

    Writer& u8(std::uint64_t value) { return number(value, 1); }
    Writer& u16(std::uint64_t value) { return number(value, 2); }
    Writer& u24(std::uint64_t value) { return number(value, 3); }
    Writer& u32(std::uint64_t value) { return number(value, 4); }
    Writer& u64(std::uint64_t value) { return number(value, 8); }
    Writer& text(std::string_view value) {
        out_ += value;
        return *this;
    }
    const std::string& out() const { return out_; }

  private:
    Writer& number(std::uint64_t value, int bytes) {
        for (int i = 0; i < bytes; ++i) {
            const int at = endian_ == Endian::big ? bytes - 1 - i : i;
            out_ += static_cast<char>(value >> (8 * at));
        }
        return *this;
    }
    std::string out_;
    Endian endian_;
};

// A TIFF structure that says nothing but an orientation.
std::string exif_block(int orientation, Endian endian);

struct JpegHeader {
    int width = 640;
    int height = 480;
    int marker = 0xc0;
    int precision = 8;
    int components = 3;
    std::string exif = {};
};
std::string jpeg(const JpegHeader& header);

std::string png_chunk(std::string_view type, std::string_view body);  // The CRC is zero.
std::string png(std::uint32_t width, std::uint32_t height, int colour_type,
                std::string_view more_chunks = "");

struct GifHeader {
    int width = 10;
    int height = 10;
    int frames = 1;
    bool transparent = false;
};
std::string gif(const GifHeader& header);

std::string webp_chunk(std::string_view type, std::string_view body);
std::string webp(std::string_view chunks);
// The body of VP8X.
std::string webp_canvas(int flags, int width, int height);

std::string box(std::string_view type, std::string_view body);
// As a file of boxes may hold an item: in pieces, the last one first, something between them.
struct Scattered {
    struct Piece {
        std::uint64_t at = 0, size = 0;
    };
    std::string bytes = {};
    std::vector<Piece> pieces = {};  // In order; `at` counts from the beginning of `bytes`.
};
Scattered scatter(std::string_view whole, std::size_t count);
struct AvifHeader {
    std::uint32_t width = 320;
    std::uint32_t height = 200;
    std::string brand = "avif";
    std::string item_type = "av01";
    std::string properties = {};  // More of them, as boxes, all of the main picture.
    int property_count = 0;
    bool alpha = false;
};
std::string avif(const AvifHeader& header);

struct TiffHeader {
    int width = 4;
    int height = 3;
    int bands = 3;
    int orientation = 1;
    Endian endian = Endian::little;
    bool big = false;
};
// Uncompressed; `pixels` may be empty where only the header matters.
std::string tiff(const TiffHeader& header, std::string_view pixels = "");

std::string svg(std::string_view attributes, std::string_view inside = "");

}  // namespace imagemill::image::test
