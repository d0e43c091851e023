// heif_items: the items of a HEIF file (HEIC, AVIF) by number, each with its data, properties and
// references.
//
// Shapes:  An item's data may lie in several pieces, which overlap or not, and are together no
//          longer than the file.
// Errors:  corrupt, unsupported (more than kHeifItemsMax items).
// Threads: plain values, all borrowed from the file.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/probe/boxes.h"

namespace imagemill::image {

inline constexpr std::size_t kHeifItemsMax = 1'000;
// Of the items that lie in several, in all of the file.
inline constexpr int kHeifPiecesMax = 1'000;

using HeifPieces = std::vector<Bytes>;

struct HeifItem {
    std::string_view type = {};          // "hvc1", "grid", "Exif", "mime".
    std::string_view content_type = {};  // Of a "mime".
    // In order. None where they lie in another file or item, or are too many.
    HeifPieces pieces = {};
    std::vector<BoxView> properties = {};          // In the order they are listed.
    std::vector<std::uint32_t> made_of = {};       // dimg
    std::vector<std::uint32_t> auxiliary_of = {};  // auxl

    // The body of the first property of this kind; empty where there is none.
    Bytes property(std::string_view kind) const;
};

std::size_t size_of(const HeifPieces& pieces);
// As one: the one that there is, or all of them, put together in `room`.
Bytes join(const HeifPieces& pieces, Buffer& room);

struct HeifItems {
    std::uint32_t primary = 0;
    std::map<std::uint32_t, HeifItem> items = {};
};

Result<HeifItems> parse_heif_items(Bytes input);

// What there is and where it lies, and no more: for who wants neither picture nor properties.
Result<HeifItems> list_heif_items(Bytes input);

}  // namespace imagemill::image
