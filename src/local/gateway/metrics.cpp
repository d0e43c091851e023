#include "local/gateway/metrics.h"

#include <map>

namespace imagemill::local {
namespace {

// Seconds, as the convention has them, without a float's tail.
std::string seconds(Milliseconds duration) {
    const auto ms = duration.count();
    std::string fraction = std::to_string(1'000 + ms % 1'000).substr(1);
    return std::to_string(ms / 1'000) + "." + fraction;
}

// Backslash, quote and line feed are escaped in a label's value.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
    return out;
}

std::string label(std::string_view name, std::string_view value) {
    return std::string(name) + "=\"" + escaped(value) + "\"";
}

struct Function {
    std::string label;  // function="…"
    FunctionCounts counts;
    std::optional<QueueCounts> queued;
};

class Page final {
  public:
    void head(std::string_view name, std::string_view type, std::string_view help) {
        name_ = "imagemill_" + std::string(name);
        text_ += "# HELP " + name_ + " " + std::string(help) + "\n";
        text_ += "# TYPE " + name_ + " " + std::string(type) + "\n";
    }
    void sample(const std::string& labels, std::string_view value, std::string_view suffix = "") {
        text_ += name_ + std::string(suffix) + "{" + labels + "} " + std::string(value) + "\n";
    }
    void sample(const std::string& labels, std::int64_t value) {
        sample(labels, std::to_string(value));
    }
    void histogram(const std::string& labels, const Histogram& histogram) {
        for (std::size_t i = 0; i < Histogram::kBoundsMs.size(); ++i) {
            const std::string bound = seconds(Milliseconds(Histogram::kBoundsMs[i]));
            sample(labels + "," + label("le", bound), std::to_string(histogram.count_up_to(i)),
                   "_bucket");
        }
        const std::string count = std::to_string(histogram.count());
        sample(labels + "," + label("le", "+Inf"), count, "_bucket");
        sample(labels, seconds(histogram.sum()), "_sum");
        sample(labels, count, "_count");
    }
    std::string take() { return std::move(text_); }

  private:
    std::string name_;
    std::string text_;
};

void add_queue(Page& page, const std::vector<Function>& functions, Time now) {
    page.head("events", "gauge", "Events of a function by state; low is part of waiting.");
    for (const Function& function : functions) {
        if (!function.queued) continue;
        const QueueCounts& queued = *function.queued;
        const auto state = [&](std::string_view name, std::int64_t count) {
            page.sample(function.label + "," + label("state", name), count);
        };
        state("waiting", queued.waiting);
        state("low", queued.low);
        state("running", queued.running);
        state("dead", queued.dead);
    }
    page.head("event_age_seconds", "gauge", "How long the oldest waiting event has been queued.");
    for (const Function& function : functions) {
        if (!function.queued) continue;
        const Time oldest = function.queued->oldest.value_or(now);
        page.sample(function.label, seconds(std::max(now - oldest, Milliseconds(0))));
    }
}

using Count = std::int64_t (*)(const FunctionCounts&);
struct Row {
    std::string_view name;
    std::string_view type;
    std::string_view help;
    Count count;
};
constexpr Row kRows[] = {
    {"invocations_total", "counter", "Invocations that ended, whatever their outcome.",
     [](const FunctionCounts& c) { return c.invocations; }},
    {"errors_total", "counter", "Invocations that failed.",
     [](const FunctionCounts& c) { return c.errors; }},
    {"throttles_total", "counter", "Callers for whom there was no room.",
     [](const FunctionCounts& c) { return c.throttles; }},
    {"retries_total", "counter", "Events whose attempt failed and that come again.",
     [](const FunctionCounts& c) { return c.events_retried; }},
    {"dead_letters_total", "counter", "Events that became dead letters.",
     [](const FunctionCounts& c) { return c.events_dropped; }},
    {"cold_starts_total", "counter", "Instances that came up.",
     [](const FunctionCounts& c) { return c.cold_starts; }},
    {"request_bytes_total", "counter", "Payloads handed to the function.",
     [](const FunctionCounts& c) { return c.request_bytes; }},
    {"response_bytes_total", "counter", "Payloads that it gave back.",
     [](const FunctionCounts& c) { return c.response_bytes; }},
    {"instances", "gauge", "Instances there are.",
     [](const FunctionCounts& c) -> std::int64_t { return c.instances; }},
    {"instances_busy", "gauge", "Instances at work.",
     [](const FunctionCounts& c) -> std::int64_t { return c.busy; }},
    {"callers_waiting", "gauge", "Callers for whom no instance is free yet.",
     [](const FunctionCounts& c) -> std::int64_t { return c.waiting; }},
};

}  // namespace

std::string format_metrics(const FunctionPool& pool, EventQueue& queue, const ServerCounts& counts,
                           const Clock& clock) {
    std::vector<Function> functions;
    for (const std::string& name : pool.functions()) {
        Function function{
            .label = label("function", name), .counts = pool.counts(name), .queued = std::nullopt};
        if (const auto queued = queue.counts(name)) function.queued = *queued;
        functions.push_back(std::move(function));
    }
    Page page;
    add_queue(page, functions, clock.now());
    for (const Row& row : kRows) {
        page.head(row.name, row.type, row.help);
        for (const Function& function : functions) {
            page.sample(function.label, row.count(function.counts));
        }
    }
    page.head("duration_seconds", "histogram", "How long invocations took.");
    for (const Function& function : functions) {
        page.histogram(function.label, function.counts.durations);
    }
    page.head("cold_start_seconds", "histogram", "From an instance's start until it took work.");
    for (const Function& function : functions) {
        page.histogram(function.label, function.counts.start_durations);
    }
    page.head("s3_requests_total", "counter", "S3 requests by operation and how they ended.");
    for (const S3Requests& requests : counts.s3_requests) {
        page.sample(label("operation", requests.operation) + "," +
                        label("status", std::to_string(requests.status)) + "," +
                        label("code", requests.code),
                    requests.count);
    }
    for (const Counter& counter : counts.counters) {
        page.head(counter.name, "counter", counter.help);
        for (const auto& [value, count] : counter.counts) {
            page.sample(label(counter.label, value), count);
        }
    }
    return page.take();
}

}  // namespace imagemill::local
