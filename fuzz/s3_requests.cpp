#include <algorithm>
#include <variant>

#include "aws/post_policy.h"
#include "aws/sigv4.h"
#include "base/check.h"
#include "base/encodings.h"
#include "http/hosts.h"
#include "local/s3/conditions.h"
#include "local/s3/copy_source.h"
#include "local/s3/parameters.h"
#include "local/s3/post_form.h"
#include "local/s3/range.h"
#include "local/s3/router.h"
#include "local/s3/tags.h"
#include "local/s3/write_plan.h"
#include "net/request_head.h"
#include "s3_kinds.h"
#include "s3_promises.h"

namespace imagemill::fuzz {
namespace {

namespace s3 = local::s3;

constexpr Time kNow{Milliseconds(1'796'126'400'000)};  // 2026-12-01 12:00 UTC.
constexpr const char* kDate = "20261201";

aws::Credentials key() {
    return {.access_key = "AKID", .secret_key = "secret", .session_token = "", .expires = {}};
}

aws::VerifyOptions verify_options() {
    return {.now = kNow, .find_key = [](std::string_view access_key) {
                return access_key == "AKID" ? std::optional(key()) : std::nullopt;
            }};
}

// Seeds are written with LF for the sake of whoever reads them.
std::string with_crlf(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\n' && !out.ends_with('\r')) out += '\r';
        out += c;
    }
    return out;
}

bool is_of_signature(std::string_view name) {
    const std::string lower = to_lower(name);
    return lower == "authorization" || lower == "x-amz-date" || lower == "x-amz-content-sha256" ||
           lower == "x-amz-security-token" || lower == "host" || lower == "date";
}

http::Request make_request(const std::string& method, const std::string& path,
                           const std::string& query) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.headers.add("Host", "localhost:9000");
    return request;
}

// Whatever can be asked can be signed by our client, and our server finds it signed.
void check_signs(const http::Request& asked) {
    const auto query = http::parse_query(asked.query, http::Plus::keep);
    if (!query || !percent_decode(asked.path)) return;
    for (const auto& [name, value] : *query) {
        if (name.starts_with("X-Amz-") || name == "Signature" || name == "AWSAccessKeyId") return;
    }
    http::Request request = make_request(asked.method, asked.path, asked.query);
    for (const auto& [name, value] : asked.headers.fields()) {
        if (!is_of_signature(name)) request.headers.add(name, value);
    }
    const aws::SigningTarget target{.credentials = key()};
    aws::sign(request.method, request.path, request.query, request.headers, aws::kUnsignedPayload,
              target, kNow);
    CHECK(std::holds_alternative<aws::Verified>(aws::verify(request, verify_options())));

    http::Request url = make_request(asked.method, asked.path, "");
    url.query =
        aws::presign_query(url.method, url.path, "localhost:9000", *query, 60, target, kNow);
    CHECK(std::holds_alternative<aws::Verified>(aws::verify(url, verify_options())));
}

void check_operation(s3::Outcome<s3::Operation> operation) {
    if (!operation) return check_s3_error(operation.error());
    CHECK(operation->key.size() <= s3::kKeyBytesMax && is_utf8(operation->key));
    CHECK(operation->key.find('\0') == std::string::npos);
    if (const auto* list = std::get_if<s3::ListObjectsV2>(&operation->call)) {
        CHECK(list->max_keys >= 0 && list->max_keys <= 1'000);
    }
    if (const auto* unserved = std::get_if<s3::Unserved>(&operation->call)) {
        check_s3_error(s3::not_implemented(unserved->what, unserved->header));
    }
    if (std::holds_alternative<s3::PutObject>(operation->call)) {
        const auto plan = s3::plan_write(operation->headers, aws::kUnsignedPayload);
        if (!plan) check_s3_error(plan.error());
    }
}

}  // namespace

// A request's head, signed or not; LF will do.
void run_request(std::string_view, std::string_view body) {
    std::string text = with_crlf(body);
    if (!text.ends_with("\r\n\r\n")) text += "\r\n\r\n";
    text.resize(text.find("\r\n\r\n") + 4);
    const auto plan = net::plan_request(text, INT64_C(5) << 30);
    if (const auto* refusal = std::get_if<net::Refusal>(&plan)) {
        return check_message(refusal->detail);
    }
    const auto& taken = std::get<net::RequestPlan>(plan);
    http::Request request = make_request(taken.method, taken.path, taken.query);
    request.headers = taken.headers;
    const auto verified = aws::verify(request, verify_options());
    if (const auto* error = std::get_if<aws::AuthError>(&verified)) {
        check_s3_error(s3::of_authentication(*error));
    }
    check_signs(request);
    check_operation(s3::route(request, http::Hosts({"localhost"})));
}

