#include <algorithm>
#include <chrono>
#include <optional>

#include "aws/xml_writer.h"
#include "base/encodings.h"
#include "local/s3/authorization.h"
#include "local/s3/completion_plan.h"
#include "local/s3/conditions.h"
#include "local/s3/copy_source.h"
#include "local/s3/exchange.h"
#include "local/s3/range.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr std::int64_t kPartBytesMax = INT64_C(5) << 30;  // S3's own.
constexpr const char* kRangeHeader = "x-amz-copy-source-range";

// "bytes=0-9": both ends, within the source. Unlike a read's Range it is never clamped or ignored.
Outcome<Span> parse_source_range(const std::string& text, std::int64_t size_bytes) {
    if (text.empty()) return Span{.offset = 0, .length = size_bytes};
    const std::string_view all = text;
    const std::size_t dash = all.find('-');
    const bool has_form = all.starts_with("bytes=") && dash != std::string_view::npos;
    const auto first = parse_count(has_form ? all.substr(6, dash - 6) : "");
    const auto last = parse_count(has_form ? all.substr(dash + 1) : "");
    if (!first || !last || *last < *first) {
        return invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
            kRangeHeader, text);
    }
    if (*last >= size_bytes) {
        return invalid_argument(
            "Range specified is not valid for source object of size: " + std::to_string(size_bytes),
            kRangeHeader, text);
    }
    return Span{.offset = *first, .length = *last - *first + 1};
}

aws::S3Error of_source(const Error& error, const UploadPartCopy& call, const Exchange& exchange) {
    aws::S3Error refusal = of_store(error);
    if (refusal.code == "NoSuchKey") refusal.details = {{"Key", call.source.key}};
    if (refusal.code == "NoSuchBucket") refusal.details = {{"BucketName", call.source.bucket}};
    return conceal_missing_key(exchange.keys, exchange.access_key, call.source, std::move(refusal));
}

Outcome<void> check_source(const StoredObject& source, const Exchange& exchange) {
    const Time modified = std::chrono::floor<std::chrono::seconds>(source.modified);
    const ReadVerdict verdict = check_read(source_conditions(exchange.operation.headers),
                                           source.etag, modified, exchange.clock.now());
    if (verdict.verdict == Verdict::serve) return {};
    return precondition_failed("x-amz-copy-source-" + verdict.condition);
}

Outcome<void> copy_bytes(const Fd& source, const Span& span, PartUpload& part, BodyChecks& checks) {
    Buffer piece(kPieceBytes);
    for (std::int64_t done = 0; done < span.length;) {
        const auto wanted = static_cast<std::size_t>(
            std::min(span.length - done, static_cast<std::int64_t>(piece.size())));
        const ssize_t count = ::pread(source.get(), piece.data(), wanted, span.offset + done);
        if (count <= 0) {
            return of_store(
                Error{Code::unavailable, "The source of the copy could not be read to its end."});
        }
        const Bytes bytes = Bytes(piece).first(static_cast<std::size_t>(count));
        checks.update(bytes);
        TRY(part.write(bytes));
        done += count;
    }
    return checks.finish();
}

std::string format_result(const StoredPart& part, const Algorithm& algorithm) {
    aws::XmlWriter xml("CopyPartResult");
    xml.element("LastModified", format_rfc3339(part.modified));
    xml.element("ETag", "\"" + part.etag + "\"");
    xml.element(algorithm.element, part_checksum(part, algorithm));
    return xml.finish();
}

}  // namespace

Answer run(const UploadPartCopy& call, Exchange& exchange) {
    const Operation& operation = exchange.operation;
    const UploadRef ref{.bucket = operation.bucket, .key = operation.key, .id = call.upload_id};
    TRY(check_allowed(exchange.keys, exchange.access_key, Action::get_object, call.source));
    const OpenUpload upload = TRY(exchange.store.multiparts().find(ref));
    const auto source = exchange.store.open(call.source.bucket, call.source.key);
    if (!source) return of_source(source.error(), call, exchange);
    TRY(check_source(source->object, exchange));
    const Span span = TRY(parse_source_range(call.range, source->object.size_bytes));
    if (span.length > kPartBytesMax) return entity_too_large(kPartBytesMax, span.length);

    const ChecksumRule rule = rule_of(upload.attributes);
    BodyChecks checks = TRY(BodyChecks::parse({}, ""));
    checks.also(*rule.algorithm);
    auto part = TRY(exchange.store.multiparts().begin_part(ref, call.part_number, span.length));
    TRY(copy_bytes(source->file, span, *part, checks));
    const StoredPart stored = TRY(part->commit(format_part_checksums(checks, rule)));
    return http::Response::text(200, kXmlType, format_result(stored, *rule.algorithm));
}

}  // namespace imagemill::local::s3
