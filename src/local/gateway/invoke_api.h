// invoke_api: Lambda's Invoke, so that `aws lambda invoke --endpoint-url` tries a function here
// with the command that is used on AWS.
//
// Shapes:  POST /2015-03-31/functions/{name}/invocations, signed (SigV4, service "lambda"). {name}
//          is a name, account:function:name or an ARN, each with an optional ":$LATEST".
//          X-Amz-Invocation-Type: RequestResponse (200 and the function's answer; where it failed,
//          X-Amz-Function-Error and its error), Event (202, queued durably), DryRun (204).
//          X-Amz-Log-Type: Tail gives X-Amz-Log-Result, the last 4 kB of the log, in base64.
// Errors:  as Lambda's: ResourceNotFoundException 404, InvalidRequestContentException 400 (a
//          payload that is no JSON), RequestTooLargeException 413 (6 MB; an Event 1 MB),
//          InvalidParameterValueException 400, TooManyRequestsException 429, ServiceException 500;
//          403 where the signature is none of ours.
// Threads: any.
// Cost:    a payload is held once; all of them together count against `budget`.
// Source:  AWS Lambda API reference, Invoke.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials.h"
#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/message.h"
#include "local/gateway/lambda_error.h"
#include "local/gateway/upload_body.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

inline constexpr std::string_view kInvokePath = "/2015-03-31/functions/";
inline constexpr std::int64_t kInvokeBytesMax = 6'291'456;
inline constexpr std::int64_t kInvokeEventBytesMax = 1'048'576;
inline constexpr std::int64_t kInvokeResponseBytesMax = kInvokeBytesMax + 100;

struct InvokeApiOptions {
    std::string region = "us-east-1";
    std::string account = "000000000000";
    std::function<std::optional<aws::Credentials>(std::string_view access_key)> find_key;
};

class InvokeApi final {
  public:
    // All but `options` outlive it.
    InvokeApi(InvokeApiOptions options, FunctionPool& pool, EventQueue& queue, Budget& budget,
              const Clock& clock, const Log& log);

    http::Response handle(http::Request& request);

  private:
    struct Call;
    std::optional<LambdaError> check_signature(const http::Request& request, Bytes body) const;
    std::variant<Call, LambdaError> parse(http::Request& request);
    std::variant<std::string, LambdaError> function_of(const http::Request& request) const;
    LambdaError not_found(std::string_view name) const;
    http::Response run(const Call& call);
    http::Response enqueue(const Call& call);

    const InvokeApiOptions options_;
    FunctionPool& pool_;
    EventQueue& queue_;
    Budget& budget_;
    const Clock& clock_;
    const Log& log_;
};

}  // namespace imagemill::local
