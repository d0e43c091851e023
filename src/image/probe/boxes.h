// boxes: what AVIF and HEIC are built of.
//
// Threads: plain values.  Cost: no allocation.
// Source:  ISO/IEC 14496-12, 4.2.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "image/probe/byte_reader.h"

namespace imagemill::image {

struct BoxView {
    std::string_view type;
    Bytes whole;  // With its head.
    Bytes body;
};

inline std::optional<BoxView> take_box(ByteReader& reader) {
    if (reader.remaining() < 8) return std::nullopt;
    const Bytes rest = reader.rest();
    std::uint64_t size = reader.u32();
    BoxView box;
    box.type = reader.text(4);
    std::uint64_t head = 8;
    if (size == 1) {
        size = reader.u64();
        head = 16;
    }
    if (!reader.ok()) return std::nullopt;
    if (size == 0) size = head + reader.remaining();  // To the end of the file.
    if (size < head) return std::nullopt;
    box.body = reader.take_up_to(size - head);
    box.whole = rest.first(static_cast<std::size_t>(head) + box.body.size());
    return box;
}

inline std::optional<BoxView> find_box_view(Bytes boxes, std::string_view type) {
    ByteReader reader(boxes, Endian::big);
    while (const auto box = take_box(reader)) {
        if (box->type == type) return box;
    }
    return std::nullopt;
}

// Its body alone.
inline std::optional<Bytes> find_box(Bytes boxes, std::string_view type) {
    const auto box = find_box_view(boxes, type);
    if (!box) return std::nullopt;
    return box->body;
}

// A full box starts with a version and 24 bits of flags.
struct FullBox {
    explicit FullBox(Bytes body) : reader(body, Endian::big) {
        version = reader.u8();
        flags = reader.u24();
    }
    std::uint32_t id(bool wide) { return wide ? reader.u32() : reader.u16(); }

    ByteReader reader;
    int version = 0;
    std::uint32_t flags = 0;
};

// What the first box says the file is: any of these brands.
inline bool has_brand(Bytes input, std::initializer_list<std::string_view> brands) {
    ByteReader reader(input, Endian::big);
    const auto box = take_box(reader);
    if (!box || box->type != "ftyp") return false;
    ByteReader list(box->body, Endian::big);
    // The major brand, its version (which is no brand's name), the compatible ones.
    while (list.remaining() >= 4) {
        const std::string_view brand = list.text(4);
        if (std::ranges::find(brands, brand) != brands.end()) return true;
    }
    return false;
}

}  // namespace imagemill::image
