#include "local/gateway/console_feed.h"

#include <algorithm>
#include <condition_variable>

#include "base/encodings.h"
#include "http/problem.h"

namespace imagemill::local {
namespace {

// Counting is given at most this share of the time.
constexpr int kCountingShare = 20;

std::int64_t ms_of(Time time) {
    return time.time_since_epoch().count();
}

json::object describe(const Activity::Entry& entry) {
    return {{"number", entry.number},
            {"function", entry.function},
            {"request_id", entry.request_id},
            {"trace_id", entry.trace_id},
            {"what", entry.what},
            {"key", entry.key},
            {"attempt", entry.attempt},
            {"error_type", entry.error_type},
            {"has_failed_picture", entry.has_failed_picture},
            {"duration_ms", entry.duration.count()},
            {"ended_ms", ms_of(entry.ended)}};
}

json::array describe(const std::vector<Activity::Entry>& entries) {
    json::array described;
    for (const Activity::Entry& entry : entries) described.push_back(describe(entry));
    return described;
}

json::array describe(const std::vector<Activity::Span>& spans) {
    json::array described;
    for (const Activity::Span& span : spans) {
        described.push_back(json::array{ms_of(span.start), span.count, span.errors,
                                        span.sum.count(), span.longest.count()});
    }
    return described;
}

json::object sum_up(const std::vector<S3Requests>& requests) {
    std::int64_t count = 0;
    std::int64_t errors = 0;
    for (const S3Requests& one : requests) {
        count += one.count;
        if (one.status >= 500) errors += one.count;
    }
    return {{"requests", count}, {"errors", errors}};
}

std::string format_event(std::string_view name, std::int64_t id, const json::object& data) {
    return "event: " + std::string(name) + "\nid: " + std::to_string(id) +
           "\ndata: " + json::serialize(data) + "\n\n";
}

}  // namespace

struct ConsoleFeed::Reader {
    bool is_new = true;
    std::int64_t last_entry = 0;
    std::int64_t failures_version = -1;
    Time spans_from{};
    json::object last_counts;
};

http::Response ConsoleFeed::open(std::function<bool()> is_allowed) {
    // Only this makes streams more; a place that comes free meanwhile is found by the next try.
    if (streams_.fetch_add(1) >= options_.streams_max) {
        --streams_;
        return http::problem(Error{Code::busy, "As many consoles are open as there may be (" +
                                                   std::to_string(options_.streams_max) +
                                                   "). Close one."});
    }
    // shared: the response is copied, and its place is given back once, read or not.
    const std::shared_ptr<void> place(nullptr, [this](void*) { --streams_; });
    http::Response response;
    response.headers.set("Content-Type", "text/event-stream; charset=utf-8");
    response.headers.set("X-Accel-Buffering", "no");  // A proxy such as nginx passes it on at once.
    response.body = http::Producer([this, place, is_allowed = std::move(is_allowed)](
                                       http::BodyWriter& writer) { run(writer, is_allowed); });
    return response;
}

void ConsoleFeed::run(http::BodyWriter& writer, const std::function<bool()>& is_allowed) {
    Reader reader;
    std::int64_t id = 0;
    SteadyTime beat_at = clock_.steady() + kBeat;
    if (!writer.write(as_bytes("retry: 2000\n\n"))) return;
    do {
        if (!is_allowed()) return;
        std::string text;
        if (const auto changed = changes(reader)) {
            text = format_event("state", ++id, *changed);
        } else if (clock_.steady() >= beat_at) {
            text = format_event("beat", ++id, {});
        }
        if (text.empty()) continue;
        if (!writer.write(as_bytes(text))) return;
        beat_at = clock_.steady() + kBeat;
    } while (pause());
}

bool ConsoleFeed::pause() {
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, options_.stopping, options_.tick, [] { return false; });
    return !options_.stopping.stop_requested();
}

std::optional<json::object> ConsoleFeed::changes(Reader& reader) {
    count_queues();
    const Activity& activity = *options_.activity;
    const auto entries = activity.entries_after(reader.last_entry);
    const std::int64_t failures_version = activity.failures_version();
    json::object counts{{"functions", functions(reader)}};
    if (options_.s3_requests) counts["s3"] = sum_up(options_.s3_requests());
    const bool has_changed = reader.is_new || !entries.empty() || counts != reader.last_counts ||
                             failures_version != reader.failures_version;
    if (!has_changed) return std::nullopt;
    reader.last_counts = counts;
    json::object document = std::move(counts);
    document["reset"] = reader.is_new;
    document["time_ms"] = ms_of(clock_.now());
    document["entries"] = describe(entries);
    if (failures_version != reader.failures_version) {
        document["failures"] = describe(activity.failures());
    }
    reader.is_new = false;
    reader.failures_version = failures_version;
    if (!entries.empty()) reader.last_entry = entries.back().number;
    // The newest spans may still grow: they are sent again.
    reader.spans_from = clock_.now() - 3 * Activity::kSpan;
    return document;
}

json::array ConsoleFeed::functions(const Reader& reader) {
    json::array functions;
    for (const std::string& name : pool_.functions()) {
        const FunctionCounts counts = pool_.counts(name);
        functions.push_back(
            json::object{{"name", name},
                         {"instances", counts.instances},
                         {"busy", counts.busy},
                         {"callers_waiting", counts.waiting},
                         {"cold_starts", counts.cold_starts},
                         {"invocations", counts.invocations},
                         {"errors", counts.errors},
                         {"throttles", counts.throttles},
                         {"retries", counts.events_retried},
                         {"queue", queue_of(name)},
                         {"spans", describe(options_.activity->spans(name, reader.spans_from))}});
    }
    return functions;
}

json::value ConsoleFeed::queue_of(const std::string& function) {
    const std::lock_guard lock(mutex_);
    const auto found = queues_.find(function);
    return found == queues_.end() ? json::value(nullptr) : found->second;
}

void ConsoleFeed::count_queues() {
    const SteadyTime start = clock_.steady();
    {
        const std::lock_guard lock(mutex_);
        if (counted_until_ && start < *counted_until_) return;
        counted_until_ = start + options_.tick;  // The others do not count meanwhile.
    }
    std::map<std::string, json::value> queues;
    for (const std::string& name : pool_.functions()) {
        const auto counts = queue_.counts(name);
        queues[name] = nullptr;
        if (!counts) continue;
        json::object queue{{"waiting", counts->waiting},
                           {"low", counts->low},
                           {"running", counts->running},
                           {"dead", counts->dead},
                           {"oldest_ms", nullptr}};
        if (counts->oldest) queue["oldest_ms"] = ms_of(*counts->oldest);
        queues[name] = std::move(queue);
    }
    const SteadyTime end = clock_.steady();
    const std::lock_guard lock(mutex_);
    queues_ = std::move(queues);
    counted_until_ = std::max(start + options_.tick, end + kCountingShare * (end - start));
}

}  // namespace imagemill::local
