#include <chrono>
#include <memory>
#include <string>

#include "base/encodings.h"
#include "local/s3/checksum_headers.h"
#include "local/s3/conditions.h"
#include "local/s3/exchange.h"
#include "local/s3/part_read.h"
#include "local/s3/range.h"

namespace imagemill::local::s3 {
namespace {

// An object may be HTML or an SVG with a script, and here every bucket shares one origin, which on
// one machine is also next to the console's: whatever is opened runs nothing. (Amazon gives each
// bucket a name of its own and leaves this to the owner.)
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";

// What to answer, decided from the request and the catalog alone.
struct ReadPlan {
    int status = 200;
    Span span;
    http::Headers headers;
};

std::string quote(std::string_view etag) {
    return "\"" + std::string(etag) + "\"";
}

void set_unless_empty(http::Headers& headers, std::string_view name, const std::string& value) {
    if (!value.empty()) headers.set(name, value);
}

// RFC 9110 15.4.5: what a 304 repeats of the answer it stands for.
http::Headers validators_of(const StoredObject& object) {
    http::Headers headers{{"ETag", quote(object.etag)},
                          {"Last-Modified", format_http_date(object.modified)}};
    set_unless_empty(headers, "Cache-Control", object.attributes.cache_control);
    set_unless_empty(headers, "Expires", object.attributes.expires);
    return headers;
}

http::Headers headers_of(const StoredObject& object, const Overrides& overrides) {
    const Attributes& attributes = object.attributes;
    http::Headers headers = validators_of(object);
    headers.set("Accept-Ranges", "bytes");
    headers.set("Content-Type", attributes.content_type);
    set_unless_empty(headers, "Content-Encoding", attributes.content_encoding);
    set_unless_empty(headers, "Content-Language", attributes.content_language);
    set_unless_empty(headers, "Content-Disposition", attributes.content_disposition);
    for (const auto& [name, value] : attributes.metadata) headers.add("x-amz-meta-" + name, value);
    if (!attributes.tags.empty()) {
        headers.set("x-amz-tagging-count", std::to_string(attributes.tags.size()));
    }
    for (const auto& [name, value] : overrides) headers.set(name, value);
    headers.set("Content-Security-Policy", kContentSecurityPolicy);
    return headers;
}

std::string content_range(const Span& span, std::int64_t size_bytes) {
    return "bytes " + std::to_string(span.offset) + "-" +
           std::to_string(span.offset + span.length - 1) + "/" + std::to_string(size_bytes);
}

aws::S3Error invalid_range(std::string_view header, std::int64_t size_bytes) {
    return {.code = "InvalidRange",
            .status = 416,
            .message = "The requested range is not satisfiable",
            .details = {{"RangeRequested", std::string(header)},
                        {"ActualObjectSize", std::to_string(size_bytes)}}};
}

// What a client asks for of an object's checksum, which is of the whole of it.
void add_checksum(const http::Headers& asked, const StoredObject& object, ReadPlan& plan) {
    const bool is_asked = equal_ignoring_case(asked.get_or("x-amz-checksum-mode", ""), "ENABLED");
    const bool is_whole = plan.span.length == object.size_bytes;
    if (is_asked && is_whole) add_checksum_headers(object.attributes, plan.headers);
}

Outcome<ReadPlan> plan_part(const http::Headers& headers, const StoredObject& object,
                            const Overrides& overrides, int number) {
    const PartRead part = TRY(find_part(object, number, headers));
    // A part without bytes has no range that could be named.
    ReadPlan plan{.status = part.span.length > 0 ? 206 : 200,
                  .span = part.span,
                  .headers = headers_of(object, overrides)};
    if (plan.status == 206) {
        plan.headers.set("Content-Range", content_range(plan.span, object.size_bytes));
    }
    if (part.part_count > 0) {
        plan.headers.set("x-amz-mp-parts-count", std::to_string(part.part_count));
    }
    return plan;
}

Outcome<ReadPlan> plan_range(const http::Headers& headers, const StoredObject& object,
                             const Overrides& overrides, std::string_view range_header) {
    const Range range = parse_range(range_header, object.size_bytes);
    if (range.kind == RangeKind::unsatisfiable) {
        return invalid_range(range_header, object.size_bytes);
    }
    ReadPlan plan{.status = range.kind == RangeKind::part ? 206 : 200,
                  .span = range.span,
                  .headers = headers_of(object, overrides)};
    if (plan.status == 206) {
        plan.headers.set("Content-Range", content_range(plan.span, object.size_bytes));
    }
    add_checksum(headers, object, plan);
    return plan;
}

// `call` is a GetObject or a HeadObject.
Outcome<ReadPlan> plan_read(const http::Headers& headers, const StoredObject& object,
                            const auto& call, Time now) {
    // HTTP's dates have no fractions, so neither has what they are compared with.
    const Time modified = std::chrono::floor<std::chrono::seconds>(object.modified);
    const ReadVerdict verdict = check_read(headers, object.etag, modified, now);
    if (verdict.verdict == Verdict::failed) return precondition_failed(verdict.condition);
    if (verdict.verdict == Verdict::not_modified) {
        return ReadPlan{.status = 304, .span = {}, .headers = validators_of(object)};
    }
    if (call.part_number) return plan_part(headers, object, call.overrides, *call.part_number);
    const std::string_view range = if_range_holds(headers, object.etag, modified)
                                       ? headers.get_or("Range", "")
                                       : std::string_view();
    return plan_range(headers, object, call.overrides, range);
}

}  // namespace

Answer run(const GetObject& call, Exchange& exchange) {
    OpenedObject opened =
        TRY(exchange.store.open(exchange.operation.bucket, exchange.operation.key));
    ReadPlan plan =
        TRY(plan_read(exchange.operation.headers, opened.object, call, exchange.clock.now()));
    http::Response response;
    response.status = plan.status;
    response.headers = std::move(plan.headers);
    if (plan.status != 304) {
        // shared: the response type keeps a file so (http/message.h).
        response.body = http::FileRange{.file = std::make_shared<Fd>(std::move(opened.file)),
                                        .offset = plan.span.offset,
                                        .length = plan.span.length};
    }
    return response;
}

Answer run(const HeadObject& call, Exchange& exchange) {
    const StoredObject object =
        TRY(exchange.store.head(exchange.operation.bucket, exchange.operation.key));
    ReadPlan plan = TRY(plan_read(exchange.operation.headers, object, call, exchange.clock.now()));
    http::Response response;
    response.status = plan.status;
    response.headers = std::move(plan.headers);
    // There is no body to count, and the answer must say what a GET would bring.
    if (plan.status != 304) {
        response.headers.set("Content-Length", std::to_string(plan.span.length));
    }
    return response;
}

}  // namespace imagemill::local::s3
