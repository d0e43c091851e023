#include "local/s3/tags.h"

#include <algorithm>

#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/xml_body.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::ptrdiff_t kKeyCharactersMax = 128;
constexpr std::ptrdiff_t kValueCharactersMax = 256;

aws::S3Error invalid_tag(std::string message, const std::string& key) {
    return {.code = "InvalidTag",
            .status = 400,
            .message = std::move(message),
            .details = {{"TagKey", printable(key, 512)}}};
}

aws::S3Error invalid_header(const std::string& text) {
    return invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters "
        "without tag name duplicates.",
        "x-amz-tagging", text);
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

// Of UTF-8: every byte but those that continue a character.
std::ptrdiff_t character_count(std::string_view text) {
    return std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

Outcome<void> check_tag(const std::string& key, const std::string& value) {
    if (key.empty() || !is_utf8(key) || has_control(key) ||
        character_count(key) > kKeyCharactersMax) {
        return invalid_tag("The TagKey you have provided is invalid", key);
    }
    if (key.starts_with("aws:")) {
        return invalid_tag("Your TagKey cannot be prefixed with aws:", key);
    }
    if (!is_utf8(value) || has_control(value) || character_count(value) > kValueCharactersMax) {
        return invalid_tag("The TagValue you have provided is invalid", key);
    }
    return {};
}

Outcome<void> check_count(const Tags& tags) {
    if (tags.size() <= kTagsMax) return {};
    return aws::S3Error{.code = "BadRequest",
                        .status = 400,
                        .message = "Object tags cannot be greater than 10",
                        .details = {}};
}

}  // namespace

Outcome<Tags> parse_tag_header(const std::string& text) {
    const auto parameters = http::parse_query(text, http::Plus::space);
    if (!parameters) return invalid_header(text);
    Tags tags;
    for (const auto& [key, value] : *parameters) {
        if (!is_utf8(key) || !is_utf8(value)) return invalid_header(text);
        TRY(check_tag(key, value));
        if (!tags.emplace(key, value).second) return invalid_header(text);
    }
    TRY(check_count(tags));
    return tags;
}

std::string format_tag_header(const Tags& tags) {
    std::string text;
    for (const auto& [key, value] : tags) {
        if (!text.empty()) text += '&';
        text += percent_encode(key, Slash::encode) + "=" + percent_encode(value, Slash::encode);
    }
    return text;
}

Outcome<Tags> parse_tagging(Bytes xml) {
    pugi::xml_document document;
    const pugi::xml_node root = TRY(parse_root(document, xml, "Tagging"));
    const pugi::xml_node set = root.child("TagSet");
    if (!set) return malformed_xml();
    Tags tags;
    for (const pugi::xml_node& tag : set.children("Tag")) {
        if (!tag.child("Key") || !tag.child("Value")) return malformed_xml();
        const std::string key = tag.child("Key").child_value();
        const std::string value = tag.child("Value").child_value();
        TRY(check_tag(key, value));
        if (!tags.emplace(key, value).second) {
            return invalid_tag("Cannot provide multiple Tags with the same key", key);
        }
    }
    TRY(check_count(tags));
    return tags;
}

std::string format_tagging(const Tags& tags) {
    aws::XmlWriter xml("Tagging");
    xml.open("TagSet");
    for (const auto& [key, value] : tags) {
        xml.open("Tag");
        xml.element("Key", key);
        xml.element("Value", value);
        xml.close("Tag");
    }
    xml.close("TagSet");
    return xml.finish();
}

}  // namespace imagemill::local::s3
