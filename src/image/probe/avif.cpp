// Source: ISO/IEC 14496-12 (boxes), ISO/IEC 23008-12 (meta, pitm, iinf, iprp, ispe, irot, imir,
//         auxC), AV1 Image File Format 1.1 (brands).
#include <optional>

#include "image/probe/boxes.h"
#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

std::uint32_t primary_item(Bytes meta) {
    const auto body = find_box(meta, "pitm");
    if (!body) return 0;
    FullBox box(*body);
    return box.id(box.version != 0);
}

// "av01", "grid", "hvc1"; empty where the item is not listed.
std::string_view type_of_item(Bytes meta, std::uint32_t item) {
    const auto body = find_box(meta, "iinf");
    if (!body) return {};
    FullBox list(*body);
    list.id(list.version != 0);
    while (const auto entry = take_box(list.reader)) {
        if (entry->type != "infe") continue;
        FullBox info(entry->body);
        if (info.version < 2) continue;
        const std::uint32_t id = info.id(info.version != 2);
        info.reader.skip(2);
        if (id == item) return info.reader.text(4);
    }
    return {};
}

// What the properties of one item say, in the order they are listed.
struct Properties {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    int quarter_turns = 0;        // irot, anticlockwise.
    std::optional<int> mirrored;  // imir: 0 swaps top and bottom, 1 left and right.
    bool mirrored_before_turn = false;
};

// 23008-12 6.5.9: the part that is shown, as fractions.
void read_clean_aperture(Bytes body, Properties& properties) {
    ByteReader reader(body, Endian::big);
    const std::uint32_t width = reader.u32();
    const std::uint32_t width_unit = reader.u32();
    const std::uint32_t height = reader.u32();
    const std::uint32_t height_unit = reader.u32();
    if (!reader.ok() || width_unit == 0 || height_unit == 0) return;
    if (width / width_unit == 0 || height / height_unit == 0) return;
    properties.width = std::min(properties.width, width / width_unit);
    properties.height = std::min(properties.height, height / height_unit);
}

void read_property(const BoxView& box, Properties& properties) {
    ByteReader reader(box.body, Endian::big);
    if (box.type == "ispe") {
        reader.skip(4);
        properties.width = reader.u32();
        properties.height = reader.u32();
    } else if (box.type == "clap") {
        read_clean_aperture(box.body, properties);
    } else if (box.type == "irot") {
        properties.quarter_turns = reader.u8() & 3;
    } else if (box.type == "imir") {
        properties.mirrored = reader.u8() & 1;
        properties.mirrored_before_turn = properties.quarter_turns == 0;
    }
}

std::optional<BoxView> property_at(Bytes container, std::uint32_t index) {
    ByteReader reader(container, Endian::big);
    for (std::uint32_t at = 1; const auto box = take_box(reader); ++at) {
        if (at == index) return box;
    }
    return std::nullopt;
}

Properties properties_of(Bytes iprp, std::uint32_t item) {
    Properties properties;
    const auto container = find_box(iprp, "ipco");
    const auto associations = find_box(iprp, "ipma");
    if (!container || !associations) return properties;
    FullBox box(*associations);
    const bool wide = (box.flags & 1) != 0;
    std::uint32_t left = box.reader.u32();
    for (; left > 0 && box.reader.ok(); --left) {
        const std::uint32_t id = box.id(box.version != 0);
        const int count = box.reader.u8();
        for (int i = 0; i < count; ++i) {
            const std::uint32_t index = wide ? box.reader.u16() & 0x7fffU : box.reader.u8() & 0x7fU;
            if (id != item) continue;
            const auto property = property_at(*container, index);
            if (property) read_property(*property, properties);
        }
        if (id == item) break;
    }
    return properties;
}

bool has_alpha_plane(Bytes iprp) {
    const auto container = find_box(iprp, "ipco");
    if (!container) return false;
    ByteReader reader(*container, Endian::big);
    while (const auto box = take_box(reader)) {
        if (box->type != "auxC" || box->body.size() < 4) continue;
        if (starts_with(box->body.subspan(4), "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")) {
            return true;
        }
    }
    return false;
}

// Exif's number for "turn anticlockwise, then mirror". A mirror before the turn is the other
// mirror after it when the turn is a quarter; the two that differ swap.
int exif_number(const Properties& properties) {
    constexpr int kTurned[] = {1, 8, 3, 6};
    constexpr int kTurnedThenTopBottom[] = {4, 5, 2, 7};
    constexpr int kTurnedThenLeftRight[] = {2, 7, 4, 5};
    const int turns = properties.quarter_turns;
    if (!properties.mirrored) return kTurned[turns];
    const bool left_right =
        (*properties.mirrored == 1) != (properties.mirrored_before_turn && turns % 2 == 1);
    return left_right ? kTurnedThenLeftRight[turns] : kTurnedThenTopBottom[turns];
}

}  // namespace

bool sniff_avif(Bytes input) {
    return has_brand(input, {"avif", "avis"});
}

Result<Info> probe_avif(Bytes input, const Limits& limits) {
    const auto meta_box = find_box(input, "meta");
    if (!meta_box && find_box(input, "moov")) {
        return unsupported("The AVIF holds a film and no still, which is not read here.");
    }
    if (!meta_box || meta_box->size() < 4) {
        return corrupt("The AVIF ends before it says what is in it.");
    }
    const Bytes meta = meta_box->subspan(4);
    const std::uint32_t item = primary_item(meta);
    const std::string_view type = type_of_item(meta, item);
    if (type == "hvc1") return probe_heic(input, limits);
    if (type.empty())
        return corrupt("The AVIF does not say which of its pictures is the main one.");
    if (type != "av01" && type != "grid" && type != "iovl" && type != "iden") {
        return unsupported("The AVIF's main picture is not coded as AV1 and is not read here.");
    }
    const auto iprp = find_box(meta, "iprp");
    if (!iprp) return corrupt("The AVIF does not say how large it is.");
    const Properties properties = properties_of(*iprp, item);
    constexpr std::uint32_t kSideMax = 0x7fff'ffff;
    if (properties.width == 0 || properties.height == 0 || properties.width > kSideMax ||
        properties.height > kSideMax) {
        return corrupt("The AVIF does not say how large it is.");
    }
    Info info{.format = Format::avif,
              .width = static_cast<int>(properties.width),
              .height = static_cast<int>(properties.height),
              .has_alpha = has_alpha_plane(*iprp)};
    orient(info, exif_number(properties));
    return info;
}

}  // namespace imagemill::image
