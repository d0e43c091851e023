// lambda_error: errors as the Lambda API gives them: REST-JSON, named in x-amzn-ErrorType.
//
// Shapes:  {"Type":"User","message":"…"} (a server's fault: "Type":"Service"); a throttle has a
//          "Reason" too.
// Threads: pure functions.
// Source:  AWS Lambda API reference, Invoke, "Errors"; botocore's lambda/2015-03-31 model.
#pragma once

#include <string>
#include <string_view>

#include "aws/sigv4.h"
#include "http/message.h"

namespace imagemill::local {

struct LambdaError {
    int status = 400;
    std::string_view type;  // "ResourceNotFoundException"
    std::string message;
    std::string_view reason = {};
};

http::Response format_lambda_error(const LambdaError& error);
// A refusal of SigV4's, in the words of AWS's other services.
LambdaError lambda_error_of(const aws::AuthError& error);

}  // namespace imagemill::local
