#include "local/gateway/store_events.h"

#include <algorithm>
#include <iterator>

#include "aws/s3_event.h"
#include "aws/trace_id.h"
#include "base/encodings.h"
#include "base/random.h"
#include "http/problem.h"
#include "local/gateway/operator_access.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kPath = "/events/";
constexpr Milliseconds kTick{1'000};
// Counting the queue is given at most this share of the time.
constexpr int kCountingShare = 20;

constexpr Milliseconds kHold{1'000};
constexpr int kHeldMax = 16;  // Each has a thread meanwhile.

// What a person may want to know of a record that is not used.
std::string text_in(const json::value& record, std::string_view name) {
    const json::object* const object = record.if_object();
    const json::value* const member = object ? object->if_contains(name) : nullptr;
    return member && member->is_string() ? printable(std::string(member->as_string()), 200) : "";
}

const json::array* records_in(const json::value& document) {
    const json::object* const object = document.if_object();
    const json::value* const records = object ? object->if_contains("Records") : nullptr;
    return records ? records->if_array() : nullptr;
}

}  // namespace

std::string_view StoreEvents::name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::queued:
            return "queued";
        case Outcome::test:
            return "test";
        case Outcome::other_bucket:
            return "other_bucket";
        case Outcome::other_kind:
            return "other_kind";
        case Outcome::unreadable:
            return "unreadable";
        case Outcome::unauthorized:
            return "unauthorized";
        case Outcome::too_large:
            return "too_large";
        case Outcome::queue_full:
            return "queue_full";
        case Outcome::queue_failed:
            return "queue_failed";
        case Outcome::count:
            break;
    }
    return "";
}

http::Response StoreEvents::handle(http::Request& request) {
    if (options_.token.empty()) {
        return http::problem(404,
                             "This server keeps the pictures itself and needs no one to tell it "
                             "what happens to them. POST /events is for a server whose pictures "
                             "are in another store: imagemill serve --s3-endpoint URL.");
    }
    if (!has_token_in(request)) {
        return refuse(Outcome::unauthorized,
                      {Code::unauthenticated,
                       "POST /events needs the events token, which is in the file events-token of "
                       "the data directory: as Authorization: Bearer TOKEN, or as "
                       "/events/TOKEN."});
    }
    const auto body = http::read_all(*request.body, kStoreEventBytesMax, "notification");
    if (!body && body.error().code == Code::too_large) {
        return refuse(Outcome::too_large, body.error());
    }
    if (!body) return http::problem(body.error());
    Reading reading = read(as_text(*body));
    std::int64_t queued = 0;
    for (const auto& [function, payloads] : reading.payloads) queued += std::ssize(payloads);
    const std::string trace_id = aws::without_hops(aws::trace_id_of(request, clock_.now()));
    if (queued > 0) {
        if (is_full()) {
            return refuse(
                Outcome::queue_full,
                {Code::busy, "As many events wait as may (" + std::to_string(options_.waiting_max) +
                                 "). Send this one again later."});
        }
        if (const auto added = add(reading, trace_id); !added) {
            log_.error("an event of the store cannot be queued",
                       {{"error", added.error().message}});
            return refuse(Outcome::queue_failed, {Code::unavailable,
                                                  "The event cannot be kept at the moment. Send it "
                                                  "again later."});
        }
        count(Outcome::queued, queued);
    }
    auto response = http::Response::text(
        200, "application/json",
        json::serialize(json::object{{"queued", queued}, {"ignored", std::move(reading.ignored)}}));
    response.headers.set("X-Amzn-Trace-Id", trace_id);
    response.headers.set("Cache-Control", "no-store");
    return response;
}

std::optional<Counter> StoreEvents::counter() const {
    if (options_.token.empty()) return std::nullopt;
    Counter all{.name = "store_events_total",
                .help = "What another store told, and what became of it.",
                .label = "outcome",
                .counts = {}};
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        all.counts.emplace_back(name_of(static_cast<Outcome>(i)), counts_[i]);
    }
    return all;
}

bool StoreEvents::has_token_in(const http::Request& request) const {
    const std::string_view path = request.path;
    return has_token(request, options_.token) ||
           (path.starts_with(kPath) && is_token(path.substr(kPath.size()), options_.token));
}

