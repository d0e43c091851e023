#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/authorization.h"
#include "local/s3/conditions.h"
#include "local/s3/copy_source.h"
#include "local/s3/exchange.h"
#include "local/s3/write_plan.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::int64_t kCopyBytesMax = INT64_C(5) << 30;  // S3's own: larger ones go in parts.

store::ObjectId source_of(const CopyObject& call) {
    return {.bucket = call.source_bucket, .key = call.source_key};
}

aws::S3Error of_source(const Error& error, const CopyObject& call, const Exchange& exchange) {
    aws::S3Error refusal = of_store(error);
    if (refusal.code == "NoSuchKey") refusal.details = {{"Key", call.source_key}};
    if (refusal.code == "NoSuchBucket") refusal.details = {{"BucketName", call.source_bucket}};
    return conceal_missing_key(exchange.keys, exchange.access_key, source_of(call),
                               std::move(refusal));
}

// Any condition on the source that does not hold refuses the copy, be it one that answers a read
// with 304.
Outcome<void> check_source(const StoredObject& source, const Exchange& exchange) {
    if (source.size_bytes > kCopyBytesMax) {
        return invalid_request(
            "The specified copy source is larger than the maximum allowable size for a copy "
            "source: " +
            std::to_string(kCopyBytesMax));
    }
    const Time modified = std::chrono::floor<std::chrono::seconds>(source.modified);
    const ReadVerdict verdict = check_read(source_conditions(exchange.operation.headers),
                                           source.etag, modified, exchange.clock.now());
    if (verdict.verdict == Verdict::serve) return {};
    return precondition_failed("x-amz-copy-source-" + verdict.condition);
}

Outcome<void> check_not_itself(const CopyObject& call, const Operation& operation) {
    const bool is_itself =
        call.source_bucket == operation.bucket && call.source_key == operation.key;
    if (!is_itself || call.replace_attributes) return {};
    return invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without "
        "changing the object's metadata, storage class, website redirect location or encryption "
        "attributes.");
}

// What the copy will have beside the bytes: the request's, or else the source's.
Outcome<Attributes> choose_attributes(const CopyObject& call, const StoredObject& source,
                                      Attributes asked, const Exchange& exchange) {
    Attributes chosen = source.attributes;
    // Made of parts or of their sums; and the copy has none.
    chosen.part_layout.clear();
    if (chosen.checksum_type == kComposite) {
        chosen.checksum_algorithm = chosen.checksum = chosen.checksum_type = "";
    }
    if (call.replace_attributes) {
        chosen.content_type = std::move(asked.content_type);
        chosen.content_encoding = std::move(asked.content_encoding);
        chosen.content_language = std::move(asked.content_language);
        chosen.content_disposition = std::move(asked.content_disposition);
        chosen.cache_control = std::move(asked.cache_control);
        chosen.expires = std::move(asked.expires);
        chosen.metadata = std::move(asked.metadata);
    }
    if (call.replace_tags) {
        chosen.tags = std::move(asked.tags);
        return chosen;
    }
    if (chosen.tags.empty()) return chosen;
    // Tags that come along are read there and written here.
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::get_object_tagging,
                      source_of(call)));
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::put_object_tagging,
                      {.bucket = exchange.operation.bucket, .key = exchange.operation.key}));
    return chosen;
}

std::string format_result(const StoredObject& object) {
    aws::XmlWriter xml("CopyObjectResult");
    xml.element("LastModified", format_rfc3339(object.modified));
    xml.element("ETag", "\"" + object.etag + "\"");
    return xml.finish();
}

}  // namespace

Answer run(const CopyObject& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const store::ObjectId target{.bucket = operation.bucket, .key = operation.key};
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::get_object, source_of(call)));
    TRY(check_not_itself(call, operation));
    WritePlan plan = TRY(plan_write(operation.headers, ""));
    TRY(exchange.store.head_bucket(operation.bucket));

    const auto source = exchange.store.open(call.source_bucket, call.source_key);
    if (!source) return of_source(source.error(), call, exchange);
    TRY(check_source(source->object, exchange));
    plan.attributes =
        TRY(choose_attributes(call, source->object, std::move(plan.attributes), exchange));

    auto upload = TRY(exchange.store.copy(*source));
    auto object = commit(*upload, target, plan, origin_of(exchange, "ObjectCreated:Copy"));
    if (!object) {
        return conceal_missing_key(exchange.keys, exchange.access_key, target,
                                   std::move(object).error());
    }
    return http::Response::text(200, kXmlType, format_result(*object));
}

}  // namespace imagemill::local::s3
