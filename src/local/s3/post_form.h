// post_form: what a browser's form says before its file begins.
//
// Errors:  PreconditionFailed  no multipart/form-data.
//          MalformedPOSTRequest, MaxPostPreDataLengthExceededError (20 KB of fields),
//          InvalidArgument (no file), and those of tags.h; of a body that does not come, failure.h.
// Threads: pure functions over one reader.
// Source:  Amazon S3 API reference, "Browser-Based Uploads Using POST (AWS Signature Version 4)".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "http/multipart.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

// Of all fields, names and values, as sent and with ${filename} replaced.
inline constexpr std::int64_t kFieldBytesMax = 20 * 1024;
inline constexpr http::MultipartLimits kFormLimits{.parts_max = 100, .header_bytes_max = 8 * 1024};

struct PostForm {
    http::Parameters fields;
    std::optional<std::string> filename;  // Of the file, where the client says one.
};

Outcome<std::string> parse_form_boundary(const http::Headers& headers);
// Up to the file, whose bytes come next from `parts`. What follows the file is never looked at.
// ${filename} is replaced in every field but the policy, as S3 does before it looks at that.
Outcome<PostForm> read_form(http::MultipartReader& parts);
// In any case of letters; "" where there is none.
std::string field(const PostForm& form, std::string_view name);
// The headers a PutObject of the same object would have.
Outcome<http::Headers> to_headers(const PostForm& form);

}  // namespace imagemill::local::s3
