#include "local/s3/copy_source.h"

#include <array>

#include "base/encodings.h"
#include "local/s3/parameters.h"
#include "local/s3/router.h"

namespace imagemill::local::s3 {
namespace {

constexpr const char* kHeader = "x-amz-copy-source";

Outcome<bool> parse_directive(const http::Headers& headers, const std::string& name,
                              const std::string& what) {
    const auto text = headers.get(name);
    if (!text || *text == "COPY") return false;
    if (*text == "REPLACE") return true;
    return invalid_argument("Unknown " + what + " directive.", name, std::string(*text));
}

aws::S3Error invalid_source(const std::string& message, const std::string& header) {
    return invalid_argument(message, kHeader, header);
}

}  // namespace

Outcome<store::ObjectId> parse_copy_source(const std::string& header) {
    std::string_view text = header;
    if (const std::size_t query = text.find('?'); query != std::string_view::npos) {
        const auto parameters = http::parse_query(text.substr(query + 1), http::Plus::keep);
        if (!parameters) return invalid_source("Invalid copy source encoding.", header);
        TRY(check_version_id(*parameters));
        text = text.substr(0, query);
    }
    auto decoded = percent_decode(text);
    if (!decoded) return invalid_source("Invalid copy source encoding.", header);
    std::string path = *std::move(decoded);
    if (path.starts_with('/')) path.erase(0, 1);
    if (path.starts_with("arn:")) {
        return not_implemented("A copy source that is an ARN (" + path + ")", kHeader);
    }
    const std::size_t slash = path.find('/');
    if (slash == std::string::npos || slash == 0) {
        return invalid_source("Invalid copy source bucket name", header);
    }
    store::ObjectId id{.bucket = path.substr(0, slash), .key = path.substr(slash + 1)};
    if (id.key.empty()) return invalid_source("Invalid copy source object key", header);
    TRY(check_key(id.key));
    return id;
}

Outcome<Call> parse_copy_object(const http::Parameters&, const http::Headers& headers) {
    store::ObjectId source = TRY(parse_copy_source(std::string(headers.get_or(kHeader, ""))));
    const bool replace_attributes =
        TRY(parse_directive(headers, "x-amz-metadata-directive", "metadata"));
    const bool replace_tags = TRY(parse_directive(headers, "x-amz-tagging-directive", "tagging"));
    return Call(CopyObject{.source_bucket = std::move(source.bucket),
                           .source_key = std::move(source.key),
                           .replace_attributes = replace_attributes,
                           .replace_tags = replace_tags});
}

http::Headers source_conditions(const http::Headers& headers) {
    constexpr std::array<const char*, 4> kConditions{"If-Match", "If-None-Match",
                                                     "If-Modified-Since", "If-Unmodified-Since"};
    http::Headers conditions;
    for (const char* condition : kConditions) {
        const auto value = headers.get(std::string(kHeader) + "-" + condition);
        if (value) conditions.add(condition, std::string(*value));
    }
    return conditions;
}

}  // namespace imagemill::local::s3
