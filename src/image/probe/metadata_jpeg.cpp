#include "image/probe/byte_reader.h"
#include "image/probe/metadata.h"

namespace imagemill::image {
namespace {

constexpr std::uint8_t kApp1 = 0xe1;
constexpr std::uint8_t kApp13 = 0xed;
constexpr std::uint8_t kComment = 0xfe;
constexpr std::uint8_t kStartOfScan = 0xda;
constexpr std::uint8_t kEndOfImage = 0xd9;

constexpr std::string_view kExtendedXmp("http://ns.adobe.com/xmp/extension/\0", 35);
constexpr std::size_t kExtendedXmpHead = 32 + 4 + 4;  // A digest, the whole size, the place in it.
constexpr std::string_view kPhotoshop("Photoshop 3.0\0", 14);

// RST0..7, SOI, TEM: no length follows.
bool stands_alone(std::uint8_t marker) {
    return (marker >= 0xd0 && marker <= 0xd8) || marker == 0x01;
}

// As in probe/jpeg.cpp: what lies between segments is skipped.
std::uint8_t next_marker(ByteReader& reader) {
    while (reader.ok() && !reader.at_end()) {
        if (reader.u8() != 0xff) continue;
        std::uint8_t marker = 0xff;
        while (marker == 0xff && !reader.at_end()) marker = reader.u8();
        if (marker != 0x00 && marker != 0xff) return marker;
    }
    return 0;
}

void append(Buffer& buffer, Bytes bytes) {
    buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

struct Pieces {
    Buffer xmp;
    Buffer photoshop;
};

void read_segment(std::uint8_t marker, Bytes segment, FoundMetadata& found, Pieces& pieces) {
    if (marker == kComment && !segment.empty()) found.elsewhere |= only(Fact::description);
    if (marker == kApp13 && starts_with(segment, kPhotoshop)) {
        append(pieces.photoshop, segment.subspan(kPhotoshop.size()));
    }
    if (marker != kApp1) return;
    if (starts_with(segment, kExifPrefix)) {
        add_exif(segment, found);
    } else if (starts_with(segment, kXmpPrefix)) {
        add_xmp(segment.subspan(kXmpPrefix.size()), found);
    } else if (starts_with(segment, kExtendedXmp) &&
               segment.size() >= kExtendedXmp.size() + kExtendedXmpHead) {
        append(pieces.xmp, segment.subspan(kExtendedXmp.size() + kExtendedXmpHead));
    }
}

}  // namespace

FoundMetadata find_jpeg_metadata(Bytes input) {
    FoundMetadata found;
    Pieces pieces;
    ByteReader reader(input, Endian::big);
    reader.skip(2);
    while (const std::uint8_t marker = next_marker(reader)) {
        if (marker == kStartOfScan || marker == kEndOfImage) break;
        if (stands_alone(marker)) continue;
        const std::uint16_t length = reader.u16();
        if (length < 2) break;
        read_segment(marker, reader.take_up_to(length - 2U), found, pieces);
    }
    found.elsewhere |= facts_of_xmp(as_text(pieces.xmp));
    read_photoshop(pieces.photoshop, found);
    return found;
}

}  // namespace imagemill::image
