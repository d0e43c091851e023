// heif_items: the items of a HEIF file (HEIC, AVIF) by number, each with its data, properties and
// references.
//
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

struct HeifItem {
    std::string_view type = {};                    // "hvc1", "grid", "Exif", "mime".
    std::string_view content_type = {};            // Of a "mime".
    Bytes data = {};                               // Empty where it lies in several pieces.
    std::vector<BoxView> properties = {};          // In the order they are listed.
    std::vector<std::uint32_t> made_of = {};       // dimg
    std::vector<std::uint32_t> auxiliary_of = {};  // auxl

    // The body of the first property of this kind; empty where there is none.
    Bytes property(std::string_view kind) const;
};

struct HeifItems {
    std::uint32_t primary = 0;
    std::map<std::uint32_t, HeifItem> items = {};
};

Result<HeifItems> parse_heif_items(Bytes input);

// What there is and where it lies, and no more: for who wants neither picture nor properties.
Result<HeifItems> list_heif_items(Bytes input);

}  // namespace imagemill::image
