#include "image/heif/heif_items.h"

#include <algorithm>

#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

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
    const auto list = find_box(meta, "iinf");
    if (!list) return ends_early();
    FullBox box(*list);
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
    int pieces_left = kHeifPiecesMax;

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
    bool takes(int count) {
        if (count == 1) return true;
        if (count > pieces_left) return false;
        pieces_left -= count;
        return true;
    }
};

Result<HeifPieces> read_pieces(Locations& at, int count, Bytes home, std::uint64_t base) {
    HeifPieces pieces;
    std::size_t left = home.size();
    for (int i = 0; i < count; ++i) {
        at.number(at.index_bytes);
        const std::uint64_t offset = at.number(at.offset_bytes);
        const std::uint64_t length = at.number(at.length_bytes);
        if (!at.box.reader.ok()) return ends_early();
        ByteReader place(home, Endian::big);
        place.skip(base);
        place.skip(offset);
        const bool is_all = count == 1 && length == 0;
        const Bytes piece = is_all ? place.rest() : place.take(length);
        if (!place.ok() || piece.size() > left) {
            return corrupt("The HEIC ends before its picture does.");
        }
        left -= piece.size();
        if (!piece.empty()) pieces.push_back(piece);
    }
    return pieces;
}

// 14496-12 8.11.3
Result<void> read_places(Bytes input, Bytes meta, HeifItems& found) {
    const auto list = find_box(meta, "iloc");
    if (!list) return ends_early();
    const auto data_box = find_box(meta, "idat");
    Locations at{FullBox(*list)};
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
        const int count = at.box.reader.u16();
        const auto item = found.items.find(id);
        const bool is_here = item != found.items.end() && other_file == 0 && method <= 1;
        if (!is_here || !at.takes(count)) {
            at.skip_pieces(count);
            continue;
        }
        const Bytes home = method == 0 ? input : data_box.value_or(Bytes());
        item->second.pieces = TRY(read_pieces(at, count, home, base));
    }
    return {};
}

// 23008-12 9.3. Index 0 says "no property".
Result<void> read_properties(Bytes meta, HeifItems& found) {
    const auto both = find_box(meta, "iprp");
    const auto container = both ? find_box(*both, "ipco") : both;
    const auto links = both ? find_box(*both, "ipma") : both;
    if (!container || !links) return corrupt("The HEIC does not say how large it is.");
    constexpr std::size_t kIndexMax = 0x7fff;
    std::vector<BoxView> properties;
    ByteReader boxes(*container, Endian::big);
    while (properties.size() < kIndexMax) {
        const auto box = take_box(boxes);
        if (!box) break;
        properties.push_back(*box);
    }

    FullBox box(*links);
    const bool wide = (box.flags & 1) != 0;
    for (std::uint32_t left = box.reader.u32(); left > 0; --left) {
        const std::uint32_t id = box.id(box.version != 0);
        const int count = box.reader.u8();
        const auto item = found.items.find(id);
        // Listed again, which no item may be, it could take far more memory than the file.
        const bool is_first = item != found.items.end() && item->second.properties.empty();
        for (int i = 0; i < count; ++i) {
            const std::size_t index = wide ? box.reader.u16() & 0x7fffU : box.reader.u8() & 0x7fU;
            if (!box.reader.ok()) return ends_early();
            if (!is_first || index == 0 || index > properties.size()) continue;
            item->second.properties.push_back(properties[index - 1]);
        }
        if (!box.reader.ok()) return ends_early();
    }
    return {};
}

Result<Bytes> find_meta(Bytes input) {
    const auto box = find_box(input, "meta");
    if (!box && find_box(input, "moov")) {
        return unsupported("The HEIC holds a film and no still, which is not read here.");
    }
    if (!box || box->size() < 4) return ends_early();
    return box->subspan(4);
}

// 14496-12 8.11.12
void read_references(Bytes meta, HeifItems& found) {
    const auto list = find_box(meta, "iref");
    if (!list) return;
    FullBox box(*list);
    const bool wide = box.version != 0;
    while (const auto reference = take_box(box.reader)) {
        ByteReader reader(reference->body, Endian::big);
        const auto id = [&] { return wide ? reader.u32() : std::uint32_t{reader.u16()}; };
        const auto item = found.items.find(id());
        if (item == found.items.end()) continue;
        std::vector<std::uint32_t>* targets = nullptr;
        if (reference->type == "dimg") targets = &item->second.made_of;
        if (reference->type == "auxl") targets = &item->second.auxiliary_of;
        if (targets == nullptr) continue;
        // One more than there can be shows that they are too many.
        for (int left = reader.u16(); left > 0 && targets->size() <= kHeifItemsMax; --left) {
            const std::uint32_t target = id();
            if (!reader.ok()) break;
            targets->push_back(target);
        }
    }
}

}  // namespace

Bytes HeifItem::property(std::string_view kind) const {
    const auto found = std::ranges::find(properties, kind, &BoxView::type);
    return found == properties.end() ? Bytes() : found->body;
}

std::size_t size_of(const HeifPieces& pieces) {
    std::size_t size = 0;
    for (const Bytes piece : pieces) size += piece.size();
    return size;
}

Bytes join(const HeifPieces& pieces, Buffer& room) {
    if (pieces.size() == 1) return pieces.front();
    room.clear();
    room.reserve(size_of(pieces));
    for (const Bytes piece : pieces) room.insert(room.end(), piece.begin(), piece.end());
    return room;
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
    const auto main = find_box(meta, "pitm");
    if (!main) return corrupt("The HEIC does not say which of its pictures is the main one.");

    HeifItems found = TRY(list_heif_items(input));
    FullBox primary(*main);
    found.primary = primary.id(primary.version != 0);
    TRY(read_properties(meta, found));
    read_references(meta, found);
    return found;
}

}  // namespace imagemill::image
