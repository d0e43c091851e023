#include "aws/proxy_body.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace imagemill::aws {

bool travels_as_text(std::string_view content_type, Bytes body) {
    const std::string type = to_lower(trim(content_type.substr(0, content_type.find(';'))));
    const bool text =
        type.starts_with("text/") || type == "application/json" || type == "application/xml" ||
        type == "application/javascript" ||
        (type.starts_with("application/") && (type.ends_with("+json") || type.ends_with("+xml")));
    return text && is_utf8(as_text(body));
}

std::string json_text(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    std::string converted;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            converted += c;
        } else {
            converted += static_cast<char>(0xC0 | byte >> 6);
            converted += static_cast<char>(0x80 | (byte & 0x3F));
        }
    }
    return converted;
}

bool is_hop_header(std::string_view name) {
    constexpr std::array<std::string_view, 8> kNames{
        "connection", "content-length", "expect",  "keep-alive",
        "te",         "trailer",        "upgrade", "transfer-encoding"};
    return std::ranges::find(kNames, to_lower(name)) != kNames.end();
}

std::string format_envelope(const json::object& envelope, std::string_view content_type,
                            Bytes body) {
    const bool text = body.empty() || travels_as_text(content_type, body);
    std::string out = json::serialize(envelope);
    out.pop_back();  // The closing brace.
    if (!text) {
        out.reserve(out.size() + body.size() / 3 * 4 + 64);
        out += ",\"body\":\"";
        append_base64(out, body);
        out += '"';
    } else if (!body.empty()) {
        out += ",\"body\":" + json::serialize(json::string(as_text(body)));
    }
    out += text ? ",\"isBase64Encoded\":false}" : ",\"isBase64Encoded\":true}";
    return out;
}

Result<Buffer> parse_body(const JsonReader& envelope) {
    const auto body = TRY(envelope.find("body"));
    if (!body) return Buffer();
    const json::string* text = body->value().if_string();
    if (text == nullptr) return body->expected("a text");
    const auto flag = TRY(envelope.find("isBase64Encoded"));
    const bool encoded = flag && TRY(flag->boolean());
    if (!encoded) return to_buffer(*text);
    auto bytes = parse_base64(*text);
    if (!bytes) {
        return Error{Code::invalid_argument, body->path() + ": " + bytes.error().message};
    }
    return bytes;
}

}  // namespace imagemill::aws
