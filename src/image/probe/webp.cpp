// Source: RFC 9649 (WebP container, lossless bitstream), RFC 6386 9.1 (VP8 frame header).
#include <optional>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"
#include "image/probe/tiff_directory.h"

namespace imagemill::image {
namespace {

constexpr std::uint8_t kAnimationFlag = 0x02;
constexpr std::uint8_t kAlphaFlag = 0x10;

struct Chunk {
    std::string_view type;
    Bytes body;
};

std::optional<Chunk> next_chunk(ByteReader& reader) {
    if (reader.remaining() < 8) return std::nullopt;
    Chunk chunk;
    chunk.type = reader.text(4);
    const std::uint32_t size = reader.u32();
    chunk.body = reader.take_up_to(size);
    if (size % 2 == 1) reader.take_up_to(1);
    return chunk;
}

Result<Info> read_lossy(Bytes body) {
    ByteReader reader(body, Endian::little);
    const bool is_key_frame = (reader.u24() & 1) == 0;
    const std::uint32_t start = reader.u24();
    Info info{.format = Format::webp};
    info.width = reader.u16() & 0x3fff;
    info.height = reader.u16() & 0x3fff;
    if (!reader.ok()) return corrupt("The WebP's frame header is cut short.");
    if (!is_key_frame || start != 0x2a019d) return corrupt("The WebP's frame header is damaged.");
    return info;
}

Result<Info> read_lossless(Bytes body) {
    ByteReader reader(body, Endian::little);
    const std::uint8_t signature = reader.u8();
    const std::uint32_t bits = reader.u32();
    if (!reader.ok()) return corrupt("The WebP's frame header is cut short.");
    if (signature != 0x2f) return corrupt("The WebP's frame header is damaged.");
    return Info{.format = Format::webp,
                .width = static_cast<int>(bits & 0x3fff) + 1,
                .height = static_cast<int>(bits >> 14 & 0x3fff) + 1,
                .has_alpha = (bits >> 28 & 1) != 0};
}

int orientation_of(Bytes exif) {
    constexpr std::string_view kPrefix("Exif\0\0", 6);  // Wrong, and common.
    if (starts_with(exif, kPrefix)) exif = exif.subspan(kPrefix.size());
    return exif_orientation(exif);
}

Result<Info> read_extended(Bytes body, ByteReader& chunks) {
    ByteReader reader(body, Endian::little);
    const std::uint8_t flags = reader.u8();
    reader.skip(3);
    Info info{.format = Format::webp};
    info.width = static_cast<int>(reader.u24()) + 1;
    info.height = static_cast<int>(reader.u24()) + 1;
    info.has_alpha = (flags & kAlphaFlag) != 0;
    if (!reader.ok()) return corrupt("The WebP's header is cut short.");

    int frames = 0;
    int orientation = 1;
    while (const auto chunk = next_chunk(chunks)) {
        if (chunk->type == "ANMF") ++frames;
        if (chunk->type == "EXIF") orientation = orientation_of(chunk->body);
    }
    if ((flags & kAnimationFlag) != 0) {
        if (frames == 0) return corrupt("The WebP is an animation with no frame.");
        info.frames = frames;
    }
    orient(info, orientation);
    return info;
}

}  // namespace

bool sniff_webp(Bytes input) {
    return starts_with(input, "RIFF") && input.size() >= 12 &&
           starts_with(input.subspan(8), "WEBP");
}

Result<Info> probe_webp(Bytes input, const Limits&) {
    ByteReader reader(input, Endian::little);
    reader.skip(12);
    const auto first = next_chunk(reader);
    if (!first) return corrupt("The WebP ends before its first chunk.");
    Info info;
    if (first->type == "VP8 ") {
        info = TRY(read_lossy(first->body));
    } else if (first->type == "VP8L") {
        info = TRY(read_lossless(first->body));
    } else if (first->type == "VP8X") {
        info = TRY(read_extended(first->body, reader));
    } else {
        return corrupt("The WebP does not begin with a chunk that a WebP can begin with.");
    }
    if (info.width == 0 || info.height == 0) return corrupt("The WebP says it is 0 pixels wide.");
    return info;
}

}  // namespace imagemill::image
