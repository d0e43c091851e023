#include "local/gateway/lambda_error.h"

#include "base/json.h"

namespace imagemill::local {
namespace {

// S3's code, and what services of the JSON protocols call the same.
constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"SignatureDoesNotMatch", "InvalidSignatureException"},
    {"RequestTimeTooSkewed", "InvalidSignatureException"},
    {"InvalidAccessKeyId", "UnrecognizedClientException"},
    {"InvalidToken", "UnrecognizedClientException"},
    {"ExpiredToken", "ExpiredTokenException"},
    {"AuthorizationHeaderMalformed", "IncompleteSignatureException"},
    {"InvalidArgument", "IncompleteSignatureException"},
};

}  // namespace

http::Response format_lambda_error(const LambdaError& error) {
    json::object document{{"Type", error.status < 500 ? "User" : "Service"},
                          {"message", error.message}};
    if (!error.reason.empty()) document["Reason"] = error.reason;
    auto response =
        http::Response::text(error.status, "application/json", json::serialize(document));
    response.headers.set("x-amzn-ErrorType", std::string(error.type));
    return response;
}

LambdaError lambda_error_of(const aws::AuthError& error) {
    for (const auto& [code, type] : kTypes) {
        if (error.code == code) return {.status = 403, .type = type, .message = error.message};
    }
    return {.status = 403, .type = "AccessDeniedException", .message = error.message};
}

}  // namespace imagemill::local
