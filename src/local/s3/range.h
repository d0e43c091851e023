// range: which bytes of an object a Range header asks for.
//
// Shapes:  One range of bytes, as S3 takes it: 0-99, 100-, -500. What is not one such range is
//          ignored and the whole object is the answer, as RFC 9110 14.2 allows and S3 does.
// Threads: pure functions.
// Source:  RFC 9110 14.1.2; S3's behaviour in the odd cases.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace imagemill::local::s3 {

struct Span {
    std::int64_t offset = 0;
    std::int64_t length = 0;
    friend bool operator==(const Span&, const Span&) = default;
};

enum class RangeKind { whole, part, unsatisfiable };

struct Range {
    RangeKind kind = RangeKind::whole;
    Span span;  // What to send; nothing when unsatisfiable.
    friend bool operator==(const Range&, const Range&) = default;
};

// `header` is empty where there is none.
Range parse_range(std::string_view header, std::int64_t size_bytes);

}  // namespace imagemill::local::s3
