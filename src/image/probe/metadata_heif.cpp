#include "image/heif/heif_items.h"
#include "image/probe/metadata.h"

namespace imagemill::image {
namespace {

// One of each kind is usual. Each may cost a walk through all of the file.
constexpr int kItemsMax = 16;
// Of what lies in several pieces, all together.
constexpr std::size_t kJoinedMax = 4'000'000;

// 23008-12 A.2.1: how far the TIFF structure is from here, which skips JPEG's prefix.
Bytes exif_of_item(Bytes item) {
    ByteReader reader(item, Endian::big);
    const std::uint32_t offset = reader.u32();
    reader.skip(offset);
    return reader.ok() ? reader.rest() : Bytes();
}

// In one; nothing where it is too much to be put together.
Bytes whole_of(const HeifItem& item, std::size_t& room_left, FoundMetadata& found) {
    const std::size_t size = size_of(item.pieces);
    if (item.pieces.size() == 1) return item.pieces.front();
    if (size > room_left) return {};
    room_left -= size;
    Buffer room;
    join(item.pieces, room);
    found.joined.push_back(std::make_unique<const Buffer>(std::move(room)));
    return *found.joined.back();
}

}  // namespace

FoundMetadata find_heif_metadata(Bytes input) {
    FoundMetadata found;
    const auto file = list_heif_items(input);
    if (!file) return found;
    int items = 0;
    std::size_t room_left = kJoinedMax;
    for (const auto& [id, item] : file->items) {
        const bool is_exif = item.type == "Exif";
        const bool is_xmp = item.content_type.starts_with("application/rdf+xml");
        if ((!is_exif && !is_xmp) || ++items > kItemsMax) continue;
        const Bytes whole = whole_of(item, room_left, found);
        if (is_exif) add_exif(exif_of_item(whole), found);
        if (is_xmp) add_xmp(whole, found);
    }
    return found;
}

}  // namespace imagemill::image
