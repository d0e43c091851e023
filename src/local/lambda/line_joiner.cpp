#include "local/lambda/line_joiner.h"

#include "local/lambda/logs.h"

namespace imagemill::local {

void LineJoiner::feed(std::string_view text) {
    while (!text.empty()) {
        const std::size_t newline = text.find('\n');
        if (!dropping_) {
            const std::size_t room = kLogLineBytesMax + 1 - line_.size();
            line_.append(text.substr(0, newline).substr(0, room));
        }
        if (newline == text.npos) {
            if (dropping_ || line_.size() <= kLogLineBytesMax) return;
            on_line_(line_);
            line_.clear();
            dropping_ = true;
            return;
        }
        if (!dropping_) on_line_(line_);
        line_.clear();
        dropping_ = false;
        text.remove_prefix(newline + 1);
    }
}

void LineJoiner::finish() {
    if (!line_.empty()) on_line_(line_);
    line_.clear();
}

}  // namespace imagemill::local
