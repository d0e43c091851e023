#include "base/log.h"

#include <unistd.h>

#include <algorithm>

#include "base/encodings.h"

namespace imagemill {
namespace {

constexpr std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug:
            return "DEBUG";
        case Level::info:
            return "INFO";
        case Level::warn:
            return "WARN";
        case Level::error:
            return "ERROR";
        case Level::fatal:
            return "FATAL";
    }
    return "INFO";
}

}  // namespace

std::optional<Level> level_named(std::string_view name) {
    if (equal_ignoring_case(name, "TRACE")) return Level::debug;
    for (const Level level : {Level::debug, Level::info, Level::warn, Level::error, Level::fatal}) {
        if (equal_ignoring_case(name, name_of(level))) return level;
    }
    return std::nullopt;
}

void Log::set_request(std::string request_id, std::string trace_id) {
    const std::lock_guard lock(mutex_);
    request_id_ = std::move(request_id);
    trace_id_ = std::move(trace_id);
}

void Log::debug(std::string_view message, boost::json::object fields) const {
    write(Level::debug, message, std::move(fields));
}
void Log::info(std::string_view message, boost::json::object fields) const {
    write(Level::info, message, std::move(fields));
}
void Log::warn(std::string_view message, boost::json::object fields) const {
    write(Level::warn, message, std::move(fields));
}
void Log::error(std::string_view message, boost::json::object fields) const {
    write(Level::error, message, std::move(fields));
}
void Log::figures(std::string_view message, boost::json::object fields) const {
    write(std::max(Level::info, level_), message, std::move(fields));
}

void Log::write(Level level, std::string_view message, boost::json::object fields) const {
    if (level < level_) return;
    boost::json::object line;
    line["timestamp"] = format_rfc3339(clock_.now());
    line["level"] = name_of(level);
    line["message"] = message;
    {
        const std::lock_guard lock(mutex_);
        if (!request_id_.empty()) line["requestId"] = request_id_;
        if (!trace_id_.empty()) line["traceId"] = trace_id_;
    }
    for (auto& field : fields) line[field.key()] = std::move(field.value());
    sink_(boost::json::serialize(line) + "\n");
}

Log::Sink fd_sink(int fd) {
    return [fd](std::string_view line) {
        while (!line.empty()) {
            const ssize_t written = ::write(fd, line.data(), line.size());
            if (written <= 0) return;  // Nobody is left to tell.
            line.remove_prefix(static_cast<std::size_t>(written));
        }
    };
}

}  // namespace imagemill
