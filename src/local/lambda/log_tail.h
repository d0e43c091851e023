// log_tail: the last 4 kB of one invocation's log, for who asked for them (X-Amz-Log-Type: Tail).
//
// Threads: any.
// Source:  AWS Lambda API reference, Invoke: LogResult, "the last 4 KB of the execution log".
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace imagemill::local {

inline constexpr std::size_t kLogTailBytesMax = 4'096;

class Tail final {
  public:
    void begin() {
        const std::lock_guard lock(mutex_);
        wanted_ = true;
        text_.clear();
    }
    // Nothing is kept between end() and the next begin().
    void append(std::string_view line) {
        const std::lock_guard lock(mutex_);
        if (!wanted_) return;
        text_.append(line).append("\n");
        if (text_.size() > kLogTailBytesMax) text_.erase(0, text_.size() - kLogTailBytesMax);
    }
    std::string end() {
        const std::lock_guard lock(mutex_);
        wanted_ = false;
        return std::exchange(text_, {});
    }

  private:
    std::mutex mutex_;  // Guards both.
    bool wanted_ = false;
    std::string text_;
};

}  // namespace imagemill::local
