#include "base/encodings.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/base64_lanes.h"

namespace imagemill {
namespace {

constexpr std::string_view kHexLower = "0123456789abcdef";
constexpr std::string_view kHexUpper = "0123456789ABCDEF";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

constexpr std::array<signed char, 256> make_base64_values() {
    std::array<signed char, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < kBase64.size(); ++i) {
        values[static_cast<unsigned char>(kBase64[i])] = static_cast<signed char>(i);
    }
    return values;
}
constexpr auto kBase64Values = make_base64_values();

constexpr bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

void append_percent(std::string& out, char c) {
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHexUpper[byte >> 4];
    out += kHexUpper[byte & 15];
}

enum class Plus { keep, space };

Result<std::string> decode_percents(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '+' && plus == Plus::space) {
            out += ' ';
        } else if (text[i] != '%') {
            out += text[i];
        } else {
            const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return Error{Code::invalid_argument, "A % at position " + std::to_string(i) +
                                                         " is not followed by two hex digits."};
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        }
    }
    return out;
}

// The length of the character at `text[0]`, 0 where it is no valid UTF-8 (RFC 3629, 4).
std::size_t utf8_length(std::string_view text) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && at(i) >= low && at(i) <= high;
    };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const unsigned low = lead == 0xE0 ? 0xA0 : 0x80;
        const unsigned high = lead == 0xED ? 0x9F : 0xBF;  // No surrogates.
        return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const unsigned low = lead == 0xF0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xF4 ? 0x8F : 0xBF;
        return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

// Whole groups of four from the front, up to what is no plain group; how many characters those
// were. A picture's base64 is nothing else.
std::size_t parse_groups(std::string_view text, Buffer& out) {
    out.resize(text.size() / 4 * 3 + kLaneSlack);
    std::size_t taken = decode_lanes(text, out.data());
    std::byte* to = out.data() + taken / 4 * 3;
    for (; taken + 4 <= text.size(); taken += 4) {
        const auto value = [&](std::size_t k) -> int {
            return kBase64Values[static_cast<unsigned char>(text[taken + k])];
        };
        const int a = value(0);
        const int b = value(1);
        const int c = value(2);
        const int d = value(3);
        if ((a | b | c | d) < 0) break;
        *to++ = static_cast<std::byte>(a << 2 | b >> 4);
        *to++ = static_cast<std::byte>((b & 15) << 4 | c >> 2);
        *to++ = static_cast<std::byte>((c & 3) << 6 | d);
    }
    out.resize(taken / 4 * 3);
    return taken;
}

}  // namespace

std::string format_hex(Bytes bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const std::byte byte : bytes) {
        out += kHexLower[std::to_integer<unsigned>(byte) >> 4];
        out += kHexLower[std::to_integer<unsigned>(byte) & 15];
    }
    return out;
}

Result<Buffer> parse_hex(std::string_view text) {
    if (text.size() % 2 != 0) {
        return Error{Code::invalid_argument, "Hex has an even number of digits; this has " +
                                                 std::to_string(text.size()) + "."};
    }
    Buffer out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const int high = hex_value(text[i]);
        const int low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            return Error{Code::invalid_argument,
                         "Not a hex digit near position " + std::to_string(i) + "."};
        }
        out.push_back(static_cast<std::byte>(high * 16 + low));
    }
    return out;
}

std::string format_base64(Bytes bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    append_base64(out, bytes);
    return out;
}

void append_base64(std::string& out, Bytes bytes) {
    const std::size_t start = out.size();
    out.resize(start + (bytes.size() + 2) / 3 * 4);
    std::size_t i = encode_lanes(bytes, out.data() + start);
    char* to = out.data() + start + i / 3 * 4;
    const auto at = [&](std::size_t k) { return std::to_integer<unsigned>(bytes[k]); };
    for (; i + 3 <= bytes.size(); i += 3) {
        const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        *to++ = kBase64[group >> 18];
        *to++ = kBase64[group >> 12 & 63];
        *to++ = kBase64[group >> 6 & 63];
        *to++ = kBase64[group & 63];
    }
    const std::size_t left = bytes.size() - i;
    if (left == 0) return;
    const unsigned group = at(i) << 16 | (left == 2 ? at(i + 1) << 8 : 0);
    *to++ = kBase64[group >> 18];
    *to++ = kBase64[group >> 12 & 63];
    *to++ = left == 2 ? kBase64[group >> 6 & 63] : '=';
    *to++ = '=';
}

Result<Buffer> parse_base64(std::string_view text) {
    Buffer out;
    out.reserve(text.size() / 4 * 3 + kLaneSlack);
    const std::size_t taken = parse_groups(text, out);
    unsigned group = 0;
    std::size_t count = 0;
    std::size_t padding = 0;
    for (std::size_t i = taken; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\r' || c == '\n' || c == ' ' || c == '\t') continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        const int value = kBase64Values[static_cast<unsigned char>(c)];
        if (value < 0 || padding > 0) {
            return Error{Code::invalid_argument,
                         "Not a base64 character at position " + std::to_string(i) + "."};
        }
        group = group << 6 | static_cast<unsigned>(value);
        if (++count % 4 == 0) {
            out.push_back(static_cast<std::byte>(group >> 16 & 255));
            out.push_back(static_cast<std::byte>(group >> 8 & 255));
            out.push_back(static_cast<std::byte>(group & 255));
            group = 0;
        }
    }
    const std::size_t left = count % 4;
    if (left == 1 || padding > 2 || (padding > 0 && left + padding != 4)) {
        return Error{Code::invalid_argument,
                     "The base64 text ends in the middle of a group of four characters."};
    }
    if (left == 2) out.push_back(static_cast<std::byte>(group >> 4 & 255));
    if (left == 3) {
        out.push_back(static_cast<std::byte>(group >> 10 & 255));
        out.push_back(static_cast<std::byte>(group >> 2 & 255));
    }
    return out;
}

std::string percent_encode(std::string_view text, Slash slash) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c) || (c == '/' && slash == Slash::keep)) {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
    return out;
}

Result<std::string> percent_decode(std::string_view text) {
    return decode_percents(text, Plus::keep);
}

std::string form_encode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == ' ') {
            out += '+';
        } else if (is_unreserved(c) || c == '/') {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
    return out;
}

Result<std::string> form_decode(std::string_view text) {
    return decode_percents(text, Plus::space);
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string_view utf8_prefix(std::string_view text, std::size_t size_max) {
    std::size_t end = 0;
    while (end < text.size()) {
        const std::size_t length = std::max<std::size_t>(1, utf8_length(text.substr(end)));
        if (end + length > size_max) break;
        end += length;
    }
    return text.substr(0, end);
}

std::string printable(std::string_view text, std::size_t size_max) {
    const std::string_view shown = utf8_prefix(text, size_max);
    std::string out;
    for (std::size_t at = 0; at < shown.size();) {
        const std::size_t length = utf8_length(shown.substr(at));
        const auto byte = static_cast<unsigned char>(shown[at]);
        const bool is_shown = length > 0 && byte >= 0x20 && byte != 0x7f;
        out += is_shown ? shown.substr(at, length) : "?";
        at += std::max<std::size_t>(1, length);
    }
    if (shown.size() < text.size()) out += "…";
    return out;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && to_lower(a) == to_lower(b);
}

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Result<std::int64_t> parse_count(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || text[0] == '-' || error != std::errc() ||
        end != text.data() + text.size()) {
        return Error{Code::invalid_argument,
                     "\"" + std::string(text.substr(0, 32)) + "\" is not a whole number."};
    }
    return value;
}

}  // namespace imagemill
