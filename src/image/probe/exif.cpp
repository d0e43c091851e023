#include "image/probe/exif.h"

#include <algorithm>

namespace imagemill::image {
namespace {

// Both forms of the structure: classic (42) and with 64-bit offsets (43).
struct Structure {
    Bytes block;
    Endian endian = Endian::big;
    bool big = false;

    std::uint64_t read_offset(ByteReader& reader) const {
        return big ? reader.u64() : reader.u32();
    }
};

struct Directory {
    std::vector<ExifEntry> entries = {};
    std::uint64_t next = 0;  // Where the following one lies; 0: there is none.
};

std::optional<ExifEntry> read_entry(const Structure& structure, ByteReader& reader) {
    ExifEntry entry;
    entry.tag = reader.u16();
    entry.type = reader.u16();
    const std::uint64_t count = structure.read_offset(reader);
    const std::size_t inline_bytes = structure.big ? 8 : 4;
    const Bytes field = reader.take(inline_bytes);
    const std::size_t width = width_of_type(entry.type);
    if (!reader.ok() || width == 0 || count == 0 || count > structure.block.size() / width) {
        return std::nullopt;
    }
    const std::size_t size = static_cast<std::size_t>(count) * width;
    entry.count = static_cast<std::uint32_t>(count);
    if (size <= inline_bytes) {
        entry.value = field.first(size);
        return entry;
    }
    ByteReader offset(field, structure.endian);
    ByteReader elsewhere(structure.block, structure.endian);
    elsewhere.seek(structure.read_offset(offset));
    entry.value = elsewhere.take(size);
    if (!elsewhere.ok()) return std::nullopt;
    return entry;
}

Directory read_directory(const Structure& structure, std::uint64_t at) {
    Directory directory;
    ByteReader reader(structure.block, structure.endian);
    reader.seek(at);
    const std::uint64_t count = structure.big ? reader.u64() : reader.u16();
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, kExifEntriesMax); ++i) {
        const auto entry = read_entry(structure, reader);
        if (!reader.ok()) return directory;
        if (entry) directory.entries.push_back(*entry);
    }
    if (count <= kExifEntriesMax) directory.next = structure.read_offset(reader);
    if (!reader.ok()) directory.next = 0;
    return directory;
}

// The entries of the directory that an entry points to.
std::vector<ExifEntry> follow(const Structure& structure, const Directory& from,
                              std::uint16_t tag) {
    const ExifEntry* pointer = find_entry(from.entries, tag);
    if (pointer == nullptr || pointer->value.size() < 4) return {};
    ByteReader reader(pointer->value, structure.endian);
    const std::uint64_t at = pointer->value.size() == 8 ? reader.u64() : reader.u32();
    return read_directory(structure, at).entries;
}

}  // namespace

std::optional<Exif> parse_exif(Bytes block) {
    if (!starts_with(block, "II") && !starts_with(block, "MM")) return std::nullopt;
    Structure structure{.block = block,
                        .endian = starts_with(block, "II") ? Endian::little : Endian::big};
    ByteReader reader(block, structure.endian);
    reader.skip(2);
    const std::uint16_t version = reader.u16();
    if (version != 42 && version != 43) return std::nullopt;
    structure.big = version == 43;
    if (structure.big) reader.skip(4);
    const std::uint64_t first = structure.read_offset(reader);
    if (!reader.ok()) return std::nullopt;

    Directory main = read_directory(structure, first);
    Exif exif{.endian = structure.endian};
    exif.camera = follow(structure, main, tag::kCameraDirectory);
    exif.position = follow(structure, main, tag::kPositionDirectory);
    if (main.next != 0) {
        const std::vector<ExifEntry> second = read_directory(structure, main.next).entries;
        exif.has_thumbnail = find_entry(second, tag::kThumbnailOffset) != nullptr ||
                             find_entry(second, tag::kStripOffsets) != nullptr;
    }
    exif.image = std::move(main.entries);
    return exif;
}

const ExifEntry* find_entry(const std::vector<ExifEntry>& entries, std::uint16_t tag) {
    const auto found = std::ranges::find(entries, tag, &ExifEntry::tag);
    return found == entries.end() ? nullptr : &*found;
}

std::string_view text_of(const ExifEntry& entry) {
    if (entry.type != kAsciiType) return {};
    std::string_view text = as_text(entry.value);
    while (!text.empty() && (text.back() == '\0' || text.back() == ' ')) text.remove_suffix(1);
    return text;
}

std::size_t width_of_type(std::uint16_t type) {
    switch (type) {
        case 1:  // BYTE
        case 2:  // ASCII
        case 6:  // SBYTE
        case 7:  // UNDEFINED
            return 1;
        case 3:  // SHORT
        case 8:  // SSHORT
            return 2;
        case 4:   // LONG
        case 9:   // SLONG
        case 11:  // FLOAT
        case 13:  // IFD
            return 4;
        case 5:   // RATIONAL
        case 10:  // SRATIONAL
        case 12:  // DOUBLE
        case 16:  // LONG8
        case 17:  // SLONG8
        case 18:  // IFD8
            return 8;
        default:
            return 0;
    }
}

}  // namespace imagemill::image
