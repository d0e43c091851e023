#include "net/input.h"

#include <algorithm>
#include <cstring>

namespace imagemill::net {

void Input::consume(std::size_t count) {
    CHECK(count <= end_ - begin_);
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
}

Result<std::size_t> Input::fill(SteadyTime deadline) {
    CHECK(!is_full());
    if (end_ == buffer_.size()) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const std::size_t count = TRY(stream_.read_some(std::span(buffer_).subspan(end_), deadline));
    end_ += count;
    return count;
}

Result<std::size_t> Input::read_some(std::span<std::byte> to, SteadyTime deadline) {
    if (begin_ == end_) return stream_.read_some(to, deadline);
    const std::size_t count = std::min(to.size(), end_ - begin_);
    std::memcpy(to.data(), buffer_.data() + begin_, count);
    consume(count);
    return count;
}

HeadScan scan_head(std::string_view text, std::size_t scanned) {
    while (true) {
        const std::size_t position = text.find('\n', scanned);
        if (position == std::string_view::npos) {
            return {HeadScan::State::incomplete, text.size()};
        }
        if (position == 0 || text[position - 1] != '\r') {
            return {HeadScan::State::bare_line_feed, position};
        }
        // The line before ended just here, so this one is empty.
        if (position == 1 || (position >= 3 && text[position - 2] == '\n')) {
            return {HeadScan::State::complete, position + 1};
        }
        scanned = position + 1;
    }
}

}  // namespace imagemill::net
