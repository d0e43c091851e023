// logs: what functions print, a log group per function, in files that stay small.
//
// Shapes:  <dir>/<function>.log, one line an event; at `file_bytes_max` it becomes .log.1 and
//          the older .log.1 goes. A line keeps its bytes but for control characters (all but tab
//          become spaces): a log neither drives a terminal nor splits an event in two.
// Errors:  none: a log that cannot be written is dropped, and counted.
// Threads: any.
// Cost:    one write(2) a line; one open file per function.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace imagemill::local {

inline constexpr std::size_t kLogLineBytesMax = 64 * 1024;

class Logs {
  public:
    virtual ~Logs() = default;
    // `line` without its newline; longer than kLogLineBytesMax is cut, and says so at its end.
    virtual void append(std::string_view function, std::string_view line) = 0;
    // Lines that could not be written since the start.
    virtual std::int64_t dropped() const = 0;
};

// `dir` is made with the first line where it is not there; the folder above it must be.
std::unique_ptr<Logs> make_logs(std::string dir, std::int64_t file_bytes_max);

}  // namespace imagemill::local
