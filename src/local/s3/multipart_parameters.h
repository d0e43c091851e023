// multipart_parameters: the parameters of the multipart operations as their fields.
//
// Errors:  InvalidArgument  a part's number is none of 1..10,000; a count or a marker is no number;
//                           a text that would be repeated is not UTF-8.
// Threads: pure functions.
// Source:  Amazon S3 API reference, each action's "URI request parameters".
#pragma once

#include "http/message.h"
#include "local/s3/operation.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

Outcome<Call> parse_create_upload(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_upload_part(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_upload_part_copy(const http::Parameters& parameters,
                                     const http::Headers& headers);
Outcome<Call> parse_list_parts(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_list_uploads(const http::Parameters& parameters, const http::Headers& headers);
Outcome<Call> parse_complete_upload(const http::Parameters& parameters,
                                    const http::Headers& headers);
Outcome<Call> parse_abort_upload(const http::Parameters& parameters, const http::Headers& headers);

// Of GetObject and HeadObject, too: nothing where there is none.
Outcome<std::optional<int>> parse_part_number(const http::Parameters& parameters);

}  // namespace imagemill::local::s3
