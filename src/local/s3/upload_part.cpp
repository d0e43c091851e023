#include "base/encodings.h"
#include "local/s3/completion_plan.h"
#include "local/s3/exchange.h"
#include "local/s3/payload.h"

namespace imagemill::local::s3 {
namespace {

// Whoever said at the start what the parts are added up with has to stay with it.
Outcome<void> check_algorithm(const BodyChecks& checks, const ChecksumRule& rule) {
    const Algorithm* given = checks.algorithm();
    if (given == nullptr || given == rule.algorithm || rule.is_default) return {};
    return invalid_request("Checksum Type mismatch occurred, expected checksum Type: " +
                           to_lower(rule.algorithm->name) +
                           ", actual checksum Type: " + to_lower(given->name));
}

}  // namespace

Answer run(const UploadPart& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const UploadRef ref{.bucket = operation.bucket, .key = operation.key, .id = call.upload_id};
    BodyChecks checks = TRY(BodyChecks::parse(operation.headers, exchange.payload_hash));
    Payload payload = TRY(Payload::open(exchange, checks));
    const OpenUpload upload = TRY(exchange.store.multiparts().find(ref));
    const ChecksumRule rule = rule_of(upload.attributes);
    TRY(check_algorithm(checks, rule));
    checks.also(*rule.algorithm);

    auto part =
        TRY(exchange.store.multiparts().begin_part(ref, call.part_number, payload.size_bytes()));
    TRY(receive(payload, *part, checks));
    const StoredPart stored = TRY(part->commit(format_part_checksums(checks, rule)));

    http::Response response;
    for (const Algorithm& algorithm : algorithms()) {
        const std::string sum = part_checksum(stored, algorithm);
        if (!sum.empty()) response.headers.set(algorithm.header, sum);
    }
    response.headers.set("ETag", "\"" + stored.etag + "\"");
    return response;
}

}  // namespace imagemill::local::s3
