#include "local/s3/parameters.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/multipart_parameters.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kMaxKeys = 1000;

std::string_view find_or_empty(const http::Parameters& parameters, std::string_view name) {
    return http::find(parameters, name).value_or("");
}

// What an answer repeats: XML has no place for other bytes.
Outcome<std::string> parse_text(const http::Parameters& parameters, std::string_view name) {
    const std::string text(find_or_empty(parameters, name));
    if (is_utf8(text)) return text;
    return invalid_argument("The parameter " + std::string(name) + " must be UTF-8.",
                            std::string(name), percent_encode(text, Slash::keep));
}

Outcome<int> parse_max_keys(const http::Parameters& parameters) {
    const auto text = http::find(parameters, "max-keys");
    if (!text) return static_cast<int>(kMaxKeys);
    const auto count = parse_count(*text);
    if (!count || *count > INT32_MAX) {
        return invalid_argument("Provided max-keys not an integer or within integer range",
                                "max-keys", std::string(*text));
    }
    return static_cast<int>(std::min(*count, kMaxKeys));
}

Outcome<bool> parse_encoding_type(const http::Parameters& parameters) {
    const auto type = http::find(parameters, "encoding-type");
    if (type && *type != "url") {
        return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                std::string(*type));
    }
    return type.has_value();
}

struct Listing {
    std::string prefix;
    std::string delimiter;
    int max_keys = 0;
    bool encode_keys = false;
};

Outcome<Listing> parse_listing(const http::Parameters& parameters) {
    Listing listing;
    listing.prefix = TRY(parse_text(parameters, "prefix"));
    listing.delimiter = TRY(parse_text(parameters, "delimiter"));
    listing.max_keys = TRY(parse_max_keys(parameters));
    listing.encode_keys = TRY(parse_encoding_type(parameters));
    return listing;
}

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

Outcome<Overrides> parse_overrides(const http::Parameters& parameters) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kHeaders{{
        {"response-cache-control", "Cache-Control"},
        {"response-content-disposition", "Content-Disposition"},
        {"response-content-encoding", "Content-Encoding"},
        {"response-content-language", "Content-Language"},
        {"response-content-type", "Content-Type"},
        {"response-expires", "Expires"},
    }};
    Overrides overrides;
    for (const auto& [parameter, header] : kHeaders) {
        const auto value = http::find(parameters, parameter);
        if (!value) continue;
        // %0D%0A would end the header and begin another.
        if (has_control_character(*value)) {
            return invalid_argument("A header value may not hold control characters.",
                                    std::string(parameter), std::string(*value));
        }
        overrides.emplace_back(header, *value);
    }
    return overrides;
}

}  // namespace

Outcome<void> check_version_id(const http::Parameters& parameters) {
    const auto version = http::find(parameters, "versionId");
    if (!version || *version == "null") return {};
    return aws::S3Error{.code = "NoSuchVersion",
                        .status = 404,
                        .message = "The specified version does not exist.",
                        .details = {{"VersionId", std::string(*version)}}};
}

Outcome<Call> parse_list_buckets(const http::Parameters& parameters, const http::Headers&) {
    constexpr std::int64_t kMaxBuckets = 10'000;
    ListBuckets list;
    list.prefix = TRY(parse_text(parameters, "prefix"));
    if (const auto text = http::find(parameters, "max-buckets")) {
        const auto count = parse_count(*text);
        if (!count || *count < 1 || *count > kMaxBuckets) {
            return invalid_argument("Argument max-buckets must be an integer between 1 and " +
                                        std::to_string(kMaxBuckets),
                                    "max-buckets", std::string(*text));
        }
        list.max_buckets = static_cast<int>(*count);
    }
    if (const auto token = http::find(parameters, "continuation-token")) {
        list.after = TRY(parse_token(std::string(*token)));
    }
    return Call(std::move(list));
}

Outcome<Call> parse_list_objects(const http::Parameters& parameters, const http::Headers&) {
    Listing listing = TRY(parse_listing(parameters));
    std::string marker = TRY(parse_text(parameters, "marker"));
    return Call(ListObjects{.prefix = std::move(listing.prefix),
                            .delimiter = std::move(listing.delimiter),
                            .marker = std::move(marker),
                            .max_keys = listing.max_keys,
                            .encode_keys = listing.encode_keys});
}

