#include "image/heif/test_heic.h"

#include "base/encodings.h"
#include "image/heif/heif_file.h"
#include "image/test_files.h"

namespace imagemill::image::test {
namespace {

constexpr std::string_view kQuarters =
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAQQAAACNpaW5mAAAAAAAB"
    "AAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADw"
    "MgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgA"
    "AAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAA"
    "AAAAAAAAEAAQOBAoMAAABJbWRhdAAAAD0oAa8GOFr8/Tf5Je///6pG+h/pNfmwlfy3q//6fu///QMhsZj9RKhG/bh0"
    "f/6n4MONB/HHHH/1wCHX5qdM";

constexpr std::string_view kOdd =
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAa5tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAACAAAAEGlkYXQAAAAAACEAFQAAADhpbG9jAQAAAERAAAIAAQAAAAAAAAHSAAEAAAAA"
    "AAABRAACAAEAAAAAAAAAAQAAAAAAAAAIAAAAOGlpbmYAAAAAAAIAAAAVaW5mZQIAAAEAAQAAaHZjMQAAAAAVaW5mZQ"
    "IAAAAAAgAAZ3JpZAAAAADZaXBycAAAALdpcGNvAAAAd2h2Y0MBBAgAAAAAAAAAAAAe8AD8//j4AAAPAyAAAQAXQAEM"
    "Af//BAgAAAMAnjgAAAMAAB66AkAhAAEAKkIBAQQIAAADAJ44AAADAAAekAQQILLdVdNc3AgIGBAAAAMAEAAAAwAQgC"
    "IAAQAIRAHBcxgwGJAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABRpc3BlAAAAAAAAACEAAAAVAAAAEHBpeGkAAAAAAwgI"
    "CAAAABppcG1hAAAAAAAAAAIAAQKBAgACAgOEAAAAGmlyZWYAAAAAAAAADmRpbWcAAgABAAEAAAFMbWRhdAAAAUAoAa"
    "8GMh95qnDkIlBcvb3F///lkvQ9/bkueuUgMsDECYRi81EdMuf83ymnD1GSAbvrz5z4P9OaP2IU0EopKAcB6/657/6U"
    "dsqIjAPtANsbN6Hm7j7Msr+fs+hpPgKtnMyE0gmVqlD+Hxw9ukcN5zhEkr/EKFAtx5XoQk1qFXsvzm5F1SEq5KPhBS"
    "3XjkwO9e/zbXagFLgCjq02rS/h3n8fwfB/xLxk+s7IA/m0icF2R4R/eBXaEdBImpwqGoQvyAl5+1lPeVjm3xoYBgZy"
    "3TmSDdwBK1Hf9XMmJUzCNozolpSmwLsvZZqAWVJosqGvNW/ySbCyKs4dFRfCnHh4IG570FOraI3cCcRXKz5fh7A8bL"
    "X2Rj8fx9jzhX/CX7t/u/PlsRPB5i1k2lO1NXFDDkpzH4/j7HnCv+Ev3b/d+dEDuQ==";

constexpr std::string_view kAlpha =
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAkVtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAABAAAANGlsb2MAAAAAREAAAgABAAAAAAJpAAEAAAAAAAAAQQACAAAAAAKqAAEAAAAA"
    "AAAAHAAAADhpaW5mAAAAAAACAAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAFWluZmUCAAAAAAIAAGh2YzEAAAABhGlwcn"
    "AAAAFfaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADwMgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgAAAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3"
    "BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAAAHJodmNDAQQIAAAAAAAAAAAAHvAA/Pz4+AAADwMgAAEAF0AB"
    "DAH//wQIAAADAJ/4AAADAAAeugJAIQABACZCAQEECAAAAwCf+AAAAwAAHsCCBBZbqSSmubAgAAADACAAAAMAISIAAQ"
    "AHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAADnBpeGkAAAAAAQgAAAAnYXV4QwAAAAB1cm46bXBlZzpoZXZj"
    "OjIwMTU6YXV4aWQ6MQAAAAAdaXBtYQAAAAAAAAACAAEDgQKDAAIEhAWGhwAAABppcmVmAAAAAAAAAA5hdXhsAAIAAQ"
    "ABAAAAZW1kYXQAAAA9KAGvBjha/P03+SXv//+qRvof6TX5sJX8t6v/+n7v//0DIbGY/USoRv24dH/+p+DDjQfxxxx/"
    "9cAh1+anTAAAABgoAa4McHUF8L/wlxFLq/6l8I+jFX+HI6w=";

constexpr std::string_view kDeep =
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUBtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFkAAEAAAAAAAAAQQAAACNpaW5mAAAAAAAB"
    "AAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAwGlwcnAAAACiaXBjbwAAAHZodmNDAQQIAAAAAAAAAAAAHvAA/P36+gAADw"
    "MgAAEAF0ABDAH//wQIAAADAJ24AAADAAAeugJAIQABACpCAQEECAAAAwCduAAAAwAAHqAggQTZbqSSmubgQEDAgAAA"
    "AwCAAAADAIQiAAEAB0QBwXKwIkAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaXhpAAAAAAMKCgoAAAAWaXBtYQAAAA"
    "AAAAABAAEDgQKDAAAASW1kYXQAAAA9KAGvBjha/P03+SXv//+pofof6UkRsJX8wOn/+n7v//0HWLGY/Th/xv25uD/+"
    "qSDy1B/HS4P/10x/X5tJkA==";

constexpr std::string_view kVideoRange =
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAUJtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAAA5waXRtAAAAAAABAAAAImlsb2MAAAAAREAAAQABAAAAAAFmAAEAAAAAAAAAQQAAACNpaW5mAAAAAAAB"
    "AAAAFWluZmUCAAAAAAEAAGh2YzEAAAAAwmlwcnAAAACkaXBjbwAAAHhodmNDAQNwAAAAAAAAAAAAHvAA/P34+AAADw"
    "MgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQCEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgQEDAgA"
    "AAMACAAAAwAIQCIAAQAHRAHBcrAiQAAAABRpc3BlAAAAAAAAAEAAAABAAAAAEHBpeGkAAAAAAwgICAAAABZpcG1hAA"
    "AAAAAAAAEAAQOBAoMAAABJbWRhdAAAAD0oAa8GOFr8/Tf5Je///6pG+h/pNfmwlfy3q//6fu///QMhsZj9RKhG/bh0"
    "f/6n4MONB/HHHH/1wCHX5qdM";

std::string_view base64_of(HeicSample sample) {
    switch (sample) {
        case HeicSample::quarters:
            return kQuarters;
        case HeicSample::odd:
            return kOdd;
        case HeicSample::alpha:
            return kAlpha;
        case HeicSample::deep:
            return kDeep;
        case HeicSample::video_range:
            return kVideoRange;
    }
    return {};
}

std::string full_box(std::string_view type, std::uint64_t version, const Writer& body) {
    Writer head(Endian::big);
    head.u8(version).u24(0);
    return box(type, head.out() + body.out());
}

Writer big() {
    return Writer(Endian::big);
}

std::string size_box(Size size) {
    const auto number = [](int value) { return static_cast<std::uint64_t>(value); };
    return full_box("ispe", 0, big().u32(number(size.width)).u32(number(size.height)));
}

std::string type_box(std::uint64_t id, std::string_view type) {
    return full_box("infe", 2, big().u16(id).u16(0).text(type).u8(0));
}

std::string grid_body(const HeicLayout& layout) {
    const auto number = [](int value) { return static_cast<std::uint64_t>(value); };
    return big()
        .u8(0)
        .u8(0)
        .u8(number(layout.rows - 1))
        .u8(number(layout.columns - 1))
        .u16(number(layout.size.width))
        .u16(number(layout.size.height))
        .out();
}

}  // namespace

Buffer heic(HeicSample sample) {
    return *parse_base64(base64_of(sample));
}

std::string heic_grid(const HeicLayout& layout) {
    const Buffer file = heic(HeicSample::quarters);
    const HeifFile parsed = *parse_heif(file, {});
    const std::string config(as_text(parsed.color.config));
    const Scattered tile = scatter(as_text(parsed.color.tiles.front().front()), layout.pieces);
    const auto tiles = static_cast<std::uint64_t>(layout.columns * layout.rows);
    const bool is_grid = tiles > 1;

    // 1 hvcC, 2 the tile's size, 3 the whole's, then what was asked for.
    std::string properties = box("hvcC", config) + size_box({64, 64}) + size_box(layout.size);
    for (const std::string& property : layout.properties) properties += property;
    Writer main_links = big().u16(1).u8((is_grid ? 1 : 2) + layout.properties.size());
    if (!is_grid) main_links.u8(1);
    main_links.u8(3);
    for (std::size_t i = 0; i < layout.properties.size(); ++i) main_links.u8(4 + i);

    const std::uint64_t items = is_grid ? tiles + 1 : 1;
    Writer list = big().u16(items), links = big().u32(items), references = big();
    list.text(type_box(1, is_grid ? "grid" : "hvc1"));
    links.text(main_links.out());
    const Scattered body = scatter(is_grid ? grid_body(layout) : "", layout.pieces);
    const std::string idat = is_grid ? box("idat", body.bytes) : "";
    Writer made_of = big().u16(1).u16(tiles);
    for (std::uint64_t id = 2; is_grid && id <= items; ++id) {
        list.text(type_box(id, "hvc1"));
        links.u16(id).u8(2).u8(1).u8(2);
        made_of.u16(id);
    }
    if (is_grid) references.text(box("dimg", made_of.out()));

    // Every tile lies at the same place, which the length of what comes before it decides.
    const auto write = [&](std::uint64_t tile_at) {
        Writer places = big().u16(0x4400).u16(items);
        for (std::uint64_t id = 1; id <= items; ++id) {
            const bool in_idat = is_grid && id == 1;
            places.u16(id).u16(in_idat ? 1 : 0).u16(0).u16(layout.pieces);
            for (const auto& piece : in_idat ? body.pieces : tile.pieces) {
                places.u32(piece.at + (in_idat ? 0 : tile_at)).u32(piece.size);
            }
        }
        const std::string meta = full_box("pitm", 0, big().u16(1)) + full_box("iinf", 0, list) +
                                 full_box("iloc", 1, places) + idat +
                                 box("iprp", box("ipco", properties) + full_box("ipma", 0, links)) +
                                 (is_grid ? full_box("iref", 0, references) : "");
        return box("ftyp", big().text("heic").u32(0).text("mif1heic").out()) +
               full_box("meta", 0, big().text(meta)) + box("mdat", tile.bytes);
    };
    return write(write(0).size() - tile.bytes.size());
}

}  // namespace imagemill::image::test
