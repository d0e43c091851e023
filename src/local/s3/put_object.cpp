#include "local/s3/exchange.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {
namespace {

Outcome<std::int64_t> check_length(const Exchange& exchange) {
    const auto length = exchange.request.content_length;
    if (!length) {
        return aws::S3Error{.code = "MissingContentLength",
                            .status = 411,
                            .message = "You must provide the Content-Length HTTP header.",
                            .details = {}};
    }
    if (*length > exchange.options.object_bytes_max) {
        return entity_too_large(exchange.options.object_bytes_max, *length);
    }
    return *length;
}

}  // namespace

Answer run(const PutObject&, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const std::int64_t length = TRY(check_length(exchange));
    WritePlan plan = TRY(plan_write(operation.headers, exchange.payload_hash));
    // Before the body, which a client that waits for "100 Continue" then need not send.
    TRY(exchange.store.head_bucket(operation.bucket));

    auto upload = TRY(exchange.store.begin());
    const std::int64_t size = TRY(receive(*exchange.request.body, length, *upload, plan.checks));
    if (size != length) return incomplete_body(length, size);
    TRY(plan.checks.finish());
    const StoredObject object =
        TRY(commit(*upload, {.bucket = operation.bucket, .key = operation.key}, plan,
                   {.event_name = "ObjectCreated:Put",
                    .source_ip = exchange.request.peer,
                    .principal = exchange.access_key,
                    .request_id = exchange.request_id}));

    http::Response response;
    response.headers = plan.checks.confirmed();
    response.headers.set("ETag", "\"" + object.etag + "\"");
    return response;
}

}  // namespace imagemill::local::s3
