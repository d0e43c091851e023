#include "image/test_metadata.h"

#include "image/test_files.h"

namespace imagemill::image::test {
namespace {

std::size_t even(std::size_t size) {
    return size + size % 2;
}

std::size_t width_of(int type) {
    if (type == 3) return 2;
    if (type == 4) return 4;
    return type == 5 ? 8 : 1;
}

std::size_t size_of(const std::vector<ExifTag>& tags) {
    std::size_t size = 2 + tags.size() * 12 + 4;
    for (const ExifTag& tag : tags) size += tag.value.size() > 4 ? even(tag.value.size()) : 0;
    return size;
}

void write(const std::vector<ExifTag>& tags, std::size_t at, std::size_t next, Writer& writer) {
    writer.u16(tags.size());
    std::string values;
    const std::size_t values_at = at + 2 + tags.size() * 12 + 4;
    for (const ExifTag& tag : tags) {
        writer.u16(tag.tag).u16(tag.type).u32(tag.value.size() / width_of(tag.type));
        if (tag.value.size() <= 4) {
            writer.text(tag.value).text(std::string(4 - tag.value.size(), '\0'));
            continue;
        }
        writer.u32(values_at + values.size());
        values += tag.value;
        values.resize(even(values.size()));
    }
    writer.u32(next).text(values);
}

}  // namespace

std::string exif_of(const ExifBlock& block) {
    std::vector<ExifTag> image = block.image;
    const std::size_t pointers =
        (block.camera.empty() ? 0U : 1U) + (block.position.empty() ? 0U : 1U);
    const std::size_t camera_at = 8 + size_of(image) + pointers * 12;
    const std::size_t position_at = camera_at + (block.camera.empty() ? 0 : size_of(block.camera));
    const std::size_t next = position_at + (block.position.empty() ? 0 : size_of(block.position));
    const auto place = [&](std::size_t at) { return Writer(block.endian).u32(at).out(); };
    if (!block.camera.empty()) image.push_back({0x8769, place(camera_at), 4});
    if (!block.position.empty()) image.push_back({0x8825, place(position_at), 4});
    Writer writer(block.endian);
    writer.text(block.endian == Endian::big ? "MM" : "II").u16(42).u32(8);
    write(image, 8, block.thumbnail ? next : 0, writer);
    if (!block.camera.empty()) write(block.camera, camera_at, 0, writer);
    if (!block.position.empty()) write(block.position, position_at, 0, writer);
    if (block.thumbnail) {
        write({{0x0201, place(0), 4}, {0x0202, place(4), 4}}, next, 0, writer);
    }
    return writer.out();
}

std::string xmp_of(std::string_view properties) {
    std::string packet =
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta "
        "xmlns:x='adobe:ns:meta/'><rdf:RDF "
        "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<rdf:Description rdf:about=''>";
    packet.append(properties);
    return packet + "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>";
}

std::string jpeg_segment(int marker, std::string_view body) {
    Writer writer(Endian::big);
    writer.u8(0xff).u8(static_cast<std::uint64_t>(marker)).u16(body.size() + 2).text(body);
    return writer.out();
}

std::string exif_segment(std::string_view block) {
    return jpeg_segment(0xe1, std::string("Exif\0\0", 6).append(block));
}

std::string xmp_segment(std::string_view packet) {
    return jpeg_segment(0xe1, std::string("http://ns.adobe.com/xap/1.0/\0", 29).append(packet));
}

std::string jpeg_with(const std::vector<std::string>& segments) {
    return insert_segments(jpeg({}), segments);
}

std::string insert_segments(std::string_view jpeg, const std::vector<std::string>& segments) {
    std::string file(jpeg.substr(0, 2));
    for (const std::string& segment : segments) file += segment;
    return file.append(jpeg.substr(2));
}

std::string gif_with(std::string_view extension) {
    std::string file = gif({});
    return file.insert(file.size() - 1, extension);
}

// XMP part 3, 1.1.2: the packet as it is, then a trailer that leads any reader of blocks out.
std::string gif_xmp(std::string_view packet) {
    Writer writer(Endian::little);
    writer.u8(0x21).u8(0xff).u8(11).text("XMP DataXMP").text(packet).u8(1);
    for (std::uint64_t i = 0; i < 256; ++i) writer.u8(255 - i);
    return writer.u8(0).out();
}

std::string heif_with(const std::vector<HeifItem>& items) {
    const auto full = [](std::uint64_t version) { return Writer(Endian::big).u32(version << 24); };
    Writer list = full(0);
    list.u16(items.size());
    std::uint64_t id = 1;
    for (const HeifItem& item : items) {
        Writer info = full(2);
        info.u16(id++).u16(0).text(item.type).u8(0);
        if (item.type == "mime") info.text(std::string_view("application/rdf+xml\0", 20));
        list.text(box("infe", info.out()));
    }
    std::vector<Scattered> stored;
    for (const HeifItem& item : items) stored.push_back(scatter(item.data, item.pieces));
    const std::string brand = box("ftyp", "avif" + std::string(4, '\0') + "mif1");
    // The table's size does not depend on the places in it.
    const auto meta = [&](std::size_t at) {
        Writer places = full(0);
        places.u8(0x44).u8(0).u16(items.size());
        std::uint64_t number = 1;
        for (const Scattered& item : stored) {
            places.u16(number++).u16(0).u16(item.pieces.size());
            for (const auto& piece : item.pieces) places.u32(at + piece.at).u32(piece.size);
            at += item.bytes.size();
        }
        return box("meta", full(0).out() + box("iinf", list.out()) + box("iloc", places.out()));
    };
    std::string data;
    for (const Scattered& item : stored) data += item.bytes;
    return brand + meta(brand.size() + meta(0).size() + 8) + box("mdat", data);
}

}  // namespace imagemill::image::test
