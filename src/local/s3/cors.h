// cors: which pages a browser lets talk to this service: the page's own, to all of it, and those
// that a bucket's owner names, to the bucket.
//
// Errors:  of a preflight: BadRequest without Origin or method, AccessForbidden for pages that are
//          not let in.
// Threads: pure functions.
// Source:  Fetch standard, "CORS protocol"; Amazon S3 user guide, "Using cross-origin resource
//          sharing".
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "local/s3/cors_rules.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

// Outlive the call; both may be empty.
struct CorsPolicy {
    const std::vector<std::string>& page_origins;
    const std::vector<CorsRule>& rules;  // Of the bucket that is asked.
};

// What a browser asks before it asks. The allowance itself is added as to any answer.
Answer preflight(const http::Request& request, const CorsPolicy& policy);

// Lets the page read the answer, whatever it is; errors, too.
void add_cors_headers(const http::Request& request, const CorsPolicy& policy,
                      http::Headers& headers);

}  // namespace imagemill::local::s3
