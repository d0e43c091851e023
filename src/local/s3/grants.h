// grants: what a key may do, as a person writes it: "read=photos/trips/", "s3:PutObject=inbox".
//
// Shapes:  WHAT=BUCKET or WHAT=BUCKET/PREFIX. WHAT is one of S3's actions, with or without "s3:",
// or
//          "read" (GetObject, GetObjectTagging, ListBucket) or "write" (PutObject, DeleteObject,
//          their taggings, and what uploads in parts need). BUCKET is a name, or "*" for all.
//          PREFIX is literal: all that begins with it.
// Errors:  invalid_argument: a sentence that says what makes no sense and what would.
// Threads: pure functions.
// Source:  AWS service authorization reference, "Actions for Amazon S3": which action is of
// objects,
//          which of buckets, which of neither.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "local/s3/keys.h"

namespace imagemill::local {

Result<std::vector<Grant>> parse_grant(const std::string& text);

}  // namespace imagemill::local
