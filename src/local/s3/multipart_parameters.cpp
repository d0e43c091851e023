#include "local/s3/multipart_parameters.h"

#include <algorithm>

#include "base/encodings.h"
#include "local/s3/copy_source.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kPageMax = 1000;

Outcome<std::string> parse_text(const http::Parameters& parameters, const std::string& name) {
    const std::string text(http::find(parameters, name).value_or(""));
    if (is_utf8(text)) return text;
    return invalid_argument("The parameter " + name + " must be UTF-8.", name,
                            percent_encode(text, Slash::keep));
}

// At most `count_max`, whatever was asked for.
Outcome<int> parse_number(const http::Parameters& parameters, const std::string& name,
                          std::int64_t otherwise, std::int64_t count_max) {
    const auto text = http::find(parameters, name);
    if (!text || text->empty()) return static_cast<int>(otherwise);
    const auto number = parse_count(*text);
    if (!number || *number > INT32_MAX) {
        return invalid_argument("Provided " + name + " not an integer or within integer range",
                                name, printable(*text, 64));
    }
    return static_cast<int>(std::min(*number, count_max));
}

Outcome<int> require_part_number(const http::Parameters& parameters) {
    const auto number = TRY(parse_part_number(parameters));
    if (number) return *number;
    return invalid_argument("A part needs its number.", "partNumber", "");
}

std::string upload_id(const http::Parameters& parameters) {
    return std::string(utf8_prefix(http::find(parameters, "uploadId").value_or(""), 128));
}

}  // namespace

Outcome<std::optional<int>> parse_part_number(const http::Parameters& parameters) {
    const auto text = http::find(parameters, "partNumber");
    if (!text) return std::optional<int>();
    const auto number = parse_count(*text);
    if (number && *number >= 1 && *number <= kPartNumberMax) {
        return std::optional<int>(static_cast<int>(*number));
    }
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive",
                            "partNumber", printable(*text, 64));
}

Outcome<Call> parse_create_upload(const http::Parameters&, const http::Headers& headers) {
    // What a completion is asked for means nothing here, and whoever sent it would rely on it.
    for (const char* name : {"If-Match", "If-None-Match"}) {
        if (!headers.get(name)) continue;
        return Call(Unserved{.what = "The header " + std::string(name) +
                                     " where an upload is created (it goes with its completion)",
                             .header = name});
    }
    return Call(CreateMultipartUpload{});
}

Outcome<Call> parse_upload_part(const http::Parameters& parameters, const http::Headers&) {
    const int number = TRY(require_part_number(parameters));
    return Call(UploadPart{.upload_id = upload_id(parameters), .part_number = number});
}

Outcome<Call> parse_upload_part_copy(const http::Parameters& parameters,
                                     const http::Headers& headers) {
    const int number = TRY(require_part_number(parameters));
    store::ObjectId source =
        TRY(parse_copy_source(std::string(headers.get_or("x-amz-copy-source", ""))));
    return Call(
        UploadPartCopy{.upload_id = upload_id(parameters),
                       .part_number = number,
                       .source = std::move(source),
                       .range = std::string(headers.get_or("x-amz-copy-source-range", ""))});
}

Outcome<Call> parse_list_parts(const http::Parameters& parameters, const http::Headers&) {
    const int max_parts = TRY(parse_number(parameters, "max-parts", kPageMax, kPageMax));
    const int after = TRY(parse_number(parameters, "part-number-marker", 0, INT32_MAX));
    return Call(ListParts{
        .upload_id = upload_id(parameters), .after_number = after, .max_parts = max_parts});
}

Outcome<Call> parse_list_uploads(const http::Parameters& parameters, const http::Headers&) {
    ListMultipartUploads list;
    list.prefix = TRY(parse_text(parameters, "prefix"));
    list.delimiter = TRY(parse_text(parameters, "delimiter"));
    list.key_marker = TRY(parse_text(parameters, "key-marker"));
    list.id_marker = TRY(parse_text(parameters, "upload-id-marker"));
    list.max_uploads = TRY(parse_number(parameters, "max-uploads", kPageMax, kPageMax));
    const auto encoding = http::find(parameters, "encoding-type");
    if (encoding && *encoding != "url") {
        return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type",
                                printable(*encoding, 64));
    }
    list.encode_keys = encoding.has_value();
    return Call(std::move(list));
}

Outcome<Call> parse_complete_upload(const http::Parameters& parameters, const http::Headers&) {
    return Call(CompleteMultipartUpload{.upload_id = upload_id(parameters)});
}

Outcome<Call> parse_abort_upload(const http::Parameters& parameters, const http::Headers&) {
    return Call(AbortMultipartUpload{.upload_id = upload_id(parameters)});
}

}  // namespace imagemill::local::s3
