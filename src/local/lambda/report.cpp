#include "local/lambda/report.h"

#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstdio>

#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::local {
namespace {

std::string two_decimals(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.2f", value);
    return text;
}

std::string milliseconds(Milliseconds duration) {
    return two_decimals(static_cast<double>(duration.count())) + " ms";
}

std::string status_text(InvocationStatus status, std::string_view error_type) {
    switch (status) {
        case InvocationStatus::success:
            return "";
        case InvocationStatus::timeout:
            return "Status: timeout";
        case InvocationStatus::error:
            return "Status: error\tError Type: " + std::string(error_type);
    }
    return "";
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

std::string format_start(std::string_view request_id) {
    return "START RequestId: " + std::string(request_id) + " Version: $LATEST";
}

std::string format_end(std::string_view request_id) {
    return "END RequestId: " + std::string(request_id);
}

std::string format_report(const Report& report) {
    // Custom runtimes pay for their start as well; what ran at all is billed a millisecond.
    const auto billed = report.duration + report.init_duration.value_or(Milliseconds(0));
    const auto used_mb = (report.memory_bytes_used + (1 << 20) - 1) >> 20;
    std::string line = "REPORT RequestId: " + report.request_id;
    line += "\tDuration: " + milliseconds(report.duration);
    line += "\tBilled Duration: " + std::to_string(std::max<std::int64_t>(billed.count(), 1));
    line += " ms\tMemory Size: " + std::to_string(report.memory_mb);
    line += " MB\tMax Memory Used: " + std::to_string(used_mb) + " MB\t";
    if (report.init_duration)
        line += "Init Duration: " + milliseconds(*report.init_duration) + "\t";
    return line + status_text(report.status, report.error_type);
}

std::string format_init_report(Milliseconds duration, InvocationStatus status,
                               std::string_view error_type) {
    return "INIT_REPORT Init Duration: " + milliseconds(duration) + "\tPhase: init\t" +
           status_text(status, error_type);
}

std::string format_timeout(Milliseconds timeout) {
    return "Task timed out after " + two_decimals(static_cast<double>(timeout.count()) / 1000.0) +
           " seconds";
}

std::string format_exit(int wait_status) {
    if (WIFSIGNALED(wait_status)) {
        const char* const name = ::sigdescr_np(WTERMSIG(wait_status));
        return "signal: " + (name ? to_lower(name) : std::to_string(WTERMSIG(wait_status)));
    }
    const int code = WEXITSTATUS(wait_status);
    return code == 0 ? "" : "exit status " + std::to_string(code);
}

std::string format_exit_reason(int wait_status) {
    const std::string exit = format_exit(wait_status);
    return exit.empty() ? "Runtime exited without providing a reason"
                        : "Runtime exited with error: " + exit;
}

std::string format_error(std::string_view error_type, std::string_view request_id,
                         std::string_view message) {
    std::string text;
    if (!request_id.empty()) text = "RequestId: " + std::string(request_id) + " Error: ";
    text += message;
    return json::serialize(json::object{{"errorType", error_type}, {"errorMessage", text}});
}

std::string format_posted_error(std::string_view error_type, std::string_view posted) {
    if (parse_json(posted)) return std::string(posted);
    const std::string_view quoted = utf8_prefix(posted, 1'024);
    return json::serialize(
        json::object{{"errorType", error_type},
                     {"errorMessage",
                      is_utf8(quoted) ? quoted : "The runtime posted an error that is no text."}});
}

std::string error_type_of(std::string_view header) {
    const bool runtime = header.starts_with("Runtime.");
    if (runtime || header.starts_with("Function.")) {
        const std::string_view reason = header.substr(header.find('.') + 1);
        if (reason.size() >= 2 && reason.front() >= 'A' && reason.front() <= 'Z' &&
            std::ranges::all_of(reason, is_letter))
            return std::string(header);
    }
    return runtime ? "Runtime.Unknown" : "Function.Unknown";
}

}  // namespace imagemill::local
