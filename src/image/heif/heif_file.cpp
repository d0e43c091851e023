#include "image/heif/heif_file.h"

#include <algorithm>
#include <cmath>

#include "image/heif/heif_items.h"
#include "image/limits.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

Result<Size> size_of_item(const HeifItem& item, const Limits& limits) {
    ByteReader reader(item.property("ispe"), Endian::big);
    reader.skip(4);
    const std::uint32_t width = reader.u32();
    const std::uint32_t height = reader.u32();
    constexpr std::uint32_t kSideMax = 0x7fff'ffff;
    if (!reader.ok() || width == 0 || height == 0 || width > kSideMax || height > kSideMax) {
        return corrupt("The HEIC does not say how large it is.");
    }
    const Size size{static_cast<int>(width), static_cast<int>(height)};
    TRY(check_limits({.format = Format::heic, .width = size.width, .height = size.height}, limits));
    return size;
}

Result<HeifTiles> one_tile(const HeifItem& item, const Limits& limits) {
    const Size size = TRY(size_of_item(item, limits));
    const Bytes config = item.property("hvcC");
    if (config.empty()) return corrupt("The HEIC does not say how its picture is coded.");
    if (item.pieces.empty()) {
        return unsupported(
            "The HEIC's picture lies in another file or in too many pieces, which is not read "
            "here.");
    }
    return HeifTiles{.size = size, .tile = size, .config = config, .tiles = {item.pieces}};
}

// 23008-12 6.6.2.3
Result<HeifTiles> parse_grid(const HeifItem& item, Size size) {
    Buffer room;
    ByteReader reader(join(item.pieces, room), Endian::big);
    reader.skip(1);
    const bool wide = (reader.u8() & 1) != 0;
    HeifTiles grid{.size = size, .tile = {}};
    grid.rows = reader.u8() + 1;
    grid.columns = reader.u8() + 1;
    const std::uint32_t width = wide ? reader.u32() : reader.u16();
    const std::uint32_t height = wide ? reader.u32() : reader.u16();
    const bool agrees = width == static_cast<std::uint32_t>(size.width) &&
                        height == static_cast<std::uint32_t>(size.height);
    const auto count = static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns);
    if (reader.ok() && agrees && count == item.made_of.size()) return grid;
    return corrupt("The HEIC's tiles do not make up its picture.");
}

bool covers(std::int64_t tile, int count, int whole) {
    return tile * count >= whole && tile * (count - 1) < whole;
}

Result<HeifTiles> all_tiles(const HeifItems& file, const HeifItem& item, const Limits& limits) {
    if (item.type == "hvc1") return one_tile(item, limits);
    if (item.type != "grid") {
        return unsupported(
            "The HEIC's main picture is neither coded as HEVC nor a grid of such tiles, and is "
            "not read here.");
    }
    const Size size = TRY(size_of_item(item, limits));
    HeifTiles grid = TRY(parse_grid(item, size));
    for (const std::uint32_t id : item.made_of) {
        const auto part = file.items.find(id);
        if (part == file.items.end() || part->second.type != "hvc1") {
            return corrupt("The HEIC lacks a tile of its picture.");
        }
        HeifTiles tile = TRY(one_tile(part->second, limits));
        if (grid.tiles.empty()) {
            grid.tile = tile.size;
            grid.config = tile.config;
        }
        if (grid.tile != tile.size || !std::ranges::equal(grid.config, tile.config)) {
            return unsupported("The HEIC's tiles are not all alike, which is not read here.");
        }
        grid.tiles.push_back(tile.tiles.front());
    }
    if (covers(grid.tile.width, grid.columns, grid.size.width) &&
        covers(grid.tile.height, grid.rows, grid.size.height)) {
        return grid;
    }
    return corrupt("The HEIC's tiles do not make up its picture.");
}

