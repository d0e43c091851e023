#include "local/s3/conditions.h"

#include <chrono>
#include <optional>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

// "*", or a list of ETags, quoted or (S3 is lenient) bare. A weak one equals a strong one only
// where `weak` says so (RFC 9110 8.8.3.2).
enum class Weak { equal, differ };

bool names_etag(std::string_view list, std::string_view etag, Weak weak) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        std::string_view item = trim(list.substr(0, comma));
        list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
        if (item == "*") return true;
        if (item.starts_with("W/")) {
            if (weak == Weak::differ) continue;
            item.remove_prefix(2);
        }
        if (strip_quotes(item) == etag) return true;
    }
    return false;
}

std::optional<Time> get_date(const http::Headers& headers, std::string_view name) {
    const auto text = headers.get(name);
    if (!text) return std::nullopt;
    // RFC 9110 13.1.3: a date that is none is as if it were not there.
    const auto date = parse_http_date(*text);
    if (!date) return std::nullopt;
    return *date;
}

aws::S3Error refused_condition(std::string header) {
    aws::S3Error error = not_implemented("The header " + header, header);
    error.details.emplace_back("additionalMessage", "We don't accept the provided value of " +
                                                        header + " header for this API");
    return error;
}

}  // namespace

ReadVerdict check_read(const http::Headers& headers, std::string_view etag, Time modified,
                       Time now) {
    if (const auto wanted = headers.get("If-Match")) {
        if (!names_etag(*wanted, etag, Weak::differ)) return {Verdict::failed, "If-Match"};
    } else if (const auto date = get_date(headers, "If-Unmodified-Since")) {
        if (modified > *date) return {Verdict::failed, "If-Unmodified-Since"};
    }
    if (const auto known = headers.get("If-None-Match")) {
        if (names_etag(*known, etag, Weak::equal)) return {Verdict::not_modified, "If-None-Match"};
    } else if (const auto date = get_date(headers, "If-Modified-Since")) {
        // A date in the future is ignored: the client's clock is wrong.
        if (modified <= *date && *date <= now) return {Verdict::not_modified, "If-Modified-Since"};
    }
    return {};
}

bool if_range_holds(const http::Headers& headers, std::string_view etag, Time modified) {
    const auto validator = headers.get("If-Range");
    if (!validator) return true;
    if (const auto date = parse_http_date(*validator)) return *date == modified;
    return !validator->starts_with("W/") && strip_quotes(*validator) == etag;
}

Outcome<WriteConditions> parse_write_conditions(const http::Headers& headers) {
    const auto if_match = headers.get("If-Match");
    const auto if_none_match = headers.get("If-None-Match");
    if (if_match && if_none_match) {
        aws::S3Error error = not_implemented("More than one condition", "If-Match,If-None-Match");
        error.details.emplace_back("additionalMessage",
                                   "Multiple conditional request headers present in the request");
        return error;
    }
    if (if_none_match && trim(*if_none_match) != "*") return refused_condition("If-None-Match");
    if (if_match && (trim(*if_match) == "*" || strip_quotes(trim(*if_match)).empty())) {
        return refused_condition("If-Match");
    }
    for (const char* header : {"If-Modified-Since", "If-Unmodified-Since"}) {
        if (headers.get(header)) return refused_condition(header);
    }
    WriteConditions conditions;
    if (if_match) conditions.if_match = strip_quotes(trim(*if_match));
    conditions.if_none_match = if_none_match.has_value();
    return conditions;
}

std::string_view strip_quotes(std::string_view etag) {
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag.remove_prefix(1);
        etag.remove_suffix(1);
    }
    return etag;
}

}  // namespace imagemill::local::s3
