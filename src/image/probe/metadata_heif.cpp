#include <vector>

#include "image/probe/boxes.h"
#include "image/probe/metadata.h"

namespace imagemill::image {
namespace {

// One of each kind is usual. Each costs a walk through where all items lie.
constexpr std::size_t kItemsMax = 16;

enum class Kind { exif, xmp };
struct Item {
    std::uint32_t id = 0;
    Kind kind = Kind::exif;
};

// 14496-12 8.11.6: the items whose type says what they are.
std::vector<Item> find_items(Bytes meta) {
    std::vector<Item> items;
    const auto list = find_box_view(meta, "iinf");
    if (!list) return items;
    ByteReader reader(list->body, Endian::big);
    const std::uint8_t version = reader.u8();
    reader.skip(version == 0 ? 3 + 2 : 3 + 4);
    while (const auto entry = take_box(reader)) {
        if (entry->type != "infe" || items.size() == kItemsMax) continue;
        ByteReader info(entry->body, Endian::big);
        const std::uint8_t entry_version = info.u8();
        info.skip(3);
        if (entry_version < 2) continue;
        const std::uint32_t id = entry_version == 2 ? info.u16() : info.u32();
        info.skip(2);
        const std::string_view type = info.text(4);
        if (type == "Exif") items.push_back({id, Kind::exif});
        if (type != "mime") continue;
        const std::string_view rest = as_text(info.rest());
        const std::size_t name_end = rest.find('\0');
        if (name_end == std::string_view::npos) continue;
        if (rest.substr(name_end + 1).starts_with("application/rdf+xml")) {
            items.push_back({id, Kind::xmp});
        }
    }
    return items;
}

std::uint64_t read_sized(ByteReader& reader, int bytes) {
    if (bytes == 8) return reader.u64();
    return bytes == 4 ? reader.u32() : 0;
}

// 8.11.3: where an item lies. Of several extents, the first.
Bytes locate(Bytes input, Bytes meta, std::uint32_t wanted) {
    const auto box = find_box_view(meta, "iloc");
    if (!box) return {};
    ByteReader reader(box->body, Endian::big);
    const std::uint8_t version = reader.u8();
    reader.skip(3);
    const std::uint8_t sizes = reader.u8();
    const std::uint8_t more_sizes = reader.u8();
    const int index_size = version == 0 ? 0 : more_sizes & 15;
    std::uint32_t left = version < 2 ? reader.u16() : reader.u32();
    for (; left > 0 && reader.ok(); --left) {
        const std::uint32_t id = version < 2 ? reader.u16() : reader.u32();
        const int method = version == 0 ? 0 : reader.u16() & 15;
        reader.skip(2);
        const std::uint64_t base = read_sized(reader, more_sizes >> 4);
        const std::uint16_t extents = reader.u16();
        // All at once: there may be 65,535 of no bytes each, in every item of a list as long.
        if (id != wanted || extents == 0) {
            for (const int bytes : {index_size, sizes >> 4, sizes & 15}) {
                if (bytes == 4 || bytes == 8) {
                    reader.skip(static_cast<std::uint64_t>(extents) *
                                static_cast<std::uint64_t>(bytes));
                }
            }
            continue;
        }
        read_sized(reader, index_size);
        const std::uint64_t offset = read_sized(reader, sizes >> 4);
        const std::uint64_t length = read_sized(reader, sizes & 15);
        if (!reader.ok()) return {};
        const auto data = find_box_view(meta, "idat");
        const Bytes home = method == 0 ? input : (data ? data->body : Bytes());
        ByteReader place(home, Endian::big);
        place.seek(base);
        place.skip(offset);
        return length == 0 ? place.rest() : place.take_up_to(length);
    }
    return {};
}

// 23008-12 A.2.1: how far the TIFF structure is from here, which skips JPEG's prefix.
Bytes exif_of_item(Bytes item) {
    ByteReader reader(item, Endian::big);
    const std::uint32_t offset = reader.u32();
    reader.skip(offset);
    return reader.ok() ? reader.rest() : Bytes();
}

}  // namespace

FoundMetadata find_heif_metadata(Bytes input) {
    FoundMetadata found;
    const auto box = find_box_view(input, "meta");
    if (!box || box->body.size() < 4) return found;
    const Bytes meta = box->body.subspan(4);
    for (const Item& item : find_items(meta)) {
        const Bytes bytes = locate(input, meta, item.id);
        if (item.kind == Kind::exif) add_exif(exif_of_item(bytes), found);
        if (item.kind == Kind::xmp) add_xmp(bytes, found);
    }
    return found;
}

}  // namespace imagemill::image
