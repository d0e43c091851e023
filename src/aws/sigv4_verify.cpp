#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "aws/auth_check.h"
#include "aws/sigv4.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// What a request says of itself; not yet believed.
struct Claim {
    CredentialScope scope;
    std::vector<std::string> signed_headers;
    std::string signature;
    std::string iso_time;
    Time time;
    std::string payload_hash;
    std::string session_token;
    bool presigned = false;
    int seconds = 0;  // Of a pre-signed URL.
};
using ParsedClaim = std::variant<Claim, AuthError>;

// --- Where the signature is.

struct Carriers {
    bool header = false;
    bool query = false;    // X-Amz-Signature and its like.
    bool query_2 = false;  // SigV2's.
};

Carriers carriers_of(const http::Request& request, const http::Parameters& query) {
    const auto has = [&](std::string_view name) { return http::find(query, name).has_value(); };
    return {.header = request.headers.get("Authorization").has_value(),
            .query = has("X-Amz-Algorithm") || has("X-Amz-Credential") || has("X-Amz-Signature"),
            .query_2 = has("AWSAccessKeyId") || has("Signature")};
}

// --- Words that S3 begins a complaint with.

AuthError header_malformed(std::string_view reason) {
    return {"AuthorizationHeaderMalformed",
            400,
            "The authorization header is malformed; " + std::string(reason),
            {}};
}

AuthError query_malformed(std::string_view reason) {
    return {"AuthorizationQueryParametersError", 400, std::string(reason), {}};
}

AuthError scope_error(const ScopeFault& fault, bool presigned, const VerifyOptions& options) {
    AuthError error =
        presigned ? query_malformed("Error parsing the X-Amz-Credential parameter; " + fault.reason)
                  : header_malformed(fault.reason);
    // SDKs read this element and try again with that region.
    if (fault.wrong_region) error.details.emplace_back("Region", options.region);
    return error;
}

// --- The parts both forms have.

std::optional<std::vector<std::string>> parse_signed_headers(std::string_view text) {
    std::vector<std::string> names;
    while (true) {
        const std::size_t end = text.find(';');
        const std::string_view name = text.substr(0, end);
        if (name.empty() || to_lower(name) != name) return std::nullopt;
        names.emplace_back(name);
        if (end == std::string_view::npos) return names;
        text.remove_prefix(end + 1);
    }
}

bool is_payload_hash(std::string_view text) {
    constexpr std::array<std::string_view, 6> kWords{
        kUnsignedPayload,
        "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER"};
    if (std::ranges::find(kWords, text) != kWords.end()) return true;
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

std::optional<AuthError> check_payload_hash(std::string_view hash) {
    if (is_payload_hash(hash)) return std::nullopt;
    AuthError error = invalid_argument(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        "x-amz-content-sha256");
    error.details.emplace_back("ArgumentValue", shown(hash));
    return error;
}

std::optional<AuthError> check_scope_date(const Claim& claim) {
    const std::string date = claim.iso_time.substr(0, 8);
    if (claim.scope.date == date) return std::nullopt;
    const std::string reason = "Invalid credential date \"" + claim.scope.date +
                               "\". This date is not the same as X-Amz-Date: \"" + date + "\".";
    return claim.presigned ? query_malformed(reason) : header_malformed(reason);
}

// --- Authorization: AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…

struct Components {
    std::string_view credential;
    std::string_view signed_headers;
    std::string_view signature;
};

std::variant<Components, AuthError> parse_components(std::string_view text) {
    Components components;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const std::string_view component = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t equals = std::min(component.find('='), component.size());
        const std::string_view name = component.substr(0, equals);
        std::string_view* place = name == "Credential"      ? &components.credential
                                  : name == "SignedHeaders" ? &components.signed_headers
                                  : name == "Signature"     ? &components.signature
                                                            : nullptr;
        // The value stays out of the message: it may be a signature.
        if (place == nullptr || equals == component.size() || !place->empty()) {
            return header_malformed("the authorization component \"" + shown(name) +
                                    "\" is malformed.");
        }
        *place = component.substr(equals + 1);
    }
    if (components.credential.empty()) return header_malformed("missing Credential.");
    if (components.signed_headers.empty()) return header_malformed("missing SignedHeaders.");
    if (components.signature.empty()) return header_malformed("missing Signature.");
    return components;
}

// x-amz-date, or Date where there is none.
Result<Time> time_of(const http::Headers& headers) {
    if (const auto date = headers.get("x-amz-date")) return parse_iso_basic(trim(*date));
    const std::string_view date = trim(headers.get_or("Date", ""));
    auto time = parse_http_date(date);
    return time ? time : parse_iso_basic(date);
}

std::optional<AuthError> check_scheme(const http::Request& request) {
    const std::string_view header = request.headers.get_or("Authorization", "");
    if (request.headers.count("Authorization") > 1) {
        return header_malformed("there is more than one.");
    }
    if (header.starts_with("AWS ")) return signature_version_2();
    if (header.starts_with(std::string(kAlgorithm) + " ")) return std::nullopt;
    if (header.starts_with("AWS4-")) {
        return AuthError{"InvalidRequest",
                         400,
                         "The authorization mechanism you have provided is not supported. Please "
                         "use AWS4-HMAC-SHA256.",
                         {}};
    }
    return invalid_argument("Unsupported Authorization Type", "Authorization");
}

