#include "aws/credentials.h"

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kAccessKey = "aws_access_key_id";
constexpr std::string_view kSecretKey = "aws_secret_access_key";
constexpr std::string_view kSessionToken = "aws_session_token";

// The next line of `text`, without its end, taken off it.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return trim(line);
}

void assign(Credentials& credentials, std::string_view name, std::string_view value) {
    if (name == kAccessKey) credentials.access_key = value;
    if (name == kSecretKey) credentials.secret_key = value;
    if (name == kSessionToken) credentials.session_token = value;
}

Error missing(std::string_view what, std::string_view profile) {
    return {Code::unauthenticated, "The credentials file has no " + std::string(what) +
                                       " in its profile [" + std::string(profile) + "]."};
}

}  // namespace

Result<Credentials> credentials_from_environment(const Environment& environment) {
    const auto access_key = environment("AWS_ACCESS_KEY_ID");
    const auto secret_key = environment("AWS_SECRET_ACCESS_KEY");
    if (!access_key && !secret_key) {
        return Error{
            Code::unauthenticated,
            "There are no AWS credentials: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not "
            "set in the environment."};
    }
    if (!access_key || !secret_key) {
        const std::string unset = access_key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID";
        const std::string other = access_key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY";
        return Error{Code::unauthenticated, "The AWS credentials in the environment are half: " +
                                                unset + " is not set, and " + other + " is."};
    }

    Credentials credentials{.access_key = *access_key,
                            .secret_key = *secret_key,
                            .session_token = environment("AWS_SESSION_TOKEN").value_or(""),
                            .expires = std::nullopt};
    if (const auto expiration = environment("AWS_CREDENTIAL_EXPIRATION")) {
        const auto expires = parse_rfc3339(*expiration);
        if (!expires) {
            return Error{Code::invalid_argument,
                         "AWS_CREDENTIAL_EXPIRATION: " + expires.error().message};
        }
        credentials.expires = *expires;
    }
    return credentials;
}

Result<Credentials> parse_credentials_file(std::string_view text, std::string_view profile) {
    Credentials credentials;
    bool found = false;
    bool inside = false;
    int line_number = 0;
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        ++line_number;
        if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
        if (line.starts_with('[') && line.ends_with(']')) {
            inside = trim(line.substr(1, line.size() - 2)) == profile;
            found = found || inside;
            continue;
        }
        const std::size_t equals = line.find('=');
        if (equals == std::string_view::npos) {
            // The line itself stays out of the message: it may be a secret in the wrong place.
            return Error{Code::invalid_argument,
                         "Line " + std::to_string(line_number) +
                             " of the credentials file is neither [profile] nor name = value."};
        }
        if (!inside) continue;
        assign(credentials, to_lower(trim(line.substr(0, equals))), trim(line.substr(equals + 1)));
    }
    if (!found) {
        return Error{Code::unauthenticated,
                     "The credentials file has no profile [" + std::string(profile) + "]."};
    }
    if (credentials.access_key.empty()) return missing(kAccessKey, profile);
    if (credentials.secret_key.empty()) return missing(kSecretKey, profile);
    return credentials;
}

std::string format_credentials_file(const Credentials& credentials, std::string_view profile) {
    const auto line = [](std::string_view name, std::string_view value) {
        return std::string(name) + " = " + std::string(value) + "\n";
    };
    std::string text = "[" + std::string(profile) + "]\n";
    text += line(kAccessKey, credentials.access_key);
    text += line(kSecretKey, credentials.secret_key);
    if (!credentials.session_token.empty()) text += line(kSessionToken, credentials.session_token);
    return text;
}

}  // namespace imagemill::aws
