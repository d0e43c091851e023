// unserved: the sub-resources and headers of S3 that this service knows by name and does not do.
// They are refused, never ignored: a client that asks for a tag or a lock must not believe that it
// got one.
//
// Threads: pure functions.
// Source:  Amazon S3 API reference, "Common request headers" and each action's own.
#pragma once

#include <optional>
#include <string_view>

#include "http/message.h"
#include "local/s3/operation.h"

namespace imagemill::local::s3 {

// A parameter of the query that is a sub-resource of S3, other than `routed`, which chose the
// operation; nothing where there is none.
std::optional<Unserved> find_unserved_parameter(const http::Parameters& parameters,
                                                std::string_view routed);

// A header that implies what is not done: any x-amz-* header that is not known to be harmless or
// is known with another value, and an upload in aws-chunked pieces.
std::optional<Unserved> find_unserved_header(const http::Headers& headers);

}  // namespace imagemill::local::s3
