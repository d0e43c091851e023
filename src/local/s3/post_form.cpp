#include "local/s3/post_form.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "local/s3/tags.h"

namespace imagemill::local::s3 {
namespace {

aws::S3Error of_form(const Error& error) {
    if (error.code == Code::timeout || error.code == Code::unavailable) return of_body(error);
    return {.code = "MalformedPOSTRequest",
            .status = 400,
            .message = "The body of your POST request is not well-formed multipart/form-data: " +
                       error.message,
            .details = {}};
}

aws::S3Error too_long() {
    return {.code = "MaxPostPreDataLengthExceededError",
            .status = 400,
            .message = "Your POST request fields preceding the upload file were too large.",
            .details = {{"MaxPostDataLengthInBytes", std::to_string(kFieldBytesMax)}}};
}

Outcome<std::string> read_field(http::BodyReader& body, std::int64_t bytes_left) {
    const auto bytes = http::read_all(body, std::max<std::int64_t>(bytes_left, 0), "");
    if (bytes) return std::string(as_text(*bytes));
    if (bytes.error().code != Code::too_large) return of_form(bytes.error());
    return too_long();
}

// S3 replaces ${filename} before it looks at the policy. Some browsers send a whole path. A long
// name that is asked for often would make 20 KB into many megabytes: the bound holds of all fields
// as they become, too.
Outcome<void> expand_filename(PostForm& form, std::int64_t bytes_left) {
    if (!form.filename) return {};
    constexpr std::string_view kVariable = "${filename}";
    const std::string name = form.filename->substr(form.filename->find_last_of("/\\") + 1);
    for (auto& [field_name, value] : form.fields) {
        if (equal_ignoring_case(field_name, "policy")) continue;
        for (std::size_t at = value.find(kVariable); at != std::string::npos;
             at = value.find(kVariable, at + name.size())) {
            bytes_left -= std::ssize(name) - std::ssize(kVariable);
            if (bytes_left < 0) return too_long();
            value.replace(at, kVariable.size(), name);
        }
    }
    return {};
}

}  // namespace

Outcome<std::string> parse_form_boundary(const http::Headers& headers) {
    const std::string_view type = headers.get_or("Content-Type", "");
    constexpr std::string_view kForm = "multipart/form-data";
    if (!equal_ignoring_case(trim(type.substr(0, type.find(';'))), kForm)) {
        return precondition_failed("Bucket POST must be of the enclosure-type multipart/form-data");
    }
    auto boundary = http::parse_boundary(type);
    if (!boundary) return of_form(boundary.error());
    return *std::move(boundary);
}

Outcome<PostForm> read_form(http::MultipartReader& parts) {
    PostForm form;
    std::int64_t bytes_left = kFieldBytesMax;
    while (true) {
        const auto part = parts.next();
        if (!part) return of_form(part.error());
        if (*part == nullptr) {
            return invalid_argument("POST requires exactly one file upload per request.", "file",
                                    "0");
        }
        if (equal_ignoring_case((*part)->name, "file")) {
            form.filename = (*part)->filename;
            TRY(expand_filename(form, bytes_left));
            return form;
        }
        std::string name = (*part)->name;
        bytes_left -= static_cast<std::int64_t>(name.size());
        std::string value = TRY(read_field(parts.body(), bytes_left));
        bytes_left -= static_cast<std::int64_t>(value.size());
        form.fields.emplace_back(std::move(name), std::move(value));
    }
}

std::string field(const PostForm& form, std::string_view name) {
    const auto found = std::ranges::find_if(form.fields, [&](const auto& candidate) {
        return equal_ignoring_case(candidate.first, name);
    });
    return found == form.fields.end() ? "" : found->second;
}

Outcome<http::Headers> to_headers(const PostForm& form) {
    constexpr std::array<std::string_view, 7> kHeaders{
        "cache-control", "content-disposition", "content-encoding", "content-language",
        "content-md5",   "content-type",        "expires"};
    http::Headers headers;
    for (const auto& [field_name, value] : form.fields) {
        std::string name = to_lower(field_name);
        if (name == "acl") name = "x-amz-acl";
        if (name == "tagging") {  // XML here, unlike the header.
            const Tags tags = TRY(parse_tagging(as_bytes(value)));
            headers.add("x-amz-tagging", format_tag_header(tags));
            continue;
        }
        const bool is_header =
            name.starts_with("x-amz-") || std::ranges::find(kHeaders, name) != kHeaders.end();
        if (is_header) headers.add(std::move(name), value);
    }
    return headers;
}

}  // namespace imagemill::local::s3
