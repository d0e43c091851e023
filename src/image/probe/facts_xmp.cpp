#include <algorithm>
#include <array>

#include "image/probe/facts.h"
#include "image/probe/xml_scan.h"

namespace imagemill::image {
namespace {

struct Row {
    std::string_view name;  // Without its prefix, which any packet may choose for itself.
    Fact fact;
};

constexpr std::array kRows{
    Row{"GPSLatitude", Fact::location},
    Row{"GPSLongitude", Fact::location},
    Row{"GPSAltitude", Fact::location},
    Row{"GPSDestLatitude", Fact::location},
    Row{"GPSDestLongitude", Fact::location},
    Row{"GPSAreaInformation", Fact::location},
    Row{"City", Fact::location},
    Row{"State", Fact::location},
    Row{"ProvinceState", Fact::location},
    Row{"Country", Fact::location},
    Row{"CountryCode", Fact::location},
    Row{"CountryName", Fact::location},
    Row{"Location", Fact::location},
    Row{"Sublocation", Fact::location},
    Row{"LocationCreated", Fact::location},
    Row{"LocationShown", Fact::location},
    Row{"SerialNumber", Fact::serial_number},
    Row{"BodySerialNumber", Fact::serial_number},
    Row{"CameraSerialNumber", Fact::serial_number},
    Row{"LensSerialNumber", Fact::serial_number},
    Row{"Make", Fact::camera},
    Row{"Model", Fact::camera},
    Row{"Lens", Fact::camera},
    Row{"LensInfo", Fact::camera},
    Row{"LensMake", Fact::camera},
    Row{"LensModel", Fact::camera},
    Row{"creator", Fact::author},
    Row{"contributor", Fact::author},
    Row{"publisher", Fact::author},
    Row{"rights", Fact::author},
    Row{"UsageTerms", Fact::author},
    Row{"Artist", Fact::author},
    Row{"Copyright", Fact::author},
    Row{"Credit", Fact::author},
    Row{"CaptionWriter", Fact::author},
    Row{"AuthorsPosition", Fact::author},
    Row{"CreatorContactInfo", Fact::author},
    Row{"Owner", Fact::author},
    Row{"OwnerName", Fact::author},
    Row{"CameraOwnerName", Fact::author},
    Row{"date", Fact::time},
    Row{"when", Fact::time},
    Row{"CreateDate", Fact::time},
    Row{"ModifyDate", Fact::time},
    Row{"MetadataDate", Fact::time},
    Row{"DateCreated", Fact::time},
    Row{"DateTime", Fact::time},
    Row{"DateTimeOriginal", Fact::time},
    Row{"DateTimeDigitized", Fact::time},
    Row{"GPSTimeStamp", Fact::time},
    Row{"title", Fact::description},
    Row{"description", Fact::description},
    Row{"subject", Fact::description},
    Row{"hierarchicalSubject", Fact::description},
    Row{"Headline", Fact::description},
    Row{"Event", Fact::description},
    Row{"Instructions", Fact::description},
    Row{"ImageDescription", Fact::description},
    Row{"UserComment", Fact::description},
    Row{"PersonInImage", Fact::description},
    Row{"Regions", Fact::description},  // Faces, with their names.
    Row{"Thumbnails", Fact::thumbnail},
};

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

// The syntax of RDF itself says nothing.
bool is_syntax(std::string_view name) {
    return name.starts_with("rdf:") || name.starts_with("xml");
}

class Reading final {
  public:
    void open(const XmlToken& token) {
        if (depth_ > 0) {
            if (!token.is_empty) ++depth_;
        } else if (const Facts found = facts_named(token.name); found.any() && !token.is_empty) {
            inside_ = found;
            depth_ = 1;
        }
        for (const XmlAttribute& attribute : token.attributes) {
            if (is_syntax(attribute.name) || is_blank(attribute.value)) continue;
            facts_ |= facts_named(attribute.name);
            // A structure may be written as attributes of its element.
            facts_ |= depth_ > 0 ? inside_ : facts_named(token.name);
        }
    }
    void close() {
        if (depth_ > 0) --depth_;
    }
    void text(std::string_view text) {
        if (depth_ > 0 && !is_blank(text)) facts_ |= inside_;
    }
    const Facts& facts() const { return facts_; }

  private:
    static Facts facts_named(std::string_view name) {
        const auto row = std::ranges::find(kRows, local_name(name), &Row::name);
        return row == kRows.end() ? Facts() : only(row->fact);
    }

    Facts facts_;
    Facts inside_;   // Of the property that the scan is in,
    int depth_ = 0;  // so many elements deep; 0: in none.
};

}  // namespace

Facts facts_of_xmp(std::string_view packet) {
    // UTF-16 and UTF-32 read like UTF-8 without their zeros, as far as the names go.
    std::string plain;
    if (packet.find('\0') != std::string_view::npos) {
        std::ranges::copy_if(packet, std::back_inserter(plain), [](char c) { return c != '\0'; });
        packet = plain;
    }
    // What stands before the XML, a byte order mark for one, is no part of it.
    packet.remove_prefix(std::min(packet.find('<'), packet.size()));
    XmlScanner scanner(packet);
    XmlToken token;
    Reading reading;
    while (scanner.next(token) && token.kind != XmlToken::Kind::end) {
        if (token.kind == XmlToken::Kind::open) reading.open(token);
        if (token.kind == XmlToken::Kind::close) reading.close();
        if (token.kind == XmlToken::Kind::text) reading.text(token.text);
    }
    return reading.facts();
}

}  // namespace imagemill::image
