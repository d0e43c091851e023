#include <algorithm>
#include <array>
#include <optional>

#include "aws/post_policy.h"
#include "base/encodings.h"
#include "http/multipart.h"
#include "local/s3/authorization.h"
#include "local/s3/exchange.h"
#include "local/s3/location.h"
#include "local/s3/router.h"
#include "local/s3/tags.h"
#include "local/s3/unserved.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kFieldBytesMax = 20 * 1024;  // Of all before the file, names and values.
constexpr http::MultipartLimits kPartLimits{.parts_max = 100, .header_bytes_max = 8 * 1024};

// What a form says before its file begins.
struct Form {
    http::Parameters fields;
    std::optional<std::string> filename;  // Of the file, where the client says one.
};

std::string field(const Form& form, std::string_view name) {
    const auto found = std::ranges::find_if(form.fields, [&](const auto& candidate) {
        return equal_ignoring_case(candidate.first, name);
    });
    return found == form.fields.end() ? "" : found->second;
}

// --- Reading it.

aws::S3Error of_form(const Error& error) {
    if (error.code == Code::timeout || error.code == Code::unavailable) return of_body(error);
    return {.code = "MalformedPOSTRequest",
            .status = 400,
            .message = "The body of your POST request is not well-formed multipart/form-data: " +
                       error.message,
            .details = {}};
}

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

Outcome<std::string> read_field(http::BodyReader& body, std::int64_t bytes_left) {
    const auto bytes = http::read_all(body, std::max<std::int64_t>(bytes_left, 0), "");
    if (bytes) return std::string(as_text(*bytes));
    if (bytes.error().code != Code::too_large) return of_form(bytes.error());
    return aws::S3Error{
        .code = "MaxPostPreDataLengthExceededError",
        .status = 400,
        .message = "Your POST request fields preceding the upload file were too large.",
        .details = {{"MaxPostDataLengthInBytes", std::to_string(kFieldBytesMax)}}};
}

// Up to the file, whose bytes come next from `parts`. What follows the file is never looked at.
Outcome<Form> read_form(http::MultipartReader& parts) {
    Form form;
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
            return form;
        }
        std::string name = (*part)->name;
        bytes_left -= static_cast<std::int64_t>(name.size());
        std::string value = TRY(read_field(parts.body(), bytes_left));
        bytes_left -= static_cast<std::int64_t>(value.size());
        form.fields.emplace_back(std::move(name), std::move(value));
    }
}

// S3 replaces ${filename} before it looks at the policy. Some browsers send a whole path.
void expand_filename(Form& form) {
    if (!form.filename) return;
    constexpr std::string_view kVariable = "${filename}";
    const std::string name = form.filename->substr(form.filename->find_last_of("/\\") + 1);
    for (auto& [field_name, value] : form.fields) {
        if (equal_ignoring_case(field_name, "policy")) continue;
        for (std::size_t at = value.find(kVariable); at != std::string::npos;
             at = value.find(kVariable, at + name.size())) {
            value.replace(at, kVariable.size(), name);
        }
    }
}

// --- What it asks for.

// The headers a PutObject of the same object would have.
Outcome<http::Headers> to_headers(const Form& form) {
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

Outcome<aws::CheckedPolicy> check_policy(const Form& form, const Exchange& exchange) {
    const aws::VerifyOptions options{
        .region = exchange.options.region,
        .now = exchange.clock.now(),
        .find_key = [&](auto access_key) { return exchange.keys.find(access_key); }};
    auto checked = aws::check_post_policy(form.fields, exchange.operation.bucket, options);
    if (const auto* error = std::get_if<aws::AuthError>(&checked)) {
        return of_authentication(*error);
    }
    return std::get<aws::CheckedPolicy>(std::move(checked));
}

Outcome<void> check_operation(const Operation& operation) {
    if (operation.key.empty()) {
        return invalid_argument(
            "Bucket POST must contain a field named 'key'.  If it is specified, please check the "
            "order of the fields.",
            "key", "");
    }
    TRY(check_key(operation.key));
    if (const auto unserved = find_unserved_header(operation.headers, "PostObject")) {
        return not_implemented(unserved->what, unserved->header);
    }
    return {};
}

Outcome<void> check_size(const aws::CheckedPolicy& policy, std::int64_t size_max,
                         std::int64_t size) {
    if (size > size_max) return entity_too_large(size_max, size);
    if (const auto error = aws::check_size(policy, size)) return of_authentication(*error);
    return {};
}

// --- What it answers.

std::string quote(std::string_view etag) {
    return "\"" + std::string(etag) + "\"";
}

// A URL that is none counts as not asked for.
bool is_web_url(std::string_view url) {
    const bool has_scheme = url.starts_with("http://") || url.starts_with("https://");
    return has_scheme && std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7F; });
}

http::Response redirect(std::string url, const Exchange& exchange, const std::string& etag) {
    url += url.find('?') == std::string::npos ? "?" : "&";
    url += "bucket=" + percent_encode(exchange.operation.bucket, Slash::encode);
    url += "&key=" + percent_encode(exchange.operation.key, Slash::encode);
    url += "&etag=" + percent_encode(quote(etag), Slash::encode);
    http::Response response;
    response.status = 303;
    response.headers.set("Location", std::move(url));
    return response;
}

http::Response answer(const Form& form, const Exchange& exchange, const std::string& etag) {
    std::string url = field(form, "success_action_redirect");
    if (url.empty()) url = field(form, "redirect");
    if (is_web_url(url)) return redirect(std::move(url), exchange, etag);
    const std::string location = location_of(exchange);
    const std::string status = field(form, "success_action_status");
    http::Response response;
    response.status = status == "200" ? 200 : 204;
    if (status == "201") {
        const store::ObjectId id{.bucket = exchange.operation.bucket,
                                 .key = exchange.operation.key};
        response =
            http::Response::text(201, kXmlType, aws::format_post_response(location, id, etag));
    }
    response.headers.set("Location", location);
    return response;
}

}  // namespace

Answer run(const PostObject&, Exchange& exchange) {
    const std::string boundary = TRY(parse_form_boundary(exchange.request.headers));
    http::MultipartReader parts(*exchange.request.body, boundary, kPartLimits);
    Form form = TRY(read_form(parts));
    expand_filename(form);
    const aws::CheckedPolicy policy = TRY(check_policy(form, exchange));

    Operation& operation = exchange.operation;
    exchange.access_key = policy.access_key;
    operation.key = field(form, "key");
    operation.headers = TRY(to_headers(form));
    TRY(check_operation(operation));
    TRY(authorize(exchange.keys, exchange.access_key, operation));
    WritePlan plan = TRY(plan_write(operation.headers, ""));
    TRY(exchange.store.head_bucket(operation.bucket));

    auto upload = TRY(exchange.store.begin());
    begin_checksum(plan);
    const std::int64_t size_max = std::min(policy.size_max, exchange.options.object_bytes_max);
    const std::int64_t size = TRY(receive(parts.body(), size_max, *upload, plan.checks));
    TRY(check_size(policy, size_max, size));
    TRY(plan.checks.finish());
    end_checksum(plan);
    const StoredObject object =
        TRY(commit(*upload, {.bucket = operation.bucket, .key = operation.key}, plan,
                   {.event_name = "ObjectCreated:Post",
                    .source_ip = exchange.request.peer,
                    .principal = exchange.access_key,
                    .request_id = exchange.request_id}));

    http::Response response = answer(form, exchange, object.etag);
    response.headers.set("ETag", quote(object.etag));
    return response;
}

}  // namespace imagemill::local::s3
