// report: what the platform itself writes about an invocation: the lines of its log, and the JSON
// that stands for an answer where the function gave none.
//
// Shapes:  START, END, REPORT and INIT_REPORT in Lambda's text format; errors as
//          {"errorType","errorMessage"}.
// Threads: pure functions.
// Source:  AWS Lambda developer guide, "Log formats"; what Lambda answers to Invoke.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace imagemill::local {

enum class InvocationStatus { success, error, timeout };

struct Report {
    std::string request_id = {};
    Milliseconds duration{0};
    std::optional<Milliseconds> init_duration = {};  // Of an instance's first invocation.
    int memory_mb = 0;
    std::int64_t memory_bytes_used = 0;
    InvocationStatus status = InvocationStatus::success;
    std::string error_type = {};
};

std::string format_start(std::string_view request_id);
std::string format_end(std::string_view request_id);
std::string format_report(const Report& report);
std::string format_init_report(Milliseconds duration, InvocationStatus status,
                               std::string_view error_type);

// "Task timed out after 3.00 seconds"
std::string format_timeout(Milliseconds timeout);
// "exit status 3" or "signal: aborted", of a status as wait(2) gives it; empty for exit status 0.
std::string format_exit(int wait_status);
// "Runtime exited with error: exit status 3" or "Runtime exited without providing a reason".
std::string format_exit_reason(int wait_status);

// {"errorType":…,"errorMessage":"RequestId: … Error: <message>"}
std::string format_error(std::string_view error_type, std::string_view request_id,
                         std::string_view message);
// What a runtime posted as its error, or, where that is no JSON, an error that quotes it.
std::string format_posted_error(std::string_view error_type, std::string_view posted);
// The error type of a Lambda-Runtime-Function-Error-Type header: "Function.ImageTooLarge"; what is
// of another form becomes "Function.Unknown" or "Runtime.Unknown".
std::string error_type_of(std::string_view header);

}  // namespace imagemill::local
