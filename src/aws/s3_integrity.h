// s3_integrity: whether an object arrived as S3 has it. Private to aws.
//
// Shapes:  By a checksum of the whole object, which S3 sends when it is asked with kChecksumMode;
//          else by its MD5, where its ETag is that. One that came in parts, with neither, is
//          believed.
// Errors:  unavailable  the bytes are others. Getting them again may help.
// Threads: pure.
// Cost:    one pass over the bytes.
// Source:  Amazon S3 API reference, GetObject (x-amz-checksum-mode), "Common Response Headers"
// (ETag).
#pragma once

#include <string>

#include "base/result.h"
#include "net/client.h"

namespace imagemill::aws {

inline constexpr std::string_view kChecksumMode = "x-amz-checksum-mode";

// `name` begins the message: "GET photos/cat.jpg".
Result<void> check_integrity(const net::ClientResponse& response, const std::string& name);

}  // namespace imagemill::aws
