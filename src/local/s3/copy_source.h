// copy_source: x-amz-copy-source and the directives beside it: what to copy, and what to say of the
// copy instead of what was said of the source.
//
// Shapes:  "/bucket/key" or "bucket/key", percent-encoded, "?versionId=null" at its end or nothing.
// Errors:  InvalidArgument  no bucket or no key in it, another directive than COPY and REPLACE.
//          NoSuchVersion, KeyTooLongError.
// Threads: pure functions.
// Source:  Amazon S3 API reference, CopyObject.
#pragma once

#include <string>

#include "http/message.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"
#include "store/object_store.h"

namespace imagemill::local::s3 {

Outcome<Call> parse_copy_object(const http::Parameters& parameters, const http::Headers& headers);

// Of UploadPartCopy, too.
Outcome<store::ObjectId> parse_copy_source(const std::string& header);

// The x-amz-copy-source-if-… of a request, as the conditions of a read.
http::Headers source_conditions(const http::Headers& headers);

}  // namespace imagemill::local::s3
