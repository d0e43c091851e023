#include "image/probe/facts.h"

#include <algorithm>
#include <array>

#include "image/probe/byte_reader.h"

namespace imagemill::image {
namespace {

constexpr std::array<std::string_view, kFactCount> kNames{
    "location", "serial_number", "camera", "author", "time", "description", "thumbnail"};

// The data sets of IIM's record 2.
struct Row {
    std::uint8_t data_set;
    Fact fact;
};
constexpr std::array kRows{
    Row{5, Fact::description},    // Object name
    Row{25, Fact::description},   // Keywords
    Row{26, Fact::location},      // Content location code
    Row{27, Fact::location},      // Content location name
    Row{40, Fact::description},   // Special instructions
    Row{55, Fact::time},          // Date created
    Row{60, Fact::time},          // Time created
    Row{62, Fact::time},          // Digital creation date
    Row{63, Fact::time},          // Digital creation time
    Row{80, Fact::author},        // By-line
    Row{85, Fact::author},        // By-line title
    Row{90, Fact::location},      // City
    Row{92, Fact::location},      // Sub-location
    Row{95, Fact::location},      // Province or state
    Row{100, Fact::location},     // Country code
    Row{101, Fact::location},     // Country
    Row{105, Fact::description},  // Headline
    Row{110, Fact::author},       // Credit
    Row{115, Fact::author},       // Source
    Row{116, Fact::author},       // Copyright notice
    Row{118, Fact::author},       // Contact
    Row{120, Fact::description},  // Caption
    Row{122, Fact::author},       // Caption's writer
};

constexpr std::uint8_t kByLine = 80;
constexpr std::uint8_t kCopyrightNotice = 116;

bool is_blank(std::string_view text) {
    return text.find_first_not_of(std::string_view(" \t\r\n\0", 5)) == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Fact fact) {
    return kNames[static_cast<std::size_t>(fact)];
}

std::vector<std::string> names_of(const Facts& facts) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < kFactCount; ++i) {
        if (facts.test(i)) names.emplace_back(kNames[i]);
    }
    return names;
}

// IIM 4.2, 1.5: a marker, record, data set and size before each value.
IptcSays read_iptc(Bytes records) {
    IptcSays says;
    ByteReader reader(records, Endian::big);
    while (reader.remaining() >= 5 && reader.u8() == 0x1c) {
        const std::uint8_t record = reader.u8();
        const std::uint8_t data_set = reader.u8();
        const std::uint16_t size = reader.u16();
        if (size >= 0x8000) break;  // Of a length in so many bytes: pictures have none.
        const std::string_view value = as_text(reader.take_up_to(size));
        const auto row = std::ranges::find(kRows, data_set, &Row::data_set);
        if (record != 2 || row == kRows.end() || is_blank(value)) continue;
        says.facts |= only(row->fact);
        if (data_set == kByLine && says.author.empty()) says.author = value;
        if (data_set == kCopyrightNotice && says.rights.empty()) says.rights = value;
    }
    return says;
}

}  // namespace imagemill::image