Outcome<Call> parse_list_object_versions(const http::Parameters& parameters, const http::Headers&) {
    Listing listing = TRY(parse_listing(parameters));
    std::string key_marker = TRY(parse_text(parameters, "key-marker"));
    std::string version_id_marker = TRY(parse_text(parameters, "version-id-marker"));
    if (!version_id_marker.empty() && key_marker.empty()) {
        return invalid_argument("A version-id marker cannot be specified without a key marker.",
                                "version-id-marker", version_id_marker);
    }
    return Call(ListObjectVersions{.prefix = std::move(listing.prefix),
                                   .delimiter = std::move(listing.delimiter),
                                   .key_marker = std::move(key_marker),
                                   .version_id_marker = std::move(version_id_marker),
                                   .max_keys = listing.max_keys,
                                   .encode_keys = listing.encode_keys});
}

Outcome<Call> parse_list_objects_v2(const http::Parameters& parameters, const http::Headers&) {
    std::string type = TRY(parse_text(parameters, "list-type"));
    if (type != "2") {
        return invalid_argument("Invalid List Type specified in Request", "list-type", type);
    }
    Listing listing = TRY(parse_listing(parameters));
    std::string start_after = TRY(parse_text(parameters, "start-after"));
    ListObjectsV2 list{.prefix = std::move(listing.prefix),
                       .delimiter = std::move(listing.delimiter),
                       .start_after = std::move(start_after),
                       .token = std::string(find_or_empty(parameters, "continuation-token")),
                       .after = "",
                       .max_keys = listing.max_keys,
                       .encode_keys = listing.encode_keys,
                       .fetch_owner = find_or_empty(parameters, "fetch-owner") == "true"};
    list.after = list.start_after;
    if (http::find(parameters, "continuation-token")) list.after = TRY(parse_token(list.token));
    return Call(std::move(list));
}

Outcome<Call> parse_get_object(const http::Parameters& parameters, const http::Headers&) {
    Overrides overrides = TRY(parse_overrides(parameters));
    const auto part_number = TRY(parse_part_number(parameters));
    return Call(GetObject{.overrides = std::move(overrides), .part_number = part_number});
}

Outcome<Call> parse_head_object(const http::Parameters& parameters, const http::Headers&) {
    Overrides overrides = TRY(parse_overrides(parameters));
    const auto part_number = TRY(parse_part_number(parameters));
    return Call(HeadObject{.overrides = std::move(overrides), .part_number = part_number});
}

// A list, in one header or in several.
Outcome<Call> parse_get_object_attributes(const http::Parameters&, const http::Headers& headers) {
    constexpr std::array<std::string_view, 5> kKnown{"ETag", "Checksum", "ObjectParts",
                                                     "StorageClass", "ObjectSize"};
    constexpr const char* kHeader = "x-amz-object-attributes";
    GetObjectAttributes asked;
    for (const auto& [name, value] : headers.fields()) {
        if (!equal_ignoring_case(name, kHeader)) continue;
        std::string_view list = value;
        while (!list.empty()) {
            const std::size_t end = std::min(list.find(','), list.size());
            const std::string_view attribute = trim(list.substr(0, end));
            if (std::ranges::find(kKnown, attribute) == kKnown.end()) {
                return invalid_argument("Invalid attribute name specified.", kHeader,
                                        std::string(attribute));
            }
            asked.attributes.emplace_back(attribute);
            list.remove_prefix(std::min(end + 1, list.size()));
        }
    }
    if (asked.attributes.empty()) {
        return invalid_request("The header x-amz-object-attributes names no attribute.");
    }
    return Call(std::move(asked));
}

// base64url (RFC 4648 5), so that it passes through a query as it is.
std::string format_token(std::string_view key) {
    std::string token = format_base64(as_bytes(key));
    std::ranges::replace(token, '+', '-');
    std::ranges::replace(token, '/', '_');
    std::erase(token, '=');
    return token;
}

Outcome<std::string> parse_token(const std::string& token) {
    std::string text = token;
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    const auto key = parse_base64(text);
    if (token.empty() || !key || !is_utf8(as_text(*key))) {
        return invalid_argument("The continuation token provided is incorrect",
                                "continuation-token", token);
    }
    return std::string(as_text(*key));
}

}  // namespace imagemill::local::s3
