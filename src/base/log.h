// log: one JSON object a line, with the keys CloudWatch reads (timestamp, level, message,
// requestId, traceId) and whatever fields the caller adds.
//
// Shapes:  log.info("rendered", {{"key", key}, {"ms", 12}});
// Threads: any; a line is one write(2), so lines never mix.
// Source:  AWS Lambda, JSON log format for custom runtimes.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace imagemill {

enum class Level { debug, info, warn, error, fatal };  // Nothing is logged as fatal: a filter.
// AWS's names, in any case of letters: TRACE (which is debug here), DEBUG, INFO, WARN, ERROR,
// FATAL.
std::optional<Level> level_named(std::string_view name);

class Log final {
  public:
    using Sink = std::function<void(std::string_view line)>;  // The line ends in "\n".

    Log(const Clock& clock, Level level, Sink sink)
        : clock_(clock), level_(level), sink_(std::move(sink)) {}

    // Stamped on every line until changed; empty for none.
    void set_request(std::string request_id, std::string trace_id);

    void debug(std::string_view message, boost::json::object fields = {}) const;
    void info(std::string_view message, boost::json::object fields = {}) const;
    void warn(std::string_view message, boost::json::object fields = {}) const;
    void error(std::string_view message, boost::json::object fields = {}) const;
    // Figures, which are no matter of levels: at the least one that is let through, here and by
    // AWS.
    void figures(std::string_view message, boost::json::object fields) const;

  private:
    void write(Level level, std::string_view message, boost::json::object fields) const;

    const Clock& clock_;  // Outlives the log: system_clock() or a test's.
    Level level_;
    Sink sink_;
    mutable std::mutex mutex_;
    std::string request_id_;  // Guarded by mutex_; likewise below.
    std::string trace_id_;
};

// A sink that writes to a file descriptor, usually 2.
Log::Sink fd_sink(int fd);

}  // namespace imagemill
