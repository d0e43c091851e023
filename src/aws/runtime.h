// runtime: the loop of a Lambda custom runtime: next → handle → response or error, for ever.
//
// Shapes:  A handler gets one invocation and returns JSON text, or an Error that is reported with
// its
//          code as the error type. The process is single-threaded: one invocation at a time.
// Errors:  run_runtime returns only when the Runtime API cannot be reached or answers 500: the
//          process must exit then.
// Source:  AWS Lambda developer guide, "Using the Lambda runtime API"; aws/runtime_api.h has the
// names.
#pragma once

#include <functional>
#include <string>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/log.h"
#include "net/client.h"

namespace imagemill::aws {

struct Invocation {
    std::string request_id;
    std::string function_arn;
    std::string trace_id;
    Time deadline;
    std::string payload;  // JSON text.
};

using FunctionHandler = std::function<Result<std::string>(const Invocation&)>;

struct RuntimeOptions {
    std::string api;  // AWS_LAMBDA_RUNTIME_API: host:port
};

// Reports that initialisation failed; the process must exit afterwards.
Result<void> report_init_error(net::Client& client, const RuntimeOptions& options,
                               const Error& error);

Result<void> run_runtime(net::Client& client, const RuntimeOptions& options,
                         const FunctionHandler& handler, Log& log);

}  // namespace imagemill::aws
