#include "image/bmp/bmp_header.h"

#include <algorithm>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

constexpr std::uint32_t kCoreHeader = 12, kInfoHeader = 40, kV3Header = 56, kOs2Header = 64,
                        kV4Header = 108, kV5Header = 124;
constexpr std::size_t kFileHeader = 14;

Error cut_short() {
    return corrupt("The BMP's header is cut short.");
}

struct Fields {
    std::uint32_t header_bytes = 0;
    std::uint32_t compression = 0;
    std::uint32_t colors = 0;
};

Result<BmpCoding> coding_of(const Fields& fields, int bits) {
    const bool is_os2 = fields.header_bytes != kInfoHeader && fields.header_bytes <= kOs2Header &&
                        fields.header_bytes != 52 && fields.header_bytes != kV3Header;
    if (fields.compression == 0) return BmpCoding::plain;
    if (fields.compression == 1 && bits == 8) return BmpCoding::rle8;
    if (fields.compression == 2 && bits == 4) return BmpCoding::rle4;
    const bool has_masks = fields.compression == 3 || fields.compression == 6;
    if (!is_os2 && has_masks && (bits == 16 || bits == 32)) return BmpCoding::masks;
    if (fields.compression >= 3 && fields.compression <= 5) {
        return unsupported("The BMP is compressed in a way (" + std::to_string(fields.compression) +
                           ") that is not read here.");
    }
    return corrupt("The BMP has " + std::to_string(bits) + " bits a pixel and compression " +
                   std::to_string(fields.compression) + ", which no BMP can have.");
}

Result<Size> read_size(ByteReader& reader, bool is_core, BmpHeader& header) {
    std::int64_t width = 0, height = 0;
    if (is_core) {
        width = reader.u16();
        height = reader.u16();
    } else {
        width = static_cast<std::int32_t>(reader.u32());
        height = static_cast<std::int32_t>(reader.u32());
    }
    header.top_down = height < 0;
    height = std::abs(height);
    if (!reader.ok()) return cut_short();
    constexpr std::int64_t kSideMax = 0x7fff'ffff;
    if (width > 0 && height > 0 && height <= kSideMax) {
        return Size{static_cast<int>(width), static_cast<int>(height)};
    }
    return corrupt("The BMP says it is " + std::to_string(width) + "×" + std::to_string(height) +
                   " pixels, which no BMP can be.");
}

void default_masks(BmpHeader& header) {
    if (header.bits == 16) header.masks = {0x7c00, 0x3e0, 0x1f, 0};
    if (header.bits == 32) header.masks = {0xff'0000, 0xff00, 0xff, 0};
}

// Behind an info header, inside the later ones.
void read_masks(Bytes input, const Fields& fields, BmpHeader& header) {
    ByteReader reader(input, Endian::little);
    reader.seek(std::min<std::size_t>(kFileHeader + kInfoHeader, input.size()));
    for (std::size_t i = 0; i < 3; ++i) header.masks[i] = reader.u32();
    const bool has_alpha = fields.header_bytes >= kV3Header || fields.compression == 6;
    header.masks[3] = has_alpha ? reader.u32() : 0;
}

void read_palette(Bytes input, const Fields& fields, std::size_t pixels_at, BmpHeader& header) {
    if (header.bits > 8) return;
    header.entry_bytes = fields.header_bytes == kCoreHeader ? 3 : 4;
    const std::size_t most = std::size_t{1} << header.bits;
    const std::size_t wanted =
        fields.colors == 0 ? most : std::min<std::size_t>(fields.colors, most);
    const std::size_t from = std::min(kFileHeader + fields.header_bytes, input.size());
    const std::size_t to = std::clamp(from + wanted * header.entry_bytes, from, input.size());
    header.palette = input.subspan(from, (pixels_at > from ? std::min(to, pixels_at) : to) - from);
}

// A version 5 header may say that a profile lies in the file.
void read_profile(Bytes input, const Fields& fields, BmpHeader& header) {
    if (fields.header_bytes < kV5Header) return;
    constexpr std::uint32_t kEmbedded = 0x4d42'4544;
    ByteReader reader(input, Endian::little);
    reader.skip(kFileHeader + 56);
    if (reader.u32() != kEmbedded) return;
    reader.seek(std::min<std::size_t>(kFileHeader + 112, input.size()));
    const std::uint32_t at = reader.u32();
    const std::uint32_t length = reader.u32();
    ByteReader whole(input, Endian::little);
    whole.skip(kFileHeader);
    whole.skip(at);
    header.icc_profile = whole.take(length);
}

bool is_known_header(std::uint32_t bytes) {
    return bytes == kCoreHeader || (bytes >= 16 && bytes <= kOs2Header && bytes % 4 == 0) ||
           bytes == kV4Header || bytes == kV5Header;
}

bool is_known_depth(int bits) {
    constexpr std::array kKnown{1, 2, 4, 8, 16, 24, 32};
    return std::ranges::find(kKnown, bits) != kKnown.end();
}

}  // namespace

Result<BmpHeader> parse_bmp_header(Bytes input) {
    ByteReader reader(input, Endian::little);
    reader.skip(10);
    const std::uint32_t pixels_at = reader.u32();
    Fields fields{.header_bytes = reader.u32()};
    if (!reader.ok()) return cut_short();
    if (!is_known_header(fields.header_bytes)) {
        return corrupt("The BMP's header has a length (" + std::to_string(fields.header_bytes) +
                       " bytes) that no BMP has.");
    }
    BmpHeader header;
    header.size = TRY(read_size(reader, fields.header_bytes == kCoreHeader, header));
    reader.skip(2);
    header.bits = reader.u16();
    if (!reader.ok()) return cut_short();
    if (!is_known_depth(header.bits)) {
        return corrupt("The BMP has " + std::to_string(header.bits) +
                       " bits a pixel, which no BMP can have.");
    }
    if (fields.header_bytes >= 20) fields.compression = reader.u32();
    if (fields.header_bytes >= 36) {
        reader.skip(12);
        fields.colors = reader.u32();
    }
    header.coding = TRY(coding_of(fields, header.bits));
    if (!reader.ok() || pixels_at > input.size()) return cut_short();
    default_masks(header);
    if (header.coding == BmpCoding::masks) read_masks(input, fields, header);
    read_palette(input, fields, pixels_at, header);
    read_profile(input, fields, header);
    header.pixels = input.subspan(pixels_at);
    return header;
}

}  // namespace imagemill::image
