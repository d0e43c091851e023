#include "image/probe/tiff_directory.h"

#include <algorithm>

namespace imagemill::image {
namespace {

constexpr std::uint16_t kOrientation = 0x0112;

// Bytes of one value by TIFF's type number; 0 for those that are not whole numbers.
std::size_t width_of_type(std::uint16_t type) {
    switch (type) {
        case 1:  // BYTE
            return 1;
        case 3:  // SHORT
            return 2;
        case 4:  // LONG
            return 4;
        case 16:  // LONG8
            return 8;
        default:
            return 0;
    }
}

std::uint64_t read_number(ByteReader& reader, std::size_t width) {
    switch (width) {
        case 1:
            return reader.u8();
        case 2:
            return reader.u16();
        case 4:
            return reader.u32();
        default:
            return reader.u64();
    }
}

}  // namespace

std::optional<TiffDirectory> TiffDirectory::parse(Bytes block) {
    if (!starts_with(block, "II") && !starts_with(block, "MM")) return std::nullopt;
    const Endian endian = starts_with(block, "II") ? Endian::little : Endian::big;
    ByteReader reader(block, endian);
    reader.skip(2);
    const std::uint16_t version = reader.u16();
    if (version != 42 && version != 43) return std::nullopt;
    const bool big = version == 43;
    if (big) reader.skip(4);  // Bytes of an offset (8) and a zero.

    reader.seek(big ? reader.u64() : reader.u32());
    const std::uint64_t count = big ? reader.u64() : reader.u16();
    const std::size_t entry_bytes = big ? 20 : 12;
    const std::uint64_t count_max = reader.remaining() / entry_bytes;
    // A directory that is cut short still says what its first entries say.
    const Bytes entries = reader.take(std::min(count, count_max) * entry_bytes);
    if (!reader.ok() || entries.empty()) return std::nullopt;
    return TiffDirectory(block, entries, endian, big);
}

std::optional<std::uint64_t> TiffDirectory::value(std::uint16_t tag) const {
    const std::size_t entry_bytes = big_ ? 20 : 12;
    for (Bytes left = entries_; left.size() >= entry_bytes; left = left.subspan(entry_bytes)) {
        ByteReader entry(left.first(entry_bytes), endian_);
        if (entry.u16() != tag) continue;
        const std::size_t width = width_of_type(entry.u16());
        const std::uint64_t count = big_ ? entry.u64() : entry.u32();
        if (width == 0 || count == 0) return std::nullopt;

        const std::size_t inline_bytes = big_ ? 8 : 4;
        if (count <= inline_bytes / width) return read_number(entry, width);
        ByteReader elsewhere(block_, endian_);
        elsewhere.seek(big_ ? entry.u64() : entry.u32());
        const std::uint64_t number = read_number(elsewhere, width);
        if (!elsewhere.ok()) return std::nullopt;
        return number;
    }
    return std::nullopt;
}

int exif_orientation(Bytes block) {
    const auto directory = TiffDirectory::parse(block);
    if (!directory) return 1;
    const std::uint64_t orientation = directory->value(kOrientation).value_or(1);
    return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

}  // namespace imagemill::image
