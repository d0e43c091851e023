// post_policy: S3's browser form upload: makes the policy and its signature, and checks them.
//
// Shapes:  A policy is base64 JSON; every form field but x-amz-signature, policy, file and
//          x-ignore-* must be covered by one of its conditions. A condition on a field that was
//          not sent sees "".
// Errors:  AuthError with S3's codes: AccessDenied ("Invalid according to Policy: …", or no policy
//          at all), InvalidPolicyDocument, InvalidArgument (a field missing, sent twice or
//          malformed), InvalidRequest (SigV2), SignatureDoesNotMatch, InvalidAccessKeyId,
//          InvalidToken, ExpiredToken; EntityTooLarge and EntityTooSmall by check_size.
// Threads: pure functions.
// Source:  Amazon S3 API reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
#pragma once

#include "aws/sigv4.h"
#include "store/object_store.h"

namespace imagemill::aws {

// The fields of a form that puts exactly `id` with `options`, signed; key first.
std::vector<std::pair<std::string, std::string>> make_post_fields(
    const store::ObjectId& id, const store::PresignPostOptions& options,
    const SigningTarget& target, Time now);

struct CheckedPolicy {
    std::string access_key;
    std::int64_t size_min = 0;
    std::int64_t size_max = INT64_MAX;
};

// `fields` as sent before "file", names as sent, ${filename} in the key already replaced; `bucket`
// is the request's.
std::variant<CheckedPolicy, AuthError> check_post_policy(const http::Parameters& fields,
                                                         std::string_view bucket,
                                                         const VerifyOptions& options);

// Whether a file of this size is one the policy allows.
std::optional<AuthError> check_size(const CheckedPolicy& policy, std::int64_t size_bytes);

}  // namespace imagemill::aws
