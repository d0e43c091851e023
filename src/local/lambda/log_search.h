// log_search: what a function printed during one request, out of its log group.
//
// Shapes:  The lines that name the request, in their order; between its START and END those that
//          name none as well (what a library printed; with several instances it may be another's).
// Errors:  none: what cannot be read is not there.
// Threads: any.
// Cost:    reads the newest kLogSearchBytesMax of the group's two files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace imagemill::local {

inline constexpr std::size_t kLogSearchBytesMax = 8 << 20;
inline constexpr std::size_t kLogSearchLinesMax = 500;

// `dir` is make_logs'. A `function` that is no file's name has no lines.
std::vector<std::string> find_log_lines(const std::string& dir, std::string_view function,
                                        std::string_view request_id);

}  // namespace imagemill::local