// 14496-12 12.1.4: the part that is shown, as fractions; its middle is so far from the whole's.
void read_clean_aperture(Bytes body, Size stored, HeifFile& file) {
    ByteReader reader(body, Endian::big);
    const auto fraction = [&reader] {
        const auto above = static_cast<std::int32_t>(reader.u32());
        const std::uint32_t below = reader.u32();
        return below == 0 ? 0.0 : static_cast<double>(above) / below;
    };
    const double width = fraction(), height = fraction(), right = fraction(), down = fraction();
    const Size whole = turned(stored, file.turn);
    if (!reader.ok() || width < 1 || height < 1) return;
    const auto cut = [](double length, double offset, int all, int& from, int& size) {
        size = static_cast<int>(std::min<double>(std::floor(length), all));
        const double start = std::clamp<double>((all - size) / 2.0 + offset, 0, all - size);
        from = static_cast<int>(start);
    };
    Rect shown;
    cut(width, right, whole.width, shown.x, shown.width);
    cut(height, down, whole.height, shown.y, shown.height);
    file.part = turned(shown, whole, inverse(file.turn));
}

// In the order they are listed, each on what the ones before gave.
void read_transforms(const HeifItem& item, HeifFile& file) {
    for (const BoxView& box : item.properties) {
        const int value = box.body.empty() ? 0 : std::to_integer<int>(box.body.front());
        if (box.type == "clap") read_clean_aperture(box.body, file.color.size, file);
        // Quarters, anticlockwise.
        if (box.type == "irot") file.turn = then(file.turn, turn_by((4 - (value & 3)) % 4 * 90));
        if (box.type == "imir") {
            const Flip flip = (value & 1) == 0 ? Flip::vertical : Flip::horizontal;
            file.turn = then(file.turn, turn_by(flip));
        }
    }
}

// A file may say it both ways; the profile says more.
void read_colors(const HeifItem& item, HeifFile& file) {
    for (const BoxView& box : item.properties) {
        if (box.type != "colr") continue;
        ByteReader reader(box.body, Endian::big);
        const std::string_view kind = reader.text(4);
        if (kind == "prof" || kind == "rICC") file.icc_profile = reader.rest();
        if (kind != "nclx") continue;
        HeifColor color;
        color.primaries = reader.u16();
        color.transfer = reader.u16();
        color.matrix = reader.u16();
        color.full_range = (reader.u8() & 0x80) != 0;
        if (reader.ok()) file.nclx = color;
    }
}

bool is_alpha(const HeifItem& item) {
    const Bytes body = item.property("auxC");
    if (body.size() < 4) return false;
    const std::string_view kind = as_text(body.subspan(4));
    return kind.starts_with("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha") ||
           kind.starts_with("urn:mpeg:hevc:2015:auxid:1");
}

Result<void> read_alpha(const HeifItems& items, const Limits& limits, HeifFile& file) {
    for (const auto& [id, item] : items.items) {
        const bool belongs =
            std::ranges::find(item.auxiliary_of, items.primary) != item.auxiliary_of.end();
        if (!belongs || !is_alpha(item)) continue;
        file.alpha = TRY(all_tiles(items, item, limits));
        if (file.alpha->size == file.color.size) return {};
        return unsupported("The HEIC's transparency has another size than its picture.");
    }
    return {};
}

}  // namespace

Result<HeifFile> parse_heif(Bytes input, const Limits& limits) {
    const HeifItems items = TRY(parse_heif_items(input));
    const auto primary = items.items.find(items.primary);
    if (primary == items.items.end()) {
        return corrupt("The HEIC does not say which of its pictures is the main one.");
    }
    HeifFile file;
    file.color = TRY(all_tiles(items, primary->second, limits));
    file.part = {0, 0, file.color.size.width, file.color.size.height};
    read_transforms(primary->second, file);
    read_colors(primary->second, file);
    // A grid's colours may be said of its tiles alone.
    if (!file.nclx && file.icc_profile.empty() && !primary->second.made_of.empty()) {
        read_colors(items.items.at(primary->second.made_of.front()), file);
    }
    TRY(read_alpha(items, limits, file));
    return file;
}

}  // namespace imagemill::image