// A form of a browser; the argument is its Content-Type. What only who has the key can know is put
// in: the field "policy" holds the policy's plain JSON.
void run_form(std::string_view argument, std::string_view body) {
    const http::Headers headers{{"Content-Type", std::string(argument)}};
    auto boundary = s3::parse_form_boundary(headers);
    if (!boundary) return check_s3_error(boundary.error());
    const std::string text = with_crlf(body);
    PieceReader reader(text, 2 + text.size() % 97);
    http::MultipartReader parts(reader, *boundary, s3::kFormLimits);
    auto form = s3::read_form(parts);
    if (!form) return check_s3_error(form.error());
    std::int64_t bytes = 0;
    for (const auto& [name, value] : form->fields) bytes += std::ssize(name) + std::ssize(value);
    CHECK(bytes <= s3::kFieldBytesMax);

    const Sha256 signing = aws::signing_key(key().secret_key, kDate, "us-east-1", "s3");
    const std::string policy = format_base64(as_bytes(s3::field(*form, "policy")));
    for (auto& [name, value] : form->fields) {
        const std::string lower = to_lower(name);
        if (lower == "policy") value = policy;
        if (lower == "x-amz-signature") value = aws::signature(signing, policy);
    }
    const auto checked = aws::check_post_policy(form->fields, "photos", verify_options());
    if (const auto* error = std::get_if<aws::AuthError>(&checked)) {
        return check_s3_error(s3::of_authentication(*error));
    }
    CHECK(std::get<aws::CheckedPolicy>(checked).access_key == "AKID");
    CHECK(std::get<aws::CheckedPolicy>(checked).size_min >= 0);
    auto written = s3::to_headers(*form);
    if (!written) return check_s3_error(written.error());
    const auto plan = s3::plan_write(*written, "");
    if (!plan) check_s3_error(plan.error());
}

// x-amz-tagging.
void run_tags(std::string_view argument, std::string_view) {
    auto tags = s3::parse_tag_header(std::string(argument));
    if (!tags) return check_s3_error(tags.error());
    CHECK(tags->size() <= s3::kTagsMax);
    const std::string text = s3::format_tag_header(*tags);
    auto again = s3::parse_tag_header(text);
    CHECK(again && *again == *tags);
}

// x-amz-copy-source.
void run_copy_source(std::string_view argument, std::string_view) {
    auto id = s3::parse_copy_source(std::string(argument));
    if (!id) return check_s3_error(id.error());
    CHECK(!id->bucket.empty() && !id->key.empty() && id->key.size() <= s3::kKeyBytesMax);
    const std::string text =
        percent_encode(id->bucket, Slash::encode) + "/" + percent_encode(id->key, Slash::keep);
    auto again = s3::parse_copy_source(text);
    CHECK(again && again->bucket == id->bucket && again->key == id->key);
}

// continuation-token.
void run_token(std::string_view argument, std::string_view) {
    auto key = s3::parse_token(std::string(argument));
    if (!key) return check_s3_error(key.error());
    auto again = s3::parse_token(s3::format_token(*key));
    CHECK(key->empty() || (again && *again == *key));
}

// Range; the body is the object's size.
void run_range(std::string_view argument, std::string_view body) {
    const auto size = parse_count(body);
    if (!size) return;
    const s3::Range range = s3::parse_range(argument, *size);
    if (range.kind == s3::RangeKind::unsatisfiable) return;
    CHECK(range.span.offset >= 0 && range.span.length >= 0);
    CHECK(range.span.length <= *size && range.span.offset <= *size - range.span.length);
    if (range.kind == s3::RangeKind::whole) CHECK(range.span.length == *size);
    if (range.kind == s3::RangeKind::part) CHECK(range.span.length > 0);
}

// Headers, a line each; the argument is the object's ETag.
void run_conditions(std::string_view argument, std::string_view body) {
    http::Headers headers;
    while (!body.empty()) {
        const std::string_view line = take_line(body);
        const std::size_t colon = std::min(line.find(':'), line.size());
        headers.add(std::string(line.substr(0, colon)),
                    std::string(trim(line.substr(std::min(colon + 1, line.size())))));
    }
    const s3::ReadVerdict verdict = s3::check_read(headers, argument, kNow, kNow);
    CHECK((verdict.verdict == s3::Verdict::serve) == verdict.condition.empty());
    CHECK(verdict.condition.empty() || headers.get(verdict.condition));
    CHECK(headers.get("If-Range") || s3::if_range_holds(headers, argument, kNow));
    auto conditions = s3::parse_write_conditions(headers);
    if (!conditions) return check_s3_error(conditions.error());
    CHECK(!conditions->if_none_match || conditions->if_match.empty());
}

}  // namespace imagemill::fuzz
