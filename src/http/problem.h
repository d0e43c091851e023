// problem: an error as application/problem+json.
//
// Shapes:  {"type":"about:blank" or "/problems/<code>","title","status","detail",
//           "setting","limit","measured"} — the last three where a limit was passed.
//          401 has WWW-Authenticate: Bearer; 429 and 503 have Retry-After: 1.
// Threads: pure functions.
// Source:  RFC 9457; the status of each Code is in status_of.
#pragma once

#include <boost/json.hpp>

#include "base/result.h"
#include "http/message.h"

namespace imagemill::http {

// invalid_argument, corrupt 400 · unauthenticated 401 · forbidden 403 · no_such_* 404 · conflict
// 409 · precondition_failed 412 · too_large 413 · unsupported 415 · busy 503 · timeout 504 ·
// unavailable 503 · internal 500.
int status_of(Code code);

// `more` is merged into the document.
Response problem(const Error& error, boost::json::object more = {});
Response problem(int status, std::string_view detail, boost::json::object more = {});

}  // namespace imagemill::http
