// conditions: If-Match and its kin, for reads (RFC 9110 13) and for writes (S3's own, narrower).
//
// Errors:  of writes: NotImplemented (501) for what S3 takes on no write: another If-None-Match
//          than "*", an If-Match of "*" on a put, both at once.
// Threads: pure functions.
// Source:  RFC 9110 13.2.2; Amazon S3 user guide, "Conditional requests".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"
#include "local/s3/outcome.h"
#include "local/storage/disk_store.h"

namespace imagemill::local::s3 {

enum class Verdict { serve, not_modified, failed };

struct ReadVerdict {
    Verdict verdict = Verdict::serve;
    std::string condition;  // The header that failed: "If-Match".
};

// `etag` without quotes; `modified` in whole seconds.
ReadVerdict check_read(const http::Headers& headers, std::string_view etag, Time modified,
                       Time now);

// Whether Range still speaks of this object (RFC 9110 13.1.5); true without If-Range.
bool if_range_holds(const http::Headers& headers, std::string_view etag, Time modified);

// Of PutObject.
Outcome<WriteConditions> parse_write_conditions(const http::Headers& headers);

std::string_view strip_quotes(std::string_view etag);

}  // namespace imagemill::local::s3
