#include <array>

#include "image/byte_writer.h"
#include "image/carried.h"

namespace imagemill::image {
namespace {

constexpr std::size_t kSegmentMax = 65'533;  // T.81 B.1.1.4: of a marker segment, without length.

void write_segment(std::string_view prefix, Bytes block, ByteWriter& writer) {
    const std::size_t size = prefix.size() + block.size();
    if (block.empty() || size > kSegmentMax) return;
    writer.u16(0xffe1).u16(size + 2).text(prefix).bytes(block);
}

// After the JFIF header, which wants to be first as well.
Buffer embed_in_jpeg(const Buffer& file, const Carried& carried) {
    ByteReader reader(file, Endian::big);
    reader.skip(2);
    std::size_t at = reader.position();
    if (reader.u16() == 0xffe0) {
        reader.skip(reader.u16() - 2U);
        if (reader.ok()) at = reader.position();
    }
    ByteWriter writer(Endian::big);
    writer.bytes(Bytes(file).first(at));
    write_segment(kExifPrefix, carried.exif, writer);
    write_segment(kXmpPrefix, carried.xmp, writer);
    writer.bytes(Bytes(file).subspan(at));
    return std::move(writer).take();
}

// PNG third edition, annex D.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1) != 0 ? 0xedb8'8320U ^ (value >> 1) : value >> 1;
        }
        table[i] = value;
    }
    return table;
}

std::uint32_t crc_of(Bytes bytes) {
    static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
    std::uint32_t crc = 0xffff'ffff;
    for (const std::byte byte : bytes) {
        crc = kTable[(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff] ^ (crc >> 8);
    }
    return ~crc;
}

void write_png_chunk(Bytes chunk, ByteWriter& writer) {
    writer.u32(chunk.size() - 4).bytes(chunk).u32(crc_of(chunk));
}

// Both before the pixels: right behind the header.
Buffer embed_in_png(const Buffer& file, const Carried& carried) {
    constexpr std::size_t kHeadSize = 8 + 25;
    if (file.size() < kHeadSize) return file;
    ByteWriter writer(Endian::big);
    writer.bytes(Bytes(file).first(kHeadSize));
    if (!carried.exif.empty()) {
        ByteWriter chunk(Endian::big);
        chunk.text("eXIf").bytes(carried.exif);
        write_png_chunk(std::move(chunk).take(), writer);
    }
    if (!carried.xmp.empty()) {
        ByteWriter chunk(Endian::big);
        // Not compressed, no language, no keyword in it.
        chunk.text("iTXt").text(kPngXmpKeyword).zeros(5).bytes(carried.xmp);
        write_png_chunk(std::move(chunk).take(), writer);
    }
    writer.bytes(Bytes(file).subspan(kHeadSize));
    return std::move(writer).take();
}

void write_webp_chunk(std::string_view type, Bytes body, ByteWriter& writer) {
    if (body.empty()) return;
    writer.text(type).u32(body.size()).bytes(body).zeros(body.size() % 2);
}

// RFC 9649, 2.7: metadata takes the extended form, whose header says what there is.
Buffer embed_in_webp(const Buffer& file, Size size, const Carried& carried) {
    constexpr std::size_t kRiffHead = 12;
    constexpr std::uint8_t kExifFlag = 0x08;
    constexpr std::uint8_t kXmpFlag = 0x04;
    constexpr std::uint8_t kAlphaFlag = 0x10;
    ByteReader reader(file, Endian::little);
    reader.skip(kRiffHead);
    const std::string_view first = reader.text(4);
    reader.skip(4);
    std::uint8_t flags = 0;
    std::size_t rest = kRiffHead;
    if (first == "VP8X") {
        flags = reader.u8();
        rest = reader.position() + 9;
    } else if (first == "VP8L") {
        reader.skip(1);
        flags = (reader.u32() >> 28 & 1) != 0 ? kAlphaFlag : 0;
    }
    if (!reader.ok() || rest > file.size()) return file;
    if (!carried.exif.empty()) flags |= kExifFlag;
    if (!carried.xmp.empty()) flags |= kXmpFlag;
    ByteWriter chunks(Endian::little);
    chunks.text("WEBPVP8X").u32(10).u8(flags).u24(0);
    chunks.u24(static_cast<std::uint64_t>(size.width - 1));
    chunks.u24(static_cast<std::uint64_t>(size.height - 1));
    chunks.bytes(Bytes(file).subspan(rest));
    write_webp_chunk("EXIF", carried.exif, chunks);
    write_webp_chunk("XMP ", carried.xmp, chunks);
    const Buffer body = std::move(chunks).take();
    ByteWriter writer(Endian::little);
    writer.text("RIFF").u32(body.size()).bytes(body);
    return std::move(writer).take();
}

}  // namespace

Buffer embed(Buffer file, Format format, Size size, const Carried& carried) {
    if (carried.empty()) return file;
    switch (format) {
        case Format::jpeg:
            return embed_in_jpeg(file, carried);
        case Format::png:
            return embed_in_png(file, carried);
        case Format::webp:
            return embed_in_webp(file, size, carried);
        case Format::avif:
            embed_in_avif(file, carried);
            return file;
        case Format::gif:
        case Format::tiff:
        case Format::svg:
        case Format::heic:
        case Format::bmp:
            break;
    }
    return file;
}

}  // namespace imagemill::image
