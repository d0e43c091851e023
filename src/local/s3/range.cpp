#include "local/s3/range.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A number too large for us is past the end of any object.
std::int64_t parse_position(std::string_view digits) {
    const auto position = parse_count(digits);
    return position ? *position : INT64_MAX;
}

Range part(std::int64_t first, std::int64_t last) {
    return {.kind = RangeKind::part, .span = {.offset = first, .length = last - first + 1}};
}

}  // namespace

Range parse_range(std::string_view header, std::int64_t size_bytes) {
    const Range whole{.kind = RangeKind::whole, .span = {.offset = 0, .length = size_bytes}};
    const Range unsatisfiable{.kind = RangeKind::unsatisfiable, .span = {}};
    constexpr std::string_view kUnit = "bytes=";
    if (!equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return whole;
    const std::string_view spec = trim(header.substr(kUnit.size()));
    const std::size_t dash = spec.find('-');
    if (dash == std::string_view::npos) return whole;
    const std::string_view first_text = spec.substr(0, dash);
    const std::string_view last_text = spec.substr(dash + 1);

    if (first_text.empty()) {
        if (!is_digits(last_text)) return whole;
        const std::int64_t count = std::min(parse_position(last_text), size_bytes);
        return count == 0 ? unsatisfiable : part(size_bytes - count, size_bytes - 1);
    }
    if (!is_digits(first_text) || (!last_text.empty() && !is_digits(last_text))) return whole;
    const std::int64_t first = parse_position(first_text);
    const std::int64_t last = last_text.empty() ? INT64_MAX : parse_position(last_text);
    if (last < first) return whole;
    if (first >= size_bytes) return unsatisfiable;
    return part(first, std::min(last, size_bytes - 1));
}

}  // namespace imagemill::local::s3
