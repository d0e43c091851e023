// cors: lets pages of named origins post forms here and load pictures from here, and no others.
//
// Shapes:  The gateway's page is of another port, so of another origin. `origins` are whole origins
//          ("http://127.0.0.1:8080"), or one "*" for any.
// Errors:  of a preflight, as S3 answers: BadRequest without an Origin, AccessForbidden for a page,
//          method or bucket that is not let in.
// Threads: pure functions.
// Source:  Fetch standard, "CORS protocol"; Amazon S3 user guide, "Using CORS".
#pragma once

#include <string>
#include <vector>

#include "http/message.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

Answer preflight(const http::Request& request, const std::vector<std::string>& origins);

// Adds to an answer what lets a page of an allowed origin read it.
void add_cors_headers(const http::Request& request, const std::vector<std::string>& origins,
                      http::Headers& headers);

}  // namespace imagemill::local::s3
