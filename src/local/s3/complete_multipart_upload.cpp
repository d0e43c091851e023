#include "local/s3/completion_plan.h"
#include "local/s3/conditions.h"
#include "local/s3/exchange.h"
#include "local/s3/location.h"
#include "local/s3/multipart_answers.h"

namespace imagemill::local::s3 {
namespace {

// The sums in this request's headers are the object's. Of its own body it has Content-MD5 and the
// hash that is signed.
Outcome<Buffer> read_completion(Exchange& exchange) {
    http::Headers own;
    if (const auto md5 = exchange.operation.headers.get("Content-MD5")) {
        own.add("Content-MD5", std::string(*md5));
    }
    BodyChecks checks = TRY(BodyChecks::parse(own, exchange.payload_hash));
    auto body = http::read_all(*exchange.request.body, kCompletionBytesMax, "Content-Length");
    if (!body && body.error().code == Code::too_large) {
        return invalid_request("The list of parts has more than the " +
                               std::to_string(kCompletionBytesMax) + " bytes allowed.");
    }
    if (!body) return of_body(body.error());
    checks.update(*body);
    TRY(checks.finish());
    return *std::move(body);
}

Answer answer(const UploadRef& ref, const CompletedUpload& completed, const Exchange& exchange) {
    return http::Response::text(200, kXmlType,
                                format_completed(ref, completed, location_of(exchange)));
}

// An upload that is no more: the same list was completed before, and its answer did not arrive or
// is on its way to a client that asked twice.
Answer repeat(const UploadRef& ref, const std::vector<ListedPart>& listed, const Error& error,
              const Exchange& exchange) {
    if (error.code != Code::no_such_upload) return of_store(error);
    const auto completed = TRY(exchange.store.multiparts().find_completed(ref));
    if (!completed || completed->etag != etag_of(listed)) return of_store(error);
    return answer(ref, *completed, exchange);
}

aws::S3Error of_completion(const Error& error, const WriteConditions& conditions,
                           const UploadRef& ref) {
    const std::string condition = conditions.if_none_match ? "If-None-Match" : "If-Match";
    if (error.code == Code::precondition_failed) return precondition_failed(condition);
    aws::S3Error refusal = of_store(error);
    const bool is_conditional = conditions.if_none_match || !conditions.if_match.empty();
    if (error.code == Code::conflict && is_conditional) {
        refusal.details = {{"Condition", condition}, {"Key", ref.key}};
    }
    return refusal;
}

}  // namespace

Answer run(const CompleteMultipartUpload& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const UploadRef ref{.bucket = operation.bucket, .key = operation.key, .id = call.upload_id};
    const WriteConditions conditions = TRY(parse_write_conditions(operation.headers));
    const Buffer body = TRY(read_completion(exchange));
    const std::vector<ListedPart> listed = TRY(parse_completion(body));

    Multiparts& multiparts = exchange.store.multiparts();
    const auto upload = multiparts.find(ref);
    if (!upload) return repeat(ref, listed, upload.error(), exchange);
    const auto stored = multiparts.parts(ref, 0, kPartNumberMax);
    if (!stored) return repeat(ref, listed, stored.error(), exchange);
    const Completion completion =
        TRY(plan_completion(*upload, stored->parts, listed, operation.headers,
                            {.part_bytes_min = exchange.options.part_bytes_min}));
    const auto object = multiparts.complete(
        completion, conditions, origin_of(exchange, "ObjectCreated:CompleteMultipartUpload"));
    if (!object && object.error().code == Code::no_such_upload) {
        return repeat(ref, listed, object.error(), exchange);
    }
    if (!object) return of_completion(object.error(), conditions, ref);
    return answer(ref,
                  {.etag = object->etag,
                   .checksum_algorithm = object->attributes.checksum_algorithm,
                   .checksum = object->attributes.checksum,
                   .checksum_type = object->attributes.checksum_type},
                  exchange);
}

}  // namespace imagemill::local::s3
