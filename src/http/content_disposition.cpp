#include "http/content_disposition.h"

#include "base/encodings.h"

namespace imagemill::http {
namespace {

// The bytes of the character at text[0]; 0 where it is no valid UTF-8.
std::size_t character_length(std::string_view text) {
    for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length) {
        if (is_utf8(text.substr(0, length))) return length;
    }
    return 0;
}

// What would end the header, break the quotes or show the name in another order than it has:
// controls (C0, C1), quotes and backslashes, and Unicode's directional overrides (UAX #9 2).
bool is_dropped(std::string_view character) {
    if (character.size() == 1) {
        const char c = character[0];
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '"' || c == '\\';
    }
    const bool is_c1 = character.size() == 2 && character >= "\xC2\x80" && character <= "\xC2\x9F";
    const bool is_directional = (character >= "\u202A" && character <= "\u202E") ||
                                (character >= "\u2066" && character <= "\u2069");
    return is_c1 || (character.size() == 3 && is_directional);
}

struct Names {
    std::string full;   // UTF-8.
    std::string plain;  // ASCII.
};

Names clean(std::string_view filename) {
    Names names;
    while (!filename.empty()) {
        const std::size_t length = character_length(filename);
        const std::string_view character = length == 0 ? "_" : filename.substr(0, length);
        filename.remove_prefix(std::max<std::size_t>(1, length));
        if (is_dropped(character)) continue;
        const bool is_slash = character == "/";
        names.full += is_slash ? "_" : character;
        // RFC 6266, appendix D: some receivers decode a "%" in the plain form, so it has none.
        names.plain += length > 1 || is_slash || character == "%" ? "_" : character;
    }
    return names;
}

}  // namespace

std::string format_content_disposition(Disposition disposition, std::string_view filename) {
    std::string header = disposition == Disposition::attachment ? "attachment" : "inline";
    const Names names = clean(filename);
    if (names.full.empty()) return header;
    header += "; filename=\"" + names.plain + "\"";
    if (names.full != names.plain) {
        header += "; filename*=UTF-8''" + percent_encode(names.full, Slash::encode);
    }
    return header;
}

}  // namespace imagemill::http
