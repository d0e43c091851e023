// line_joiner: lines out of the pieces that a pipe gives.
//
// Threads: one at a time.
// Cost:    a line's worth of memory, at most kLogLineBytesMax and one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace imagemill::local {

// What has no newline for longer than kLogLineBytesMax is handed
// over once, just longer than that, and the rest of the line dropped.
class LineJoiner final {
  public:
    using OnLine = std::function<void(std::string_view line)>;
    explicit LineJoiner(OnLine on_line) : on_line_(std::move(on_line)) {}
    void feed(std::string_view text);
    void finish();  // Hands over a last line without a newline.

  private:
    OnLine on_line_;
    std::string line_;
    bool dropping_ = false;
};

}  // namespace imagemill::local
