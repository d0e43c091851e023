#include "image/test_files.h"

namespace imagemill::image::test {

std::string exif_block(int orientation, Endian endian) {
    Writer writer(endian);
    writer.text(endian == Endian::big ? "MM" : "II").u16(42).u32(8).u16(1);
    writer.u16(0x0112).u16(3).u32(1).u16(static_cast<std::uint64_t>(orientation)).u16(0).u32(0);
    return writer.out();
}

std::string jpeg(const JpegHeader& header) {
    Writer writer(Endian::big);
    writer.u16(0xffd8);
    if (!header.exif.empty()) {
        const std::string body = std::string("Exif\0\0", 6) + header.exif;
        writer.u16(0xffe1).u16(body.size() + 2).text(body);
    }
    const auto components = static_cast<std::uint64_t>(header.components);
    writer.u8(0xff).u8(static_cast<std::uint64_t>(header.marker)).u16(8 + 3 * components);
    writer.u8(static_cast<std::uint64_t>(header.precision));
    writer.u16(static_cast<std::uint64_t>(header.height));
    writer.u16(static_cast<std::uint64_t>(header.width)).u8(components);
    for (std::uint64_t i = 1; i <= components; ++i) writer.u8(i).u8(0x11).u8(0);
    writer.u16(0xffda).u16(2).u16(0xffd9);
    return writer.out();
}

std::string png_chunk(std::string_view type, std::string_view body) {
    return Writer(Endian::big).u32(body.size()).text(type).text(body).u32(0).out();
}

std::string png(std::uint32_t width, std::uint32_t height, int colour_type,
                std::string_view more_chunks) {
    Writer header(Endian::big);
    header.u32(width).u32(height).u8(8).u8(static_cast<std::uint64_t>(colour_type)).u24(0);
    std::string out = "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header.out());
    out += more_chunks;
    return out + png_chunk("IDAT", "") + png_chunk("IEND", "");
}

std::string gif(const GifHeader& header) {
    Writer writer(Endian::little);
    const auto width = static_cast<std::uint64_t>(header.width);
    const auto height = static_cast<std::uint64_t>(header.height);
    writer.text("GIF89a").u16(width).u16(height).u8(0x80).u16(0).u24(0).u24(0xffffff);
    for (int i = 0; i < header.frames; ++i) {
        writer.u16(0xf921).u8(4).u8(header.transparent ? 1 : 0).u16(10).u8(0).u8(0);
        writer.u8(0x2c).u16(0).u16(0).u16(width).u16(height).u8(0);
        writer.u8(2).u8(1).u8(0x2c).u8(0);  // LZW: clear, end.
    }
    writer.u8(0x3b);
    return writer.out();
}

std::string webp_chunk(std::string_view type, std::string_view body) {
    Writer writer(Endian::little);
    writer.text(type).u32(body.size()).text(body);
    if (body.size() % 2 == 1) writer.u8(0);
    return writer.out();
}

std::string webp(std::string_view chunks) {
    return Writer(Endian::little)
        .text("RIFF")
        .u32(4 + chunks.size())
        .text("WEBP")
        .text(chunks)
        .out();
}

std::string webp_canvas(int flags, int width, int height) {
    Writer writer(Endian::little);
    writer.u8(static_cast<std::uint64_t>(flags)).u24(0);
    writer.u24(static_cast<std::uint64_t>(width - 1)).u24(static_cast<std::uint64_t>(height - 1));
    return writer.out();
}

Scattered scatter(std::string_view whole, std::size_t count) {
    Scattered scattered{.pieces = std::vector<Scattered::Piece>(count)};
    for (std::size_t i = count; i > 0; --i) {
        const std::size_t from = whole.size() * (i - 1) / count;
        const std::size_t size = whole.size() * i / count - from;
        if (i < count) scattered.bytes += "between";
        scattered.pieces[i - 1] = {scattered.bytes.size(), size};
        scattered.bytes += whole.substr(from, size);
    }
    return scattered;
}

std::string box(std::string_view type, std::string_view body) {
    return Writer(Endian::big).u32(body.size() + 8).text(type).text(body).out();
}

std::string avif(const AvifHeader& header) {
    const auto full = [] { return Writer(Endian::big).u32(0); };
    const std::string ispe = box("ispe", full().u32(header.width).u32(header.height).out());
    std::string properties = ispe + header.properties;
    if (header.alpha) {
        const std::string urn("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", 44);
        properties += box("auxC", full().text(urn).out());
    }
    Writer ipma = full();
    ipma.u32(1).u16(1).u8(static_cast<std::uint64_t>(header.property_count) + 1);
    for (int i = 0; i <= header.property_count; ++i) ipma.u8(static_cast<std::uint64_t>(i) + 1);

    Writer infe(Endian::big);
    infe.u32(0x02000000).u16(1).u16(0).text(header.item_type).u8(0);
    const std::string meta = full().out() + box("pitm", full().u16(1).out()) +
                             box("iinf", full().u16(1).text(box("infe", infe.out())).out()) +
                             box("iprp", box("ipco", properties) + box("ipma", ipma.out()));
    return box("ftyp", header.brand + std::string(4, '\0') + "mif1") + box("meta", meta);
}

std::string tiff(const TiffHeader& header, std::string_view pixels) {
    constexpr std::uint64_t kEntries = 11;
    const std::uint64_t first = header.big ? 16 : 8;
    const std::uint64_t data = first + (header.big ? 8 + kEntries * 20 + 8 : 2 + kEntries * 12 + 4);
    Writer writer(header.endian);
    writer.text(header.endian == Endian::big ? "MM" : "II");
    if (header.big) {
        writer.u16(43).u16(8).u16(0).u64(first).u64(kEntries);
    } else {
        writer.u16(42).u32(first).u16(kEntries);
    }
    const auto number = [](int value) { return static_cast<std::uint64_t>(value); };
    const auto entry = [&](std::uint64_t tag, std::uint64_t value) {
        // One SHORT or LONG; it lies at the start of the value's field.
        const bool is_long = tag == 273 || tag == 279 || tag == 256 || tag == 257;
        writer.u16(tag).u16(is_long ? 4 : 3);
        header.big ? writer.u64(1) : writer.u32(1);
        is_long ? writer.u32(value) : writer.u16(value).u16(0);
        if (header.big) writer.u32(0);
    };
    entry(256, number(header.width));
    entry(257, number(header.height));
    entry(258, 8);
    entry(259, 1);
    entry(262, 2);
    entry(273, data);
    entry(274, number(header.orientation));
    entry(277, number(header.bands));
    entry(278, number(header.height));
    entry(279, pixels.size());
    entry(338, header.bands == 4 ? 2 : 0);
    header.big ? writer.u64(0) : writer.u32(0);
    writer.text(pixels);
    return writer.out();
}

std::string svg(std::string_view attributes, std::string_view inside) {
    std::string out = "<svg xmlns=\"http://www.w3.org/2000/svg\" ";
    out.append(attributes).append(">").append(inside).append("</svg>");
    return out;
}

}  // namespace imagemill::image::test
