#include "image/probe/metadata.h"

#include "image/probe/byte_reader.h"
#include "image/probe/exif.h"

namespace imagemill::image {
namespace {

constexpr std::uint8_t kGifExtension = 0x21;
constexpr std::uint8_t kGifComment = 0xfe;
constexpr std::uint8_t kGifApplication = 0xff;
constexpr std::uint8_t kGifImage = 0x2c;

void skip_gif_table(ByteReader& reader, std::uint8_t packed) {
    if ((packed & 0x80) != 0) reader.skip(3ULL << ((packed & 7) + 1));
}

void skip_gif_blocks(ByteReader& reader) {
    while (const std::uint8_t size = reader.u8()) reader.skip(size);
}

void read_gif_extension(ByteReader& reader, FoundMetadata& found) {
    const std::uint8_t label = reader.u8();
    if (label == kGifComment && reader.remaining() > 0 && reader.rest()[0] != std::byte{0}) {
        found.elsewhere |= only(Fact::description);
    }
    const std::size_t start = reader.position();
    const Bytes rest = reader.rest();
    skip_gif_blocks(reader);
    constexpr std::string_view kXmp = "XMP DataXMP";
    if (label != kGifApplication || rest.size() < 12) return;
    if (!starts_with(rest.subspan(1), kXmp)) return;
    // XMP part 3, 1.1.2: the packet lies there as it is, read as blocks only to be skipped.
    const std::size_t size = reader.position() - start;
    found.elsewhere |=
        facts_of_xmp(as_text(rest.subspan(12, std::max<std::size_t>(size, 12) - 12)));
}

}  // namespace

Facts FoundMetadata::facts() const {
    return elsewhere | facts_of_exif(exif, home) | facts_of_xmp(as_text(xmp));
}

FoundMetadata find_metadata(Bytes input, Format format) {
    switch (format) {
        case Format::jpeg:
            return find_jpeg_metadata(input);
        case Format::png:
            return find_png_metadata(input);
        case Format::webp:
            return find_webp_metadata(input);
        case Format::gif:
            return find_gif_metadata(input);
        case Format::avif:
        case Format::heic:
            return find_heif_metadata(input);
        case Format::tiff:
            return find_tiff_metadata(input);
        case Format::svg:
        case Format::bmp:
            break;
    }
    return {};
}

FoundMetadata find_webp_metadata(Bytes input) {
    FoundMetadata found;
    ByteReader reader(input, Endian::little);
    reader.skip(12);
    while (reader.remaining() >= 8) {
        const std::string_view type = reader.text(4);
        const std::uint32_t size = reader.u32();
        const Bytes body = reader.take_up_to(size);
        if (size % 2 == 1) reader.take_up_to(1);
        if (type == "EXIF") add_exif(body, found);
        if (type == "XMP ") add_xmp(body, found);
    }
    return found;
}

FoundMetadata find_gif_metadata(Bytes input) {
    FoundMetadata found;
    ByteReader reader(input, Endian::little);
    reader.skip(10);
    const std::uint8_t packed = reader.u8();
    reader.skip(2);
    skip_gif_table(reader, packed);
    while (reader.ok() && !reader.at_end()) {
        const std::uint8_t kind = reader.u8();
        if (kind == kGifExtension) {
            read_gif_extension(reader, found);
        } else if (kind == kGifImage) {
            reader.skip(8);
            skip_gif_table(reader, reader.u8());
            reader.skip(1);
            skip_gif_blocks(reader);
        } else if (kind != 0) {
            break;
        }
    }
    return found;
}

FoundMetadata find_tiff_metadata(Bytes input) {
    FoundMetadata found{.exif = input, .home = ExifHome::tiff_file};
    const auto exif = parse_exif(input);
    if (!exif) return found;
    if (const ExifEntry* xmp = find_entry(exif->image, tag::kXmp)) found.xmp = xmp->value;
    if (const ExifEntry* iptc = find_entry(exif->image, tag::kIptc)) {
        IptcSays says = read_iptc(iptc->value);
        found.elsewhere |= says.facts;
        found.author = std::move(says.author);
        found.rights = std::move(says.rights);
    }
    if (const ExifEntry* photoshop = find_entry(exif->image, tag::kPhotoshop)) {
        read_photoshop(photoshop->value, found);
    }
    return found;
}

// Each resource: "8BIM", its number, a name of even length, its size, its bytes, evened out.
void read_photoshop(Bytes resources, FoundMetadata& found) {
    constexpr std::uint16_t kIptcResource = 0x0404;
    constexpr std::uint16_t kThumbnail = 0x040c;
    constexpr std::uint16_t kThumbnailOld = 0x0409;
    ByteReader reader(resources, Endian::big);
    while (reader.remaining() >= 12 && reader.text(4) == "8BIM") {
        const std::uint16_t number = reader.u16();
        const std::uint8_t name_size = reader.u8();
        reader.skip(name_size + (name_size % 2 == 0 ? 1U : 0U));
        const std::uint32_t size = reader.u32();
        const Bytes body = reader.take_up_to(size);
        if (size % 2 == 1) reader.take_up_to(1);
        if (number == kThumbnail || number == kThumbnailOld) {
            found.elsewhere |= only(Fact::thumbnail);
        }
        if (number != kIptcResource) continue;
        IptcSays says = read_iptc(body);
        found.elsewhere |= says.facts;
        found.author = std::move(says.author);
        found.rights = std::move(says.rights);
    }
}

void add_exif(Bytes block, FoundMetadata& found) {
    if (starts_with(block, kExifPrefix)) block = block.subspan(kExifPrefix.size());
    if (found.exif.empty()) {
        found.exif = block;
    } else {
        found.elsewhere |= facts_of_exif(block, ExifHome::block);
    }
}

void add_xmp(Bytes packet, FoundMetadata& found) {
    if (found.xmp.empty()) {
        found.xmp = packet;
    } else {
        found.elsewhere |= facts_of_xmp(as_text(packet));
    }
}

}  // namespace imagemill::image