ParsedClaim parse_header_claim(const http::Request& request, const VerifyOptions& options) {
    if (auto error = check_scheme(request)) return std::move(*error);
    const std::string_view header = request.headers.get_or("Authorization", "");
    const auto components = parse_components(trim(header.substr(kAlgorithm.size())));
    if (const auto* error = std::get_if<AuthError>(&components)) return *error;
    const auto& [credential, signed_headers, signature] = std::get<Components>(components);
    auto scope = parse_credential(credential, options.region, options.service);
    if (const auto* fault = std::get_if<ScopeFault>(&scope)) {
        return scope_error(*fault, false, options);
    }
    auto names = parse_signed_headers(signed_headers);
    if (!names) {
        return header_malformed("the authorization component \"SignedHeaders\" is malformed.");
    }
    const auto time = time_of(request.headers);
    if (!time) {
        return access_denied("AWS authentication requires a valid Date or x-amz-date header");
    }
    // S3 alone wants to be told; others sign what the body hashes to.
    const auto hash = options.payload_hash ? std::optional<std::string_view>(*options.payload_hash)
                                           : request.headers.get("x-amz-content-sha256");
    if (!hash) {
        return AuthError{"InvalidRequest",
                         400,
                         "Missing required header for this request: x-amz-content-sha256",
                         {}};
    }
    return Claim{.scope = std::move(std::get<CredentialScope>(scope)),
                 .signed_headers = std::move(*names),
                 .signature = std::string(signature),
                 .iso_time = format_iso_basic(*time),
                 .time = *time,
                 .payload_hash = std::string(trim(*hash)),
                 .session_token = std::string(request.headers.get_or("x-amz-security-token", ""))};
}

// --- ?X-Amz-Algorithm=…&X-Amz-Credential=…

std::variant<int, AuthError> parse_seconds(std::string_view text) {
    if (text.starts_with('-')) return query_malformed("X-Amz-Expires must be non-negative");
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc::result_out_of_range || seconds > kPresignSecondsMax) {
        return query_malformed(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            "must be less than 604800 seconds");
    }
    if (error != std::errc() || end != text.data() + text.size()) {
        return query_malformed("X-Amz-Expires should be a number");
    }
    if (seconds == 0) return query_malformed("X-Amz-Expires must be at least 1 second");
    return seconds;
}

