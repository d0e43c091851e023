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
struct Routed {
    std::string_view parameter = {};  // That the operation was found by; empty for none.
    std::string_view action = {};     // S3's name of it.
};
std::optional<Unserved> find_unserved_parameter(const http::Parameters& parameters,
                                                const Routed& routed);

// A header that implies what `action` (S3's name) does not do: any x-amz-* header that is not known
// to be harmless or to be read by it, or is known with another value, and an upload in aws-chunked
// pieces.
std::optional<Unserved> find_unserved_header(const http::Headers& headers, std::string_view action);

}  // namespace imagemill::local::s3
