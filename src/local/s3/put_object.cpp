#include "local/s3/checksum_headers.h"
#include "local/s3/exchange.h"
#include "local/s3/payload.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {

Answer run(const PutObject&, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    WritePlan plan = TRY(plan_write(operation.headers, exchange.payload_hash));
    Payload payload = TRY(Payload::open(exchange, plan.checks));
    // Before the body, which a client that waits for "100 Continue" then need not send.
    TRY(exchange.store.head_bucket(operation.bucket));

    auto upload = TRY(exchange.store.begin());
    begin_checksum(plan);
    TRY(receive(payload, *upload, plan.checks));
    end_checksum(plan);
    const StoredObject object =
        TRY(commit(*upload, {.bucket = operation.bucket, .key = operation.key}, plan,
                   origin_of(exchange, "ObjectCreated:Put")));

    http::Response response;
    add_checksum_headers(object.attributes, response.headers);
    response.headers.set("ETag", "\"" + object.etag + "\"");
    return response;
}

}  // namespace imagemill::local::s3
