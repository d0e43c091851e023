#include "local/gateway/activity.h"

#include <algorithm>

#include "aws/s3_event.h"
#include "aws/trace_id.h"

namespace imagemill::local {
namespace {

Activity::Entry entry_of(const FinishedInvocation& finished) {
    Activity::Entry entry;
    entry.function = finished.function;
    entry.request_id = finished.request_id;
    entry.trace_id = aws::trace_root(finished.trace_id);
    entry.what = finished.what;
    entry.attempt = finished.attempt;
    entry.error_type = finished.error_type;
    entry.duration = finished.duration;
    entry.ended = finished.ended;
    if (finished.event.empty()) return entry;
    entry.what = "event";
    const auto objects = aws::parse_s3_event(finished.event);
    if (!objects || objects->empty()) return entry;
    entry.what = objects->front().name;
    entry.key = objects->front().key;
    return entry;
}

template <typename Deque>
void trim_to(Deque& deque, std::size_t count_max) {
    while (deque.size() > count_max) deque.pop_front();
}

}  // namespace

void Activity::add(const FinishedInvocation& finished) {
    Entry entry = entry_of(finished);
    if (failed_keys_ && !entry.key.empty() && entry.error_type.empty()) {
        const auto failed = failed_keys_(finished.answer);
        entry.has_failed_picture = std::ranges::find(failed, entry.key) != failed.end();
    }
    const std::lock_guard lock(mutex_);
    entry.number = ++last_number_;
    count(entry);
    if (!entry.key.empty()) note_failures(entry);
    entries_.push_back(std::move(entry));
    trim_to(entries_, kEntriesMax);
}

void Activity::count(const Entry& entry) {
    std::deque<Span>& spans = spans_[entry.function];
    const auto ended = entry.ended.time_since_epoch();
    const Time start(ended - ended % kSpan);
    // The clock may be set back: what ended then counts with the newest span there is.
    if (spans.empty() || spans.back().start < start) spans.push_back({.start = start});
    trim_to(spans, kSpansMax);
    Span& span = spans.back();
    ++span.count;
    if (!entry.error_type.empty()) ++span.errors;
    span.sum += entry.duration;
    span.longest = std::max(span.longest, entry.duration);
}

void Activity::note_failures(const Entry& entry) {
    const auto erased =
        std::erase_if(failures_, [&](const Entry& failure) { return failure.key == entry.key; });
    if (entry.has_failed_picture) failures_.push_back(entry);
    trim_to(failures_, kFailuresMax);
    if (erased > 0 || entry.has_failed_picture) ++failures_version_;
}

std::vector<Activity::Entry> Activity::entries_after(std::int64_t after) const {
    const std::lock_guard lock(mutex_);
    std::vector<Entry> entries;
    std::ranges::copy_if(entries_, std::back_inserter(entries),
                         [&](const Entry& entry) { return entry.number > after; });
    return entries;
}

std::vector<Activity::Entry> Activity::failures() const {
    const std::lock_guard lock(mutex_);
    return {failures_.begin(), failures_.end()};
}

std::int64_t Activity::failures_version() const {
    const std::lock_guard lock(mutex_);
    return failures_version_;
}

std::vector<Activity::Span> Activity::spans(const std::string& function, Time from) const {
    const std::lock_guard lock(mutex_);
    std::vector<Span> spans;
    const auto found = spans_.find(function);
    if (found == spans_.end()) return spans;
    std::ranges::copy_if(found->second, std::back_inserter(spans),
                         [&](const Span& span) { return span.start >= from; });
    return spans;
}

}  // namespace imagemill::local
