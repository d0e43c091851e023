#include "function_limits.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill {
namespace {

// How events are tried again; the variables are for both functions.
struct QueueSetting {
    const char* name;
    std::int64_t min;
    std::int64_t max;
    void (*set)(local::FunctionConfig& function, std::int64_t value);
};
constexpr QueueSetting kQueueSettings[] = {
    {"IMAGEMILL_MAX_RETRIES", 0, 2,
     [](local::FunctionConfig& f, std::int64_t value) { f.retries = static_cast<int>(value); }},
    {"IMAGEMILL_RETRY_MILLISECONDS", 1, 3'600'000,
     [](local::FunctionConfig& f, std::int64_t value) { f.retry_delay = Milliseconds(value); }},
    {"IMAGEMILL_MAX_EVENT_AGE_SECONDS", 1, 21'600,
     [](local::FunctionConfig& f, std::int64_t value) {
         f.event_age_max = Milliseconds(value * 1'000);
     }},
};

}  // namespace

void size_for_limits(const functions::Settings& settings, local::FunctionConfig& processor) {
    constexpr std::int64_t kProgramBytes = 64'000'000;  // Itself, its libraries' data, its threads.
    const image::Limits& limits = settings.limits;
    const std::int64_t bytes = limits.memory_max + limits.bytes_max + kProgramBytes;
    processor.memory_mb = static_cast<int>((bytes >> 20) + 1);
    const Milliseconds render{1'000 * settings.render_seconds_max};
    processor.timeout = std::max(processor.timeout, render + Milliseconds(30'000));
}

Result<void> apply_queue_settings(const std::map<std::string, std::string>& environment,
                                  local::FunctionConfig& function) {
    for (const QueueSetting& setting : kQueueSettings) {
        const auto found = environment.find(setting.name);
        if (found == environment.end() || found->second.empty()) continue;
        const auto value = parse_count(found->second);
        if (!value || *value < setting.min || *value > setting.max) {
            return Error{Code::invalid_argument,
                         std::string(setting.name) + " is \"" + found->second +
                             "\"; expected a whole number from " + std::to_string(setting.min) +
                             " to " + std::to_string(setting.max) + "."};
        }
        setting.set(function, *value);
    }
    return {};
}

}  // namespace imagemill
