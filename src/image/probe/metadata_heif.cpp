#include "image/heif/heif_items.h"
#include "image/probe/metadata.h"

namespace imagemill::image {
namespace {

// One of each kind is usual. Each may cost a walk through all of the file.
constexpr int kItemsMax = 16;

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
    const auto file = list_heif_items(input);
    if (!file) return found;
    int items = 0;
    for (const auto& [id, item] : file->items) {
        const bool is_exif = item.type == "Exif";
        const bool is_xmp = item.content_type.starts_with("application/rdf+xml");
        if ((!is_exif && !is_xmp) || ++items > kItemsMax) continue;
        if (is_exif) add_exif(exif_of_item(item.data), found);
        if (is_xmp) add_xmp(item.data, found);
    }
    return found;
}

}  // namespace imagemill::image
