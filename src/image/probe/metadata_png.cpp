#include <algorithm>
#include <array>

#include "image/probe/byte_reader.h"
#include "image/probe/metadata.h"

namespace imagemill::image {
namespace {

struct Row {
    std::string_view keyword;
    Fact fact;
};

// The keywords that PNG itself gives a meaning; Software, Disclaimer, Warning and Source tell
// nothing of people and places. Any other is somebody's own description.
constexpr std::array kRows{
    Row{"Author", Fact::author},
    Row{"Copyright", Fact::author},
    Row{"Creation Time", Fact::time},
};
constexpr std::array<std::string_view, 4> kSilent{"Software", "Disclaimer", "Warning", "Source"};

Fact fact_of(std::string_view keyword) {
    if (keyword.starts_with("date:")) return Fact::time;  // As ImageMagick has it.
    const auto row = std::ranges::find(kRows, keyword, &Row::keyword);
    return row == kRows.end() ? Fact::description : row->fact;
}

void read_text(std::string_view type, Bytes chunk, FoundMetadata& found) {
    const std::string_view text = as_text(chunk);
    const std::string_view keyword = text.substr(0, text.find('\0'));
    if (keyword.size() == text.size()) return;
    std::string_view value = text.substr(keyword.size() + 1);
    const bool is_international = type == "iTXt";
    const bool is_compressed = type == "zTXt" || (is_international && value.starts_with('\1'));
    if (is_international) {
        // Compressed or not and how, then a language and the keyword in it.
        value.remove_prefix(std::min<std::size_t>(value.size(), 2));
        for (int i = 0; i < 2; ++i) {
            const std::size_t end = value.find('\0');
            value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
        }
    }
    if (value.empty() || std::ranges::find(kSilent, keyword) != kSilent.end()) return;
    if (keyword == kPngXmpKeyword && !is_compressed) {
        add_xmp(as_bytes(value), found);
        return;
    }
    found.elsewhere |= only(fact_of(keyword));
    if (is_compressed) return;
    if (keyword == "Author") found.author = value;
    if (keyword == "Copyright") found.rights = value;
}

}  // namespace

FoundMetadata find_png_metadata(Bytes input) {
    FoundMetadata found;
    ByteReader reader(input, Endian::big);
    reader.skip(8);
    // Texts may follow the pixels.
    while (reader.remaining() >= 12) {
        const std::uint32_t size = reader.u32();
        const std::string_view type = reader.text(4);
        const Bytes chunk = reader.take_up_to(size);
        reader.skip(4);
        if (type == "eXIf") add_exif(chunk, found);
        if (type == "tIME") found.elsewhere |= only(Fact::time);
        if (type == "tEXt" || type == "zTXt" || type == "iTXt") read_text(type, chunk, found);
        if (type == "IEND") break;
    }
    return found;
}

}  // namespace imagemill::image