StoreEvents::Reading StoreEvents::read(std::string_view body) {
    Reading reading;
    const auto document = parse_json(body);
    if (!document) {
        ignore(Outcome::unreadable, document.error().message, reading);
    } else if (const json::array* const records = records_in(*document)) {
        // One that cannot be read takes none of the others with it.
        for (const json::value& record : *records) read_record(record, reading);
    } else if (text_in(*document, "Event") == "s3:TestEvent") {
        ignore(Outcome::test, "A test of the notification.", reading);
    } else {
        const std::string type = text_in(*document, "Type");
        ignore(Outcome::unreadable,
               type.empty() ? "There is no array \"Records\": this is no S3 notification."
                            : "A message of type \"" + type + "\" is no S3 notification.",
               reading);
    }
    return reading;
}

void StoreEvents::read_record(const json::value& record, Reading& reading) {
    json::array one;
    one.push_back(record);
    const auto events =
        aws::parse_s3_event(json::serialize(json::object{{"Records", std::move(one)}}));
    if (!events) return ignore(Outcome::unreadable, events.error().message, reading);
    if (events->empty()) {
        return ignore(Outcome::other_kind,
                      "An event \"" + text_in(record, "eventName") + "\" of version \"" +
                          text_in(record, "eventVersion") + "\" asks for nothing.",
                      reading);
    }
    const store::ObjectEvent& event = events->front();
    const std::vector<Notification> notifications = of_bucket(event.bucket);
    if (notifications.empty()) {
        return ignore(Outcome::other_bucket,
                      "The bucket is \"" + printable(event.bucket, 100) +
                          "\"; pictures come from \"" + options_.notifications.front().bucket +
                          "\" (IMAGEMILL_SOURCE_BUCKET).",
                      reading);
    }
    const std::vector<Notification> told = matching(notifications, event.name, event.key);
    if (told.empty()) {
        return ignore(Outcome::other_kind,
                      "Nobody is told of \"" + printable(event.key, 200) + "\" in the bucket \"" +
                          printable(event.bucket, 100) + "\".",
                      reading);
    }
    const std::string payload = aws::format_s3_event(
        event, {.configuration_id = "events", .request_id = random_hex(8), .host_id = ""});
    for (const Notification& notification : told) {
        reading.payloads[notification.function].push_back(payload);
    }
}

std::vector<Notification> StoreEvents::of_bucket(const std::string& bucket) const {
    std::vector<Notification> found;
    std::ranges::copy_if(
        options_.notifications, std::back_inserter(found),
        [&](const Notification& notification) { return notification.bucket == bucket; });
    return found;
}

// Where a second function's cannot be added, the first's come again: at least once.
Result<void> StoreEvents::add(const Reading& reading, const std::string& trace_id) {
    for (const auto& [function, payloads] : reading.payloads) {
        TRY(queue_.add_all(function, payloads, {.trace_id = trace_id}));
    }
    return {};
}

void StoreEvents::ignore(Outcome outcome, const std::string& detail, Reading& reading) {
    count(outcome);
    log_.warn("an event of the store is ignored",
              {{"reason", name_of(outcome)}, {"detail", detail}});
    reading.ignored.push_back(json::object{{"reason", name_of(outcome)}, {"detail", detail}});
}

bool StoreEvents::is_full() {
    const SteadyTime start = clock_.steady();
    {
        const std::lock_guard lock(mutex_);
        const bool is_known = counted_until_ && start < *counted_until_;
        if (!is_known) counted_until_ = start + kTick;  // The others do not count meanwhile.
        if (is_known) return waiting_++ >= options_.waiting_max;
    }
    const auto counts = queue_.counts(options_.notifications.front().function);
    const SteadyTime end = clock_.steady();
    const std::lock_guard lock(mutex_);
    counted_until_ = std::max(start + kTick, end + kCountingShare * (end - start));
    if (counts) waiting_ = counts->waiting;  // Else adding will say why not.
    return waiting_ >= options_.waiting_max;
}

void StoreEvents::count(Outcome outcome, std::int64_t more) {
    counts_[static_cast<std::size_t>(outcome)] += more;
}

http::Response StoreEvents::refuse(Outcome outcome, const Error& error) {
    count(outcome);
    if (held_.fetch_add(1) < kHeldMax) clock_.sleep_for(kHold);
    --held_;
    return http::problem(error);
}

}  // namespace imagemill::local
