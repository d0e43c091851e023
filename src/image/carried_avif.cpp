// Source: ISO/IEC 14496-12, 8.11.3 (iloc), 8.11.6 (iinf), 8.11.12 (iref); ISO/IEC 23008-12, A.2
//         and A.3 (Exif and XMP items).
#include <algorithm>
#include <optional>
#include <vector>

#include "image/byte_writer.h"
#include "image/carried.h"
#include "image/probe/boxes.h"

namespace imagemill::image {
namespace {

// A box with a version and flags.
Buffer full_box(std::string_view type, std::uint8_t version, Bytes body) {
    ByteWriter writer(Endian::big);
    writer.u32(body.size() + 12).text(type).u8(version).u24(0).bytes(body);
    return std::move(writer).take();
}

Buffer box(std::string_view type, Bytes body) {
    ByteWriter writer(Endian::big);
    writer.u32(body.size() + 8).text(type).bytes(body);
    return std::move(writer).take();
}

struct Item {
    std::uint64_t id = 0;
    Buffer info;  // Its entry in the list of items.
    Buffer data;
};

Buffer item_info(std::uint64_t id, std::string_view type, std::string_view rest) {
    ByteWriter writer(Endian::big);
    writer.u16(id).u16(0).text(type).text(rest);
    return full_box("infe", 2, std::move(writer).take());
}

std::vector<Item> make_items(const Carried& carried, std::uint64_t id) {
    std::vector<Item> items;
    if (!carried.exif.empty()) {
        ByteWriter data(Endian::big);
        data.u32(0).bytes(carried.exif);  // The structure begins right here.
        const Buffer info = item_info(id, "Exif", std::string_view("\0", 1));
        items.push_back({id, info, std::move(data).take()});
        ++id;
    }
    if (!carried.xmp.empty()) {
        constexpr std::string_view kType("\0application/rdf+xml\0", 21);
        items.push_back({id, item_info(id, "mime", kType), carried.xmp});
    }
    return items;
}

// Where the file's items lie, and how the numbers that say so are written.
struct Locations {
    struct Extent {
        std::uint64_t index = 0, offset = 0, length = 0;
    };
    struct Entry {
        std::uint64_t id = 0, method = 0, reference = 0, base = 0;
        std::vector<Extent> extents = {};
    };
    std::uint8_t version = 0;
    int offset_width = 4, length_width = 4, base_width = 0, index_width = 0;
    std::vector<Entry> entries = {};
};

std::uint64_t read_sized(ByteReader& reader, int width) {
    if (width == 8) return reader.u64();
    return width == 4 ? reader.u32() : 0;
}

std::optional<Locations> read_locations(Bytes body) {
    Locations all;
    ByteReader reader(body, Endian::big);
    all.version = reader.u8();
    reader.skip(3);
    const std::uint8_t sizes = reader.u8();
    const std::uint8_t more = reader.u8();
    all.offset_width = sizes >> 4;
    all.length_width = sizes & 15;
    all.base_width = more >> 4;
    all.index_width = all.version == 0 ? 0 : more & 15;
    const std::uint32_t count = all.version < 2 ? reader.u16() : reader.u32();
    for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
        Locations::Entry entry;
        entry.id = all.version < 2 ? reader.u16() : reader.u32();
        entry.method = all.version == 0 ? 0 : reader.u16();
        entry.reference = reader.u16();
        entry.base = read_sized(reader, all.base_width);
        const std::uint16_t extents = reader.u16();
        for (std::uint16_t j = 0; j < extents && reader.ok(); ++j) {
            Locations::Extent extent;
            extent.index = read_sized(reader, all.index_width);
            extent.offset = read_sized(reader, all.offset_width);
            extent.length = read_sized(reader, all.length_width);
            entry.extents.push_back(extent);
        }
        all.entries.push_back(std::move(entry));
    }
    const bool can_add = all.offset_width >= 4 && all.length_width >= 4 && all.version <= 2;
    if (!reader.ok() || !can_add) return std::nullopt;
    return all;
}

Buffer write_locations(const Locations& all) {
    ByteWriter writer(Endian::big);
    writer.u8(static_cast<std::uint64_t>(all.offset_width << 4 | all.length_width));
    writer.u8(static_cast<std::uint64_t>(all.base_width << 4 | all.index_width));
    writer.sized(all.entries.size(), all.version < 2 ? 2 : 4);
    for (const Locations::Entry& entry : all.entries) {
        writer.sized(entry.id, all.version < 2 ? 2 : 4);
        if (all.version > 0) writer.u16(entry.method);
        writer.u16(entry.reference).sized(entry.base, all.base_width);
        writer.u16(entry.extents.size());
        for (const Locations::Extent& extent : entry.extents) {
            writer.sized(extent.index, all.index_width);
            writer.sized(extent.offset, all.offset_width);
            writer.sized(extent.length, all.length_width);
        }
    }
    return full_box("iloc", all.version, std::move(writer).take());
}

// The items that are there lie `growth` further down; the new ones behind each other from `at`.
Buffer move_locations(Locations all, const std::vector<Item>& items, std::size_t growth,
                      std::size_t at) {
    for (Locations::Entry& entry : all.entries) {
        if ((entry.method & 15) != 0) continue;  // In a box of meta itself.
        if (all.base_width > 0) {
            entry.base += growth;
            continue;
        }
        for (Locations::Extent& extent : entry.extents) extent.offset += growth;
    }
    for (const Item& item : items) {
        all.entries.push_back({.id = item.id, .extents = {{0, at, item.data.size()}}});
        at += item.data.size();
    }
    return write_locations(all);
}

// The list of items, longer.
std::optional<Buffer> extend_list(Bytes body, const std::vector<Item>& items) {
    ByteReader reader(body, Endian::big);
    const std::uint8_t version = reader.u8();
    reader.skip(3);
    const std::uint32_t count = version == 0 ? reader.u16() : reader.u32();
    if (!reader.ok()) return std::nullopt;
    ByteWriter writer(Endian::big);
    writer.sized(count + items.size(), version == 0 ? 2 : 4).bytes(reader.rest());
    for (const Item& item : items) writer.bytes(item.info);
    return full_box("iinf", version, std::move(writer).take());
}

// What is there, and that each new item describes the main picture.
Buffer extend_references(Bytes body, std::uint64_t primary, const std::vector<Item>& items) {
    const std::uint8_t version = body.empty() ? 0 : std::to_integer<std::uint8_t>(body[0]);
    const int width = version == 0 ? 2 : 4;
    ByteWriter writer(Endian::big);
    if (body.size() > 4) writer.bytes(body.subspan(4));
    for (const Item& item : items) {
        ByteWriter reference(Endian::big);
        reference.sized(item.id, width).u16(1).sized(primary, width);
        writer.bytes(box("cdsc", std::move(reference).take()));
    }
    return full_box("iref", version, std::move(writer).take());
}

struct Meta {
    std::vector<BoxView> boxes = {};
    Locations locations = {};
    std::uint64_t primary = 0;
};

std::optional<Meta> read_meta(Bytes body) {
    Meta meta;
    if (body.size() < 4) return std::nullopt;
    ByteReader reader(body.subspan(4), Endian::big);
    while (const auto found = take_box(reader)) meta.boxes.push_back(*found);
    for (const std::string_view type : {"pitm", "iloc", "iinf"}) {
        if (std::ranges::find(meta.boxes, type, &BoxView::type) == meta.boxes.end()) {
            return std::nullopt;
        }
    }
    ByteReader primary(std::ranges::find(meta.boxes, "pitm", &BoxView::type)->body, Endian::big);
    const std::uint8_t version = primary.u8();
    primary.skip(3);
    meta.primary = version == 0 ? primary.u16() : primary.u32();
    auto locations = read_locations(std::ranges::find(meta.boxes, "iloc", &BoxView::type)->body);
    if (!locations || !primary.ok()) return std::nullopt;
    meta.locations = *std::move(locations);
    return meta;
}

std::optional<Buffer> write_meta(const Meta& meta, const std::vector<Item>& items,
                                 std::size_t growth, std::size_t at) {
    ByteWriter writer(Endian::big);
    bool has_references = false;
    for (const BoxView& child : meta.boxes) {
        if (child.type == "iloc") {
            writer.bytes(move_locations(meta.locations, items, growth, at));
        } else if (child.type == "iinf") {
            const auto list = extend_list(child.body, items);
            if (!list) return std::nullopt;
            writer.bytes(*list);
        } else if (child.type == "iref") {
            writer.bytes(extend_references(child.body, meta.primary, items));
            has_references = true;
        } else {
            writer.bytes(child.whole);
        }
    }
    if (!has_references) writer.bytes(extend_references({}, meta.primary, items));
    return full_box("meta", 0, std::move(writer).take());
}

}  // namespace