ParsedClaim parse_query_claim(const http::Request& request, const http::Parameters& query,
                              const VerifyOptions& options) {
    const auto text = [&](std::string_view name) { return http::find(query, name).value_or(""); };
    for (const std::string_view name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature",
                                        "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"}) {
        if (!text(name).empty()) continue;
        return query_malformed(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    }
    if (text("X-Amz-Algorithm") != kAlgorithm) {
        return query_malformed("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    }
    auto scope = parse_credential(text("X-Amz-Credential"), options.region, options.service);
    if (const auto* fault = std::get_if<ScopeFault>(&scope)) {
        return scope_error(*fault, true, options);
    }
    const auto time = parse_iso_basic(text("X-Amz-Date"));
    if (!time) {
        return query_malformed(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    }
    const auto seconds = parse_seconds(text("X-Amz-Expires"));
    if (const auto* error = std::get_if<AuthError>(&seconds)) return *error;
    auto names = parse_signed_headers(text("X-Amz-SignedHeaders"));
    if (!names) return query_malformed("X-Amz-SignedHeaders is malformed");

    const std::string_view said = request.headers.get_or(
        "x-amz-content-sha256",
        http::find(query, "X-Amz-Content-Sha256").value_or(kUnsignedPayload));
    const std::string_view hash =
        options.payload_hash ? std::string_view(*options.payload_hash) : said;
    return Claim{.scope = std::move(std::get<CredentialScope>(scope)),
                 .signed_headers = std::move(*names),
                 .signature = std::string(text("X-Amz-Signature")),
                 .iso_time = std::string(text("X-Amz-Date")),
                 .time = *time,
                 .payload_hash = std::string(trim(hash)),
                 .session_token = std::string(text("X-Amz-Security-Token")),
                 .presigned = true,
                 .seconds = std::get<int>(seconds)};
}

ParsedClaim parse_claim(const http::Request& request, const VerifyOptions& options) {
    const auto query = http::parse_query(request.query, http::Plus::keep);
    if (!query || !percent_decode(request.path)) {
        return AuthError{"InvalidURI", 400, "Couldn't parse the specified URI.", {}};
    }
    const Carriers carriers = carriers_of(request, *query);
    if (carriers.header && (carriers.query || carriers.query_2)) {
        return invalid_argument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            "query string parameter or the Authorization header should be specified",
            "Authorization");
    }
    if (carriers.header) return parse_header_claim(request, options);
    if (carriers.query) return parse_query_claim(request, *query, options);
    if (carriers.query_2) return signature_version_2();
    return access_denied("Access Denied");
}

// --- The checks, in the order in which they are made.

std::optional<AuthError> check_time(const Claim& claim, Time now) {
    if (!claim.presigned) {
        if (claim.time <= now + kSkewMax && claim.time >= now - kSkewMax) return std::nullopt;
        return AuthError{"RequestTimeTooSkewed",
                         403,
                         "The difference between the request time and the current time is too "
                         "large.",
                         {{"RequestTime", claim.iso_time},
                          {"ServerTime", format_rfc3339(now)},
                          {"MaxAllowedSkewMilliseconds", std::to_string(kSkewMax.count())}}};
    }
    if (claim.time > now + kSkewMax) return access_denied("Request is not valid yet");
    const Time expires = claim.time + std::chrono::seconds(claim.seconds);
    if (now <= expires) return std::nullopt;
    AuthError error = access_denied("Request has expired");
    error.details = {{"X-Amz-Expires", std::to_string(claim.seconds)},
                     {"Expires", format_rfc3339(expires)},
                     {"ServerTime", format_rfc3339(now)}};
    return error;
}

// Host and every x-amz-* header: one that is not signed could have been added by anyone on the way.
std::optional<AuthError> check_signed_headers(const Claim& claim, const http::Headers& headers) {
    std::set<std::string> unsigned_names{"host"};
    for (const auto& field : headers.fields()) {
        std::string name = to_lower(field.first);
        if (name.starts_with("x-amz-")) unsigned_names.insert(std::move(name));
    }
    for (const std::string& name : claim.signed_headers) unsigned_names.erase(name);
    if (unsigned_names.empty()) return std::nullopt;

    std::string joined;
    for (const std::string& name : unsigned_names) joined += (joined.empty() ? "" : ", ") + name;
    AuthError error =
        access_denied("There were headers present in the request which were not signed");
    error.details = {{"HeadersNotSigned", joined}};
    return error;
}

// "41 57 53": how S3 shows the bytes of a text.
std::string spaced_hex(std::string_view text) {
    std::string spaced;
    const std::string hex = format_hex(as_bytes(text));
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        if (i > 0) spaced += ' ';
        spaced += hex.substr(i, 2);
    }
    return spaced;
}

std::string scope_text(const Claim& claim) {
    return scope_of(claim.scope.date, claim.scope.region, claim.scope.service);
}

std::optional<AuthError> check_signature(const http::Request& request, const Claim& claim,
                                         const Sha256& key) {
    // Canonical URI: "Each path segment must be URI-encoded twice (except for Amazon S3 which only
    // gets URI-encoded once)."
    const std::string path =
        claim.scope.service == "s3" ? request.path : percent_encode(request.path, Slash::keep);
    const std::string canonical = canonical_request({.method = request.method,
                                                     .path = path,
                                                     .query = request.query,
                                                     .headers = request.headers,
                                                     .signed_headers = claim.signed_headers,
                                                     .payload_hash = claim.payload_hash});
    const std::string to_sign = string_to_sign(claim.iso_time, scope_text(claim), canonical);
    if (equal_in_constant_time(signature(key, to_sign), claim.signature)) return std::nullopt;
    return AuthError{"SignatureDoesNotMatch",
                     403,
                     "The request signature we calculated does not match the signature you "
                     "provided. Check your key and signing method.",
                     {{"AWSAccessKeyId", shown(claim.scope.access_key)},
                      {"StringToSign", to_sign},
                      {"SignatureProvided", claim.signature},
                      {"StringToSignBytes", spaced_hex(to_sign)},
                      {"CanonicalRequest", canonical},
                      {"CanonicalRequestBytes", spaced_hex(canonical)}}};
}

}  // namespace

std::variant<Verified, AuthError> verify(const http::Request& request,
                                         const VerifyOptions& options) {
    const ParsedClaim parsed = parse_claim(request, options);
    if (const auto* error = std::get_if<AuthError>(&parsed)) return *error;
    const Claim& claim = std::get<Claim>(parsed);

    if (auto error = check_payload_hash(claim.payload_hash)) return std::move(*error);
    if (auto error = check_scope_date(claim)) return std::move(*error);
    if (auto error = check_time(claim, options.now)) return std::move(*error);
    if (auto error = check_signed_headers(claim, request.headers)) return std::move(*error);
    const auto key = find_credentials(claim.scope.access_key, claim.session_token, options);
    if (const auto* error = std::get_if<AuthError>(&key)) return *error;
    const Sha256 signing = signing_key(std::get<Credentials>(key).secret_key, claim.scope.date,
                                       claim.scope.region, claim.scope.service);
    if (auto error = check_signature(request, claim, signing)) return std::move(*error);

    return Verified{.access_key = claim.scope.access_key,
                    .payload_hash = claim.payload_hash,
                    .presigned = claim.presigned,
                    .chunk_signing = {.key = signing,
                                      .iso_time = claim.iso_time,
                                      .scope = scope_text(claim),
                                      .seed_signature = claim.signature}};
}

}  // namespace imagemill::aws
