#include "wire.h"

#include "base/check.h"
#include "base/encodings.h"

namespace imagemill::fuzz {

void run_kind(std::span<const WireKind> kinds, Bytes input) {
    std::string_view body = as_text(input);
    const std::string_view line = take_line(body);
    const std::size_t space = std::min(line.find(' '), line.size());
    const auto kind = std::ranges::find(kinds, line.substr(0, space), &WireKind::name);
    if (kind == kinds.end()) return;
    kind->run(line.substr(std::min(space + 1, line.size())), body);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

std::vector<std::size_t> piece_sizes(std::size_t size) {
    return {size + 1, 1, 2 + size % 13};
}

void check_message(std::string_view message) {
    CHECK(!message.empty() && message.size() <= 2'000);
    CHECK(is_utf8(message));
    CHECK(std::ranges::none_of(
        message, [](char c) { return (static_cast<unsigned char>(c) < 0x20) || c == 0x7F; }));
}

}  // namespace imagemill::fuzz
