// credentials: an access key and where it comes from.
//
// Errors:  unauthenticated   none of the places has one; names the places looked at.
//          invalid_argument  a place has one that cannot be read; names the line or the variable.
//          No message ever holds a secret.
// Threads: plain values.
// Source:  AWS SDKs and tools reference guide, environment variables and the shared credentials
//          file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace imagemill::aws {

struct Credentials {
    std::string access_key;
    std::string secret_key;
    std::string session_token;    // Empty for long-lived keys.
    std::optional<Time> expires;  // Where it is known.
};

// Looks a variable up; nothing where it is unset or empty. main passes getenv, a test a map.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION.
Result<Credentials> credentials_from_environment(const Environment& environment);

// The ini file of AWS_SHARED_CREDENTIALS_FILE: [default] aws_access_key_id = …
Result<Credentials> parse_credentials_file(std::string_view text, std::string_view profile);
std::string format_credentials_file(const Credentials& credentials, std::string_view profile);

}  // namespace imagemill::aws
