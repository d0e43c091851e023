// parameters: a query's parameters as the fields of the operation they belong to.
//
// Errors:  InvalidArgument  a parameter has a wrong value, or is not UTF-8 and would be repeated.
//          NoSuchVersion    a versionId other than "null", which is what an object has here.
// Threads: pure functions.
// Source:  Amazon S3 API reference, each action's "URI request parameters".
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

Outcome<void> check_version_id(const http::Parameters& parameters);

Outcome<Call> parse_list_buckets(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_list_objects(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_list_objects_v2(const http::Parameters& parameters,
                                    const http::Headers& headers);
Outcome<Call> parse_list_object_versions(const http::Parameters& parameters,
                                         const http::Headers& headers);
Outcome<Call> parse_get_object(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_head_object(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_get_object_attributes(const http::Parameters& parameters,
                                          const http::Headers& headers);

// The continuation token that starts a listing after `key`, and back: opaque to clients.
std::string format_token(std::string_view key);
Outcome<std::string> parse_token(const std::string& token);

}  // namespace imagemill::local::s3
