// Source: ITU-T T.81 Annex B (markers, frame header); Exif 2.32, 4.7.2 (APP1).
#include <optional>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"
#include "image/probe/tiff_directory.h"

namespace imagemill::image {
namespace {

constexpr std::uint8_t kApp1 = 0xe1;
constexpr std::uint8_t kStartOfScan = 0xda;
constexpr std::uint8_t kEndOfImage = 0xd9;

// T.81 table B.1: C0..CF are frame headers, but for DHT (C4), JPG (C8) and DAC (CC).
bool is_frame(std::uint8_t marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// RST0..7, SOI, TEM: no length follows.
bool stands_alone(std::uint8_t marker) {
    return (marker >= 0xd0 && marker <= 0xd8) || marker == 0x01;
}

// The next marker; 0 where the bytes end. What lies between segments is skipped, as all decoders
// do: cameras pad there.
std::uint8_t next_marker(ByteReader& reader) {
    while (reader.ok() && !reader.at_end()) {
        if (reader.u8() != 0xff) continue;
        std::uint8_t marker = 0xff;
        while (marker == 0xff && !reader.at_end()) marker = reader.u8();
        if (marker != 0x00 && marker != 0xff) return marker;
    }
    return 0;
}

Result<Info> read_frame(std::uint8_t marker, Bytes segment) {
    ByteReader reader(segment, Endian::big);
    const int precision = reader.u8();
    Info info{.format = Format::jpeg};
    info.height = reader.u16();
    info.width = reader.u16();
    const int components = reader.u8();
    if (!reader.ok()) return corrupt("The JPEG's frame header is cut short.");

    if (marker == 0xc3 || marker == 0xc7) {
        return unsupported("The JPEG is lossless JPEG, a kind that is not read here.");
    }
    if (marker >= 0xc9) {
        return unsupported("The JPEG is arithmetic coded, a kind that is not read here.");
    }
    if (marker > 0xc2) {
        return unsupported("The JPEG is hierarchical, a kind that is not read here.");
    }
    if (precision != 8) {
        return unsupported("The JPEG has " + std::to_string(precision) +
                           " bits a sample; only those with 8 are read here.");
    }
    if (components != 1 && components != 3 && components != 4) {
        return unsupported("The JPEG has " + std::to_string(components) +
                           " components; only those with 1, 3 or 4 are read here.");
    }
    if (info.width == 0) return corrupt("The JPEG says it is 0 pixels wide.");
    if (info.height == 0) {
        return unsupported(
            "The JPEG gives its height only after its pixels, which is not read "
            "here.");
    }
    return info;
}

}  // namespace

bool sniff_jpeg(Bytes input) {
    return starts_with(input, "\xff\xd8\xff");
}

Result<Info> probe_jpeg(Bytes input, const Limits&) {
    constexpr std::string_view kExif("Exif\0\0", 6);
    ByteReader reader(input, Endian::big);
    reader.skip(2);
    std::optional<Info> frame;
    int orientation = 1;
    // Exif may follow the frame header; it never follows the first scan.
    while (const std::uint8_t marker = next_marker(reader)) {
        if (marker == kStartOfScan || marker == kEndOfImage) break;
        if (stands_alone(marker)) continue;
        const std::uint16_t length = reader.u16();
        if (length < 2) break;
        const Bytes segment = reader.take_up_to(length - 2U);
        if (marker == kApp1 && orientation == 1 && starts_with(segment, kExif)) {
            orientation = exif_orientation(segment.subspan(kExif.size()));
        }
        if (is_frame(marker) && !frame) frame = TRY(read_frame(marker, segment));
    }
    if (!frame) return corrupt("The JPEG ends or breaks off before it says how large it is.");
    orient(*frame, orientation);
    return *frame;
}

}  // namespace imagemill::image
