#include "image/bmp/bmp_header.h"
#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {

// Two letters are little to go by; the places after them that hold nothing are more.
bool sniff_bmp(Bytes input) {
    if (!starts_with(input, "BM")) return false;
    ByteReader reader(input, Endian::little);
    reader.skip(14);
    const std::uint32_t header_bytes = reader.u32();
    return reader.ok() && header_bytes >= 12 && header_bytes <= 124;
}

Result<Info> probe_bmp(Bytes input, const Limits&) {
    const BmpHeader header = TRY(parse_bmp_header(input));
    return Info{.format = Format::bmp,
                .width = header.size.width,
                .height = header.size.height,
                .has_alpha = header.has_alpha()};
}

}  // namespace imagemill::image
