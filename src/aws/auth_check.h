// auth_check: what header, query and form authentication have in common: the credential is taken
// apart, its key looked up, the signatures compared. Private to aws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "aws/sigv4.h"

namespace imagemill::aws {

// "AKID/20130524/us-east-1/s3/aws4_request", taken apart.
struct CredentialScope {
    std::string access_key;  // May hold a "/": the last four parts are the scope.
    std::string date;
    std::string region;
    std::string service;
};

// Why it is none: S3 puts other words before `reason` for a header, a query and a form.
struct ScopeFault {
    std::string reason;
    bool wrong_region = false;
};

std::variant<CredentialScope, ScopeFault> parse_credential(std::string_view credential,
                                                           std::string_view region,
                                                           std::string_view service = "s3");

// The key of `access_key`; refused where there is none, where it has expired, or where the session
// token sent is not its own.
std::variant<Credentials, AuthError> find_credentials(std::string_view access_key,
                                                      std::string_view session_token,
                                                      const VerifyOptions& options);

AuthError invalid_argument(std::string message, std::string argument_name);
AuthError signature_version_2();
AuthError access_denied(std::string message);

// At most 64 bytes of what a client sent, to be shown back.
std::string shown(std::string_view text);

}  // namespace imagemill::aws
