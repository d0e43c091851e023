// multipart: reads multipart/form-data as it comes, a part at a time, in bounded memory.
//
// Shapes:  MultipartReader parts(body, boundary, limits);
//          while (auto* part = TRY(parts.next())) { … part->body().read(…) … }
//          next() skips what is left of the part before.
//          File names are as browsers send them: UTF-8, with only %22, %0D and %0A encoded. They
//          are not yet safe as names of anything.
// Errors:  invalid_argument  no boundary, a part without a name, a header that is none.
//          corrupt           the body ends before the last boundary.
//          too_large         more parts or longer part headers than `limits`.
//          What BodyReader::read says. After an error the reader is spent.
// Threads: one.
// Cost:    one buffer of 64 KB, or of header_bytes_max where that is more.
// Source:  RFC 7578 (form-data), RFC 2046 5.1 (multipart).
#pragma once

#include <memory>
#include <string>

#include "http/message.h"

namespace imagemill::http {

struct MultipartLimits {
    int parts_max = 1000;
    int header_bytes_max = 16 * 1024;  // Of one part.
};

// The boundary of a Content-Type; invalid_argument says what is missing.
Result<std::string> parse_boundary(std::string_view content_type);

struct Part {
    std::string name;
    std::optional<std::string> filename;  // filename* (RFC 8187) wins over filename.
    std::string content_type;             // Empty where the part names none.
    Headers headers;
};

class MultipartReader final {
  public:
    // `body` outlives the reader.
    MultipartReader(BodyReader& body, std::string boundary, const MultipartLimits& limits);
    ~MultipartReader();

    // The next part, valid until the next call; nullptr after the last.
    Result<const Part*> next();
    // The current part's bytes.
    BodyReader& body();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imagemill::http
