#include "image/heif/heif_items.h"

#include <algorithm>

#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

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

Error ends_early() {
    return corrupt("The HEIC ends before it says what is in it.");
}

// After the item's name; both end in a zero.
std::string_view content_type_of(std::string_view rest) {
    const std::size_t name_end = rest.find('\0');
    if (name_end == std::string_view::npos) return {};
    rest.remove_prefix(name_end + 1);
    return rest.substr(0, rest.find('\0'));
}

// 14496-12 8.11.6
Result<void> read_types(Bytes meta, HeifItems& found) {
    const auto list = find_box_view(meta, "iinf");
    if (!list) return ends_early();
    FullBox box(list->body);
    box.id(box.version != 0);
    while (const auto entry = take_box(box.reader)) {
        if (entry->type != "infe") continue;
        FullBox info(entry->body);
        if (info.version < 2) continue;
        const std::uint32_t id = info.id(info.version != 2);
        info.reader.skip(2);
        const std::string_view type = info.reader.text(4);
        if (!info.reader.ok()) return ends_early();
        if (found.items.size() == kHeifItemsMax) {
            return unsupported("The HEIC has more than " + std::to_string(kHeifItemsMax) +
                               " parts, which is more than is read here.");
        }
        HeifItem& item = found.items[id];
        item.type = type;
        if (type == "mime") item.content_type = content_type_of(as_text(info.reader.rest()));
    }
    return {};
}

struct Locations {
    FullBox box;
    int offset_bytes = 0, length_bytes = 0, base_bytes = 0, index_bytes = 0;

    std::uint64_t number(int bytes) {
        if (bytes == 8) return box.reader.u64();
        return bytes == 4 ? box.reader.u32() : 0;
    }
    // All at once: there may be 65,535 of no bytes each, in every item of a list as long.
    void skip_pieces(int count) {
        for (const int bytes : {index_bytes, offset_bytes, length_bytes}) {
            if (bytes == 4 || bytes == 8)
                box.reader.skip(static_cast<std::uint64_t>(count * bytes));
        }
    }
};

// 14496-12 8.11.3
Result<void> read_places(Bytes input, Bytes meta, HeifItems& found) {
    const auto list = find_box_view(meta, "iloc");
    if (!list) return ends_early();
    const auto data_box = find_box_view(meta, "idat");
    Locations at{FullBox(list->body)};
    const int sizes = at.box.reader.u8();
    const int more_sizes = at.box.reader.u8();
    at.offset_bytes = sizes >> 4;
    at.length_bytes = sizes & 15;
    at.base_bytes = more_sizes >> 4;
    if (at.box.version > 0) at.index_bytes = more_sizes & 15;
    const bool wide = at.box.version == 2;
    for (std::uint32_t left = at.box.id(wide); left > 0; --left) {
        if (!at.box.reader.ok()) return ends_early();
        const std::uint32_t id = at.box.id(wide);
        const int method = at.box.version == 0 ? 0 : at.box.reader.u16() & 15;
        const std::uint16_t other_file = at.box.reader.u16();
        const std::uint64_t base = at.number(at.base_bytes);
        const int pieces = at.box.reader.u16();
        if (pieces != 1) {
            at.skip_pieces(pieces);
            continue;
        }
        at.number(at.index_bytes);
        const std::uint64_t offset = at.number(at.offset_bytes);
        const std::uint64_t length = at.number(at.length_bytes);
        if (!at.box.reader.ok()) return ends_early();
        const auto item = found.items.find(id);
        if (item == found.items.end() || other_file != 0 || method > 1) continue;
        const Bytes home = method == 0 ? input : (data_box ? data_box->body : Bytes());
        ByteReader place(home, Endian::big);
        place.skip(base);
        place.skip(offset);
        item->second.data = length == 0 ? place.rest() : place.take(length);
        if (!place.ok()) return corrupt("The HEIC ends before its picture does.");
    }
    return {};
}

// 23008-12 9.3. Index 0 says "no property".
Result<void> read_properties(Bytes meta, HeifItems& found) {
    const auto both = find_box_view(meta, "iprp");
    const auto container = both ? find_box_view(both->body, "ipco") : both;
    const auto links = both ? find_box_view(both->body, "ipma") : both;
    if (!container || !links) return corrupt("The HEIC does not say how large it is.");
    std::vector<BoxView> properties;
    ByteReader boxes(container->body, Endian::big);
    while (const auto box = take_box(boxes)) properties.push_back(*box);

    FullBox box(links->body);
    const bool wide = (box.flags & 1) != 0;
    for (std::uint32_t left = box.reader.u32(); left > 0; --left) {
        const std::uint32_t id = box.id(box.version != 0);
        const int count = box.reader.u8();
        for (int i = 0; i < count; ++i) {
            const std::size_t index = wide ? box.reader.u16() & 0x7fffU : box.reader.u8() & 0x7fU;
            if (!box.reader.ok()) return ends_early();
            const auto item = found.items.find(id);
            if (item == found.items.end() || index == 0 || index > properties.size()) continue;
            item->second.properties.push_back(properties[index - 1]);
        }
        if (!box.reader.ok()) return ends_early();
    }
    return {};
}

Result<Bytes> find_meta(Bytes input) {
    const auto box = find_box_view(input, "meta");
    if (!box && find_box_view(input, "moov")) {
        return unsupported("The HEIC holds a film and no still, which is not read here.");
    }
    if (!box || box->body.size() < 4) return ends_early();
    return box->body.subspan(4);
}

// 14496-12 8.11.12
void read_references(Bytes meta, HeifItems& found) {
    const auto list = find_box_view(meta, "iref");
    if (!list) return;
    FullBox box(list->body);
    const bool wide = box.version != 0;
    while (const auto reference = take_box(box.reader)) {
        ByteReader reader(reference->body, Endian::big);
        const auto id = [&] { return wide ? reader.u32() : std::uint32_t{reader.u16()}; };
        const auto item = found.items.find(id());
        if (item == found.items.end()) continue;
        const int count = reader.u16();
        for (int i = 0; i < count; ++i) {
            const std::uint32_t target = id();
            if (!reader.ok()) break;
            if (reference->type == "dimg") item->second.made_of.push_back(target);
            if (reference->type == "auxl") item->second.auxiliary_of.push_back(target);
        }
    }
}

}  // namespace

Bytes HeifItem::property(std::string_view kind) const {
    const auto found = std::ranges::find(properties, kind, &BoxView::type);
    return found == properties.end() ? Bytes() : found->body;
}

Result<HeifItems> list_heif_items(Bytes input) {
    const Bytes meta = TRY(find_meta(input));
    HeifItems found;
    TRY(read_types(meta, found));
    TRY(read_places(input, meta, found));
    return found;
}

Result<HeifItems> parse_heif_items(Bytes input) {
    const Bytes meta = TRY(find_meta(input));
    const auto main = find_box_view(meta, "pitm");
    if (!main) return corrupt("The HEIC does not say which of its pictures is the main one.");

    HeifItems found = TRY(list_heif_items(input));
    FullBox primary(main->body);
    found.primary = primary.id(primary.version != 0);
    TRY(read_properties(meta, found));
    read_references(meta, found);
    return found;
}

}  // namespace imagemill::image
