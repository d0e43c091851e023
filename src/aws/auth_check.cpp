#include "aws/auth_check.h"

#include <algorithm>
#include <vector>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::size_t kShownMax = 64;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

bool is_date(std::string_view text) {
    return text.size() == 8 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::variant<CredentialScope, ScopeFault> parse_credential(std::string_view credential,
                                                           std::string_view region,
                                                           std::string_view expected_service) {
    const std::vector<std::string_view> parts = split(credential, '/');
    const std::size_t count = parts.size();
    if (count < 5 || parts[0].empty()) {
        return ScopeFault{
            "the Credential is mal-formed; expecting "
            "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."};
    }
    const std::string_view date = parts[count - 4];
    const std::string_view terminal = parts[count - 1];
    const std::string_view service = parts[count - 2];
    if (terminal != "aws4_request") {
        return ScopeFault{"incorrect terminal \"" + shown(terminal) +
                          "\". This endpoint uses \"aws4_request\"."};
    }
    if (service != expected_service) {
        return ScopeFault{"incorrect service \"" + shown(service) +
                          "\". This endpoint belongs to \"" + std::string(expected_service) +
                          "\"."};
    }
    if (!is_date(date)) {
        return ScopeFault{"incorrect date format \"" + shown(date) +
                          "\". This date in the credential must be in the format \"yyyyMMdd\"."};
    }
    if (parts[count - 3] != region) {
        return ScopeFault{"the region '" + shown(parts[count - 3]) + "' is wrong; expecting '" +
                              std::string(region) + "'",
                          true};
    }
    const std::size_t scope_size =
        date.size() + region.size() + service.size() + terminal.size() + 4;
    return CredentialScope{
        .access_key = std::string(credential.substr(0, credential.size() - scope_size)),
        .date = std::string(date),
        .region = std::string(region),
        .service = std::string(service)};
}

std::variant<Credentials, AuthError> find_credentials(std::string_view access_key,
                                                      std::string_view session_token,
                                                      const VerifyOptions& options) {
    auto credentials = options.find_key(access_key);
    if (!credentials) {
        return AuthError{"InvalidAccessKeyId",
                         403,
                         "The AWS Access Key Id you provided does not exist in our records.",
                         {{"AWSAccessKeyId", shown(access_key)}}};
    }
    if (!equal_in_constant_time(credentials->session_token, session_token)) {
        return AuthError{
            "InvalidToken", 400, "The provided token is malformed or otherwise invalid.", {}};
    }
    if (credentials->expires && *credentials->expires <= options.now) {
        return AuthError{"ExpiredToken", 400, "The provided token has expired.", {}};
    }
    return std::move(*credentials);
}

AuthError invalid_argument(std::string message, std::string argument_name) {
    return {
        "InvalidArgument", 400, std::move(message), {{"ArgumentName", std::move(argument_name)}}};
}

AuthError signature_version_2() {
    return {"InvalidRequest",
            400,
            "The authorization mechanism you have provided is not supported. Please use "
            "AWS4-HMAC-SHA256. This request was signed with Signature Version 2; in boto3, make "
            "the client with Config(signature_version='s3v4').",
            {}};
}

AuthError access_denied(std::string message) {
    return {"AccessDenied", 403, std::move(message), {}};
}

std::string shown(std::string_view text) {
    return printable(text, kShownMax);
}

}  // namespace imagemill::aws
