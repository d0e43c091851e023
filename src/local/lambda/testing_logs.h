// testing_logs: Logs in memory, and patience: for tests.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "local/lambda/logs.h"

namespace imagemill::local {

class TestingLogs final : public Logs {
  public:
    void append(std::string_view, std::string_view line) override {
        const std::lock_guard lock(mutex_);
        lines_.emplace_back(line);
    }
    std::int64_t dropped() const override { return 0; }

    std::vector<std::string> lines() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    int count_starting_with(std::string_view prefix) const {
        const std::lock_guard lock(mutex_);
        int count = 0;
        for (const std::string& line : lines_) count += line.starts_with(prefix) ? 1 : 0;
        return count;
    }
    bool has(std::string_view text) const {
        const std::lock_guard lock(mutex_);
        for (const std::string& line : lines_) {
            if (line.find(text) != line.npos) return true;
        }
        return false;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;  // Guarded by mutex_.
};

// Waits for what another thread or process brings about. A minute, for machines under load.
inline bool eventually(const std::function<bool()>& holds) {
    const SteadyTime end = system_clock().steady() + Milliseconds(60'000);
    while (!holds()) {
        if (system_clock().steady() > end) return false;
        std::this_thread::sleep_for(Milliseconds(2));
    }
    return true;
}

}  // namespace imagemill::local
