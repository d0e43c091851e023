#include <algorithm>

#include "aws/post_policy.h"
#include "base/encodings.h"
#include "local/s3/authorization.h"
#include "local/s3/exchange.h"
#include "local/s3/location.h"
#include "local/s3/post_form.h"
#include "local/s3/router.h"
#include "local/s3/unserved.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {
namespace {

// --- What it asks for.

Outcome<aws::CheckedPolicy> check_policy(const PostForm& form, const Exchange& exchange) {
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

http::Response answer(const PostForm& form, const Exchange& exchange, const std::string& etag) {
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
    http::MultipartReader parts(*exchange.request.body, boundary, kFormLimits);
    const PostForm form = TRY(read_form(parts));
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
                   origin_of(exchange, "ObjectCreated:Post")));

    http::Response response = answer(form, exchange, object.etag);
    response.headers.set("ETag", quote(object.etag));
    return response;
}

}  // namespace imagemill::local::s3
