// authorization: what an operation needs to be allowed, and whether its caller is.
//
// Errors:  AccessDenied, in words that name who, which action and on what, as AWS's do: it is the
//          sentence from which a missing grant is found.
// Threads: pure functions.
// Source:  AWS service authorization reference, "Actions for Amazon S3".
#pragma once

#include <string_view>

#include "local/s3/keys.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"
#include "store/object_store.h"

namespace imagemill::local::s3 {

Outcome<void> authorize(const Keys& keys, std::string_view access_key, const Operation& operation);

Outcome<void> check_allowed(const Keys& keys, std::string_view access_key, Action action,
                            const store::ObjectId& id);

// Whoever may not list a bucket may not learn which keys are missing: their NoSuchKey becomes
// AccessDenied.
aws::S3Error conceal_missing_key(const Keys& keys, std::string_view access_key,
                                 const store::ObjectId& id, aws::S3Error error);

}  // namespace imagemill::local::s3
