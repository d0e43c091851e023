#include "image/carried.h"

#include <algorithm>

#include "image/probe/byte_reader.h"
#include "image/probe/exif.h"

namespace imagemill::image {
namespace {

std::string_view text_in(const std::optional<Exif>& exif, std::uint16_t tag) {
    const ExifEntry* entry = exif ? find_entry(exif->image, tag) : nullptr;
    return entry == nullptr ? std::string_view() : text_of(*entry);
}

Carried carry_copyright(const FoundMetadata& found) {
    const auto exif = parse_exif(found.exif);
    std::string author(text_in(exif, tag::kArtist));
    std::string rights(text_in(exif, tag::kCopyright));
    const std::string_view packet = as_text(found.xmp);
    if (author.empty()) author = text_of_xmp(packet, "creator");
    if (rights.empty()) rights = text_of_xmp(packet, "rights");
    if (author.empty()) author = found.author;
    if (rights.empty()) rights = found.rights;
    return {.exif = format_copyright(author, rights)};
}

}  // namespace

Carried carry(const FoundMetadata& found, const CarryPlan& plan) {
    switch (plan.metadata) {
        case Metadata::strip:
            return {};
        case Metadata::copyright:
            return carry_copyright(found);
        case Metadata::all:
            return {.exif = rewrite_exif(found.exif, plan), .xmp = rewrite_xmp(found.xmp, plan)};
    }
    return {};
}

}  // namespace imagemill::image
