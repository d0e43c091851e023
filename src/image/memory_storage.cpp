#include "image/memory.h"
#include "image/probe/byte_reader.h"
#include "image/probe/exif.h"

namespace imagemill::image {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// T.81 B.2.2: sizes and sampling of each component.
void read_frame(Bytes segment, Storage& storage) {
    ByteReader reader(segment, Endian::big);
    reader.skip(1);
    const std::int64_t height = reader.u16();
    const std::int64_t width = reader.u16();
    storage.bands = reader.u8();
    int x_max = 1;
    int y_max = 1;
    std::int64_t shares = 0;
    for (int i = 0; i < storage.bands && reader.ok(); ++i) {
        reader.skip(1);
        const int sampling = reader.u8();
        x_max = std::max(x_max, sampling >> 4);
        y_max = std::max(y_max, sampling & 15);
        shares += std::int64_t{sampling >> 4} * (sampling & 15);
        reader.skip(1);
    }
    const std::int64_t mcus =
        round_up(width, 8 * x_max) / (8 * x_max) * (round_up(height, 8 * y_max) / (8 * y_max));
    storage.samples = mcus * shares * 64;
}

Storage read_jpeg(Bytes input) {
    Storage storage;
    ByteReader reader(input, Endian::big);
    reader.skip(2);
    while (reader.ok() && !reader.at_end()) {
        if (reader.u8() != 0xff) continue;
        const std::uint8_t marker = reader.u8();
        const bool stands_alone =
            marker <= 0x01 || marker == 0xff || (marker >= 0xd0 && marker <= 0xd9);
        if (stands_alone) continue;
        const std::uint16_t length = reader.u16();
        const Bytes segment = reader.take_up_to(length < 2 ? 0U : length - 2U);
        if (marker >= 0xc0 && marker <= 0xc2) {
            read_frame(segment, storage);
            storage.has_scans = marker == 0xc2;
        }
        if (marker != 0xda) continue;
        // A sequential file whose first scan lacks components has more scans.
        const bool is_part = !segment.empty() && std::to_integer<int>(segment[0]) < storage.bands;
        storage.has_scans = storage.has_scans || is_part;
        break;
    }
    return storage;
}

// 11.2.1: depth, colour type and interlacing lie at fixed places.
Storage read_png(Bytes input) {
    ByteReader reader(input, Endian::big);
    reader.skip(24);
    const int depth = reader.u8();
    const int colour_type = reader.u8();
    reader.skip(2);
    const bool is_interlaced = reader.u8() == 1;
    const bool is_palette = colour_type == 3;
    const int colours = (colour_type & 2) != 0 ? 3 : 1;
    return {.bands = is_palette ? 4 : colours + (colour_type & 4) / 4,
            .bits = std::max(depth, 8),
            .is_whole = is_interlaced};
}

Storage read_tiff(Bytes input) {
    constexpr std::uint16_t kBits = 258;
    constexpr std::uint16_t kSamples = 277;
    Storage storage{.is_whole = true};
    const auto exif = parse_exif(input);
    if (!exif) return storage;
    const auto number = [&exif](std::uint16_t tag, int none) {
        const ExifEntry* entry = find_entry(exif->image, tag);
        if (entry == nullptr || entry->type != kShortType) return none;
        return int{ByteReader(entry->value, exif->endian).u16()};
    };
    storage.bands = std::clamp(number(kSamples, 1), 1, 5);
    storage.bits = std::clamp(number(kBits, 8), 8, 64);
    return storage;
}

}  // namespace

Storage read_storage(Bytes input, const Info& source) {
    switch (source.format) {
        case Format::jpeg:
            return read_jpeg(input);
        case Format::png:
            return read_png(input);
        case Format::tiff:
            return read_tiff(input);
        case Format::webp:
        case Format::avif:
        case Format::heic:
        case Format::bmp:
            return {.bands = source.has_alpha ? 4 : 3, .is_whole = true};
        case Format::gif:
            return {.bands = source.has_alpha ? 4 : 3, .is_whole = true};
        case Format::svg:
            return {.bands = 4};
    }
    return {};
}

}  // namespace imagemill::image
