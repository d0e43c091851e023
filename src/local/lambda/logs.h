// logs: what functions print, a log group per function, in files that stay small.
//
// Shapes:  <dir>/logs/<function>.log, one line an event; at `file_bytes_max` it becomes .log.1 and
// the
//          older .log.1 goes.
// Errors:  none: a log that cannot be written is dropped, and counted.
// Threads: any.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace imagemill::local {

class Logs {
  public:
    virtual ~Logs() = default;
    // `line` without its newline; longer than 64 KB is cut.
    virtual void append(std::string_view function, std::string_view line) = 0;
};

std::unique_ptr<Logs> make_logs(std::string dir, std::int64_t file_bytes_max);

}  // namespace imagemill::local
