#include "base/encodings.h"
#include "local/s3/conditions.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {
namespace {

// An ETag, or "*" for any object, whichever.
Outcome<WriteConditions> parse_conditions(const http::Headers& headers) {
    for (const char* header : {"If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}) {
        if (headers.get(header)) {
            return not_implemented("The header " + std::string(header), header);
        }
    }
    WriteConditions conditions;
    conditions.if_match = strip_quotes(trim(headers.get_or("If-Match", "")));
    if (headers.get("If-Match") && conditions.if_match.empty()) {
        return invalid_argument("If-Match must be an ETag or \"*\".", "If-Match", "");
    }
    return conditions;
}

}  // namespace

Answer run(const DeleteObject&, Exchange& exchange) {
    const WriteConditions conditions = TRY(parse_conditions(exchange.operation.headers));
    const auto removed =
        exchange.store.remove(exchange.operation.bucket, exchange.operation.key, conditions,
                              origin_of(exchange, "ObjectRemoved:Delete"));
    if (!removed) {
        const Code code = removed.error().code;
        const bool wanted_any = conditions.if_match == "*" && code == Code::no_such_key;
        if (code == Code::precondition_failed || wanted_any) return precondition_failed("If-Match");
        return of_store(removed.error());
    }
    http::Response response;
    response.status = 204;
    return response;
}

}  // namespace imagemill::local::s3
