// Source: GIF89a specification, 18 (screen), 20 (image), 23 (graphic control).
#include <algorithm>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

constexpr std::uint8_t kExtension = 0x21;
constexpr std::uint8_t kGraphicControl = 0xf9;
constexpr std::uint8_t kImage = 0x2c;

// A colour table of 2^(n+1) entries, if its flag is set.
void skip_table(ByteReader& reader, std::uint8_t packed) {
    if ((packed & 0x80) != 0) reader.skip(3ULL << ((packed & 7) + 1));
}

void skip_blocks(ByteReader& reader) {
    while (const std::uint8_t size = reader.u8()) reader.skip(size);
}

void read_extension(ByteReader& reader, Info& info) {
    if (reader.u8() == kGraphicControl) {
        ByteReader control(reader.rest(), Endian::little);
        if (control.u8() >= 1 && (control.u8() & 1) != 0) info.has_alpha = true;
    }
    skip_blocks(reader);
}

void read_image(ByteReader& reader, Info& info) {
    const int left = reader.u16();
    const int top = reader.u16();
    const int width = reader.u16();
    const int height = reader.u16();
    const std::uint8_t packed = reader.u8();
    if (!reader.ok()) return;  // Not a frame: nothing of it is there.
    if (info.frames == 0) {
        // Browsers and libvips let the first frame enlarge the screen.
        if (left > 0 || top > 0 || width < info.width || height < info.height) {
            info.has_alpha = true;
        }
        info.width = std::max(info.width, left + width);
        info.height = std::max(info.height, top + height);
    }
    ++info.frames;
    skip_table(reader, packed);
    reader.skip(1);  // LZW's first code size.
    skip_blocks(reader);
}

}  // namespace

bool sniff_gif(Bytes input) {
    return starts_with(input, "GIF87a") || starts_with(input, "GIF89a");
}

Result<Info> probe_gif(Bytes input, const Limits&) {
    ByteReader reader(input, Endian::little);
    reader.skip(6);
    Info info{.format = Format::gif, .frames = 0};
    info.width = reader.u16();
    info.height = reader.u16();
    const std::uint8_t packed = reader.u8();
    reader.skip(2);  // Background and aspect ratio, which nobody honours.
    skip_table(reader, packed);
    if (!reader.ok()) return corrupt("The GIF's header is cut short.");

    while (reader.ok()) {
        const std::uint8_t kind = reader.u8();
        if (kind == kExtension) {
            read_extension(reader, info);
        } else if (kind == kImage) {
            read_image(reader, info);
        } else if (kind != 0) {
            break;  // The trailer, or junk after it; a zero is a stray block end, which occurs.
        }
    }
    if (info.frames == 0) return corrupt("The GIF ends before its first frame.");
    if (info.width == 0 || info.height == 0) return corrupt("The GIF says it is 0 pixels wide.");
    return info;
}

}  // namespace imagemill::image
