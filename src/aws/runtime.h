// runtime: the loop of a Lambda custom runtime: next → handle → response or error, for ever.
//
// Shapes:  A handler gets one invocation and returns JSON text, or an Error that is reported as
//          {"errorMessage","errorType","stackTrace":[]} with an error type made of its code:
//          "Function.TooLarge". While a handler runs, the log stamps its request id and
//          its trace's, and _X_AMZN_TRACE_ID is set.
// Errors:  run_runtime returns only when the Runtime API cannot be reached, answers 5xx or what is
//          no invocation: the process must exit then. An answer the API does not take (413) is
//          reported as Function.ResponseSizeTooLarge; one that comes too late (400, 403) is logged.
//          report_init_error: unavailable.
// Threads: the process is single-threaded: one invocation at a time.
// Source:  AWS Lambda developer guide, "Using the Lambda runtime API"; aws/runtime_api.h has the
//          names.
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
    Buffer payload;  // JSON text.
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
