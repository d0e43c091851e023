// sigv4: AWS Signature Version 4 for S3. The client signs and the server checks with the same
// canonical request.
//
// Shapes:  A CanonicalInput is what both sides can see of a request. Its path and query are
//          percent-encoded as on the wire; they are decoded and encoded again once, because clients
//          differ in what they escape. Nothing is normalised ("//", "." and ".." stay: S3's rule),
//          and a query's "+" is a plus.
// Errors:  verify gives an AuthError with S3's own code, words and details: AccessDenied (no
//          signature, an expired URL, headers not signed), SignatureDoesNotMatch,
//          InvalidAccessKeyId, InvalidToken, ExpiredToken, RequestTimeTooSkewed,
//          AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidArgument,
//          InvalidRequest (SigV2, x-amz-content-sha256 missing), InvalidURI.
//          None holds a secret.
// Threads: pure functions.
// Source:  Amazon S3 API reference, "Authenticating Requests (AWS Signature Version 4)"; checked
//          against that document's own examples in sigv4_test.cpp.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/digest.h"
#include "http/message.h"

namespace imagemill::aws {

inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kEmptySha256 =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
inline constexpr int kPresignSecondsMax = 604'800;
inline constexpr Milliseconds kSkewMax{900'000};

struct CanonicalInput {
    std::string_view method;
    std::string_view path;
    std::string_view query;  // X-Amz-Signature, where it is there, is left out.
    const http::Headers& headers;
    std::vector<std::string> signed_headers;  // Lower case, sorted.
    std::string_view payload_hash;
};

std::string canonical_request(const CanonicalInput& input);
std::string string_to_sign(std::string_view iso_time, std::string_view scope,
                           std::string_view canonical_request);
// "20130524/us-east-1/s3/aws4_request"
std::string scope_of(std::string_view date, std::string_view region, std::string_view service);
Sha256 signing_key(std::string_view secret_key, std::string_view date, std::string_view region,
                   std::string_view service);
// Hex.
std::string signature(const Sha256& key, std::string_view string_to_sign);

// --- The client's side.

struct SigningTarget {
    Credentials credentials;
    std::string region = "us-east-1";
    std::string service = "s3";
};

// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token and Authorization to `headers`, which
// must already hold Host and every header to be signed. Headers that proxies change (User-Agent,
// X-Amzn-Trace-Id, …) stay unsigned.
void sign(std::string_view method, std::string_view path, std::string_view query,
          http::Headers& headers, std::string_view payload_hash, const SigningTarget& target,
          Time now);

// The query (without "?") of a pre-signed URL: `parameters` first, then the signature's own.
// `seconds` is 1..kPresignSecondsMax.
std::string presign_query(std::string_view method, std::string_view path, std::string_view host,
                          const http::Parameters& parameters, int seconds,
                          const SigningTarget& target, Time now);

// --- The server's side.

// Why a request was refused, in S3's own words. `code` is S3's ("SignatureDoesNotMatch"); `details`
// are the elements that S3 adds to that error.
struct AuthError {
    std::string code;
    int status = 403;
    std::string message;
    std::vector<std::pair<std::string, std::string>> details;
};

// What the signatures of a body's chunks are made with (chunked_body.h). `key` is secret.
struct ChunkSigning {
    Sha256 key = {};
    std::string iso_time = {};
    std::string scope = {};
    std::string seed_signature = {};  // The request's own, the first of the chain.
};

struct Verified {
    std::string access_key;
    // What x-amz-content-sha256 said (a digest, UNSIGNED-PAYLOAD or one of S3's STREAMING-…);
    // UNSIGNED-PAYLOAD when pre-signed. verify sees no body: whoever reads it compares.
    std::string payload_hash;
    bool presigned = false;
    ChunkSigning chunk_signing = {};
};

struct VerifyOptions {
    std::string region = "us-east-1";
    // Another service than S3: paths are escaped twice, and `payload_hash` is of the body.
    std::string service = "s3";
    std::optional<std::string> payload_hash = {};
    Time now;
    // The secret of an access key, or nothing where there is no such key.
    std::function<std::optional<Credentials>(std::string_view access_key)> find_key;
};

// Header or query authentication, whichever the request carries. No signature at all: AccessDenied.
// SigV2 is refused with a sentence that names signature_version='s3v4'.
std::variant<Verified, AuthError> verify(const http::Request& request,
                                         const VerifyOptions& options);

}  // namespace imagemill::aws
