// failure_record: what Lambda sends to an on-failure destination when an asynchronous invocation
// has used up its attempts.
//
// Shapes:  {"version":"1.0","timestamp","requestContext":{…},"requestPayload":{…},
//          "responseContext":{…},"responsePayload":{…}}; the last two are left out where the
//          function never ran.
// Errors:  invalid_argument names the field.
// Threads: pure functions.
// Source:  AWS Lambda developer guide, "Retaining records of asynchronous invocations".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace imagemill::aws {

struct FailureRecord {
    std::string request_id;
    std::string function_arn;
    std::string condition = "RetriesExhausted";  // | EventAgeExceeded | ZeroReservedConcurrency
    int invoke_count = 0;
    std::string request_payload;  // JSON text: the event.
    std::string function_error = "Unhandled";
    std::string response_payload;  // JSON text: {"errorType","errorMessage"}
    Time time;
};

std::string format_failure_record(const FailureRecord& record);
bool is_failure_record(const json::value& event);
Result<FailureRecord> parse_failure_record(const json::value& event);

}  // namespace imagemill::aws