bool embed_in_avif(Buffer& file, const Carried& carried) {
    const auto old = find_box_view(file, "meta");
    const auto meta = old ? read_meta(old->body) : std::nullopt;
    if (!meta) return false;
    const auto from = static_cast<std::size_t>(old->whole.data() - file.data());
    std::uint64_t id_max = 0;
    for (const Locations::Entry& entry : meta->locations.entries) {
        id_max = std::max(id_max, entry.id);
        // An item before the box does not move, and ours writes none there.
        for (const Locations::Extent& extent : entry.extents) {
            if ((entry.method & 15) == 0 && entry.base + extent.offset < from) return false;
        }
    }
    if (id_max + 2 > 0xffff) return false;
    const std::vector<Item> items = make_items(carried, id_max + 1);
    // Its size depends on none of the places in it, so it is written twice.
    const auto sketch = write_meta(*meta, items, 0, 0);
    if (!sketch) return false;
    const std::size_t growth = sketch->size() - old->whole.size();
    constexpr std::size_t kBoxHead = 8;
    const auto grown = write_meta(*meta, items, growth, file.size() + growth + kBoxHead);
    ByteWriter writer(Endian::big);
    writer.bytes(Bytes(file).first(from)).bytes(*grown);
    writer.bytes(Bytes(file).subspan(from + old->whole.size()));
    ByteWriter data(Endian::big);
    for (const Item& item : items) data.bytes(item.data);
    writer.bytes(box("mdat", std::move(data).take()));
    file = std::move(writer).take();
    return true;
}

}  // namespace imagemill::image
