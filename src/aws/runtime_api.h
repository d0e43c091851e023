// runtime_api: the names of Lambda's Runtime API, shared by the loop that calls it and the pool
// that serves it.
//
// Source: AWS Lambda developer guide, "Using the Lambda runtime API".
#pragma once

#include <string_view>

namespace imagemill::aws::runtime_api {

inline constexpr std::string_view kPrefix = "/2018-06-01/runtime";
inline constexpr std::string_view kNext = "/2018-06-01/runtime/invocation/next";
inline constexpr std::string_view kInvocation = "/2018-06-01/runtime/invocation/";
inline constexpr std::string_view kInitError = "/2018-06-01/runtime/init/error";

inline constexpr std::string_view kRequestId = "Lambda-Runtime-Aws-Request-Id";
inline constexpr std::string_view kInvocationId = "Lambda-Runtime-Invocation-Id";
inline constexpr std::string_view kDeadlineMs = "Lambda-Runtime-Deadline-Ms";
inline constexpr std::string_view kFunctionArn = "Lambda-Runtime-Invoked-Function-Arn";
inline constexpr std::string_view kTraceId = "Lambda-Runtime-Trace-Id";
inline constexpr std::string_view kErrorType = "Lambda-Runtime-Function-Error-Type";

// A function's answer: 6 MB and the envelope.
inline constexpr long kResponseBytesMax = 6'291'556;

}  // namespace imagemill::aws::runtime_api
