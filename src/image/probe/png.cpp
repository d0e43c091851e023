// Source: PNG third edition, 5 (structure), 11.2.1 (IHDR), 11.3.1.1 (tRNS), 11.3.4.5 (eXIf).
#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"
#include "image/probe/tiff_directory.h"

namespace imagemill::image {
namespace {

bool is_valid_depth(int colour_type, int depth) {
    switch (colour_type) {
        case 0:
            return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case 3:
            return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case 2:
        case 4:
        case 6:
            return depth == 8 || depth == 16;
        default:
            return false;
    }
}

Result<Info> read_header(Bytes chunk) {
    ByteReader reader(chunk, Endian::big);
    const std::uint32_t width = reader.u32();
    const std::uint32_t height = reader.u32();
    const int depth = reader.u8();
    const int colour_type = reader.u8();
    if (!reader.ok()) return corrupt("The PNG's header is cut short.");
    constexpr std::uint32_t kSideMax = 0x7fff'ffff;
    if (width == 0 || height == 0 || width > kSideMax || height > kSideMax) {
        return corrupt("The PNG says it is " + std::to_string(width) + "×" +
                       std::to_string(height) + " pixels, which no PNG can be.");
    }
    if (!is_valid_depth(colour_type, depth)) {
        return corrupt("The PNG has colour type " + std::to_string(colour_type) + " with " +
                       std::to_string(depth) + " bits, which no PNG can have.");
    }
    return Info{.format = Format::png,
                .width = static_cast<int>(width),
                .height = static_cast<int>(height),
                .has_alpha = (colour_type & 4) != 0};
}

}  // namespace

bool sniff_png(Bytes input) {
    return starts_with(input, "\x89PNG\r\n\x1a\n");
}

Result<Info> probe_png(Bytes input, const Limits&) {
    ByteReader reader(input, Endian::big);
    reader.skip(8);
    std::uint32_t length = reader.u32();
    std::string_view type = reader.text(4);
    if (type == "CgBI") {
        return unsupported(
            "The PNG is in the private form of iPhone apps, which is not read here.");
    }
    if (type != "IHDR" || length != 13) return corrupt("The PNG does not begin with its header.");
    Info info = TRY(read_header(reader.take_up_to(length)));
    reader.skip(4);  // CRC

    // An APNG (acTL) is read as the still that it also is.
    int orientation = 1;
    while (reader.remaining() >= 12) {
        length = reader.u32();
        type = reader.text(4);
        if (type == "IDAT" || type == "IEND") break;
        const Bytes chunk = reader.take_up_to(length);
        if (type == "tRNS") info.has_alpha = true;
        if (type == "eXIf") orientation = exif_orientation(chunk);
        reader.skip(4);
    }
    orient(info, orientation);
    return info;
}

}  // namespace imagemill::image
