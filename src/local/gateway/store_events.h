// store_events: POST /events: how a store that is not this server's own tells what happened in it.
//
// Shapes:  S3's notification JSON, as AWS, Ceph and MinIO write it (aws/s3_event.h), with
//          Authorization: Bearer and the events token (MinIO), or POST /events/TOKEN (Ceph, which
//          has a URL alone). Each record becomes an event, in AWS's form, of every function that
//          `notifications` tell of it; all of a body are on the disk before the answer:
//          200 {"queued":1,"ignored":[{"reason":"other_bucket","detail":"…"}]}.
//          A store sends again what was not answered by 2xx, some of them for ever and nothing else
//          before it: what can never be used is answered 200, counted, logged, and gone.
// Errors:  problem+json, and the store comes again; Ceph at once, with all else that it has. So
//          some of these answers are held back for a second, which is a store's pause.
//          401  without the token, 404 where the store is this server's own,
//          413  a body over kStoreEventBytesMax: a notification has a key of 1,024 bytes at most,
//          503  the queue is full or cannot be written to; with Retry-After.
// Threads: any.
// Cost:    a commit for each function that is told. The queue is counted once a second, less
//          often where that takes long.
// Source:  Ceph, "S3 Bucket Notifications Compatibility"; MinIO, "Publish Events to Webhook".
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "http/message.h"
#include "local/gateway/metrics.h"
#include "local/storage/bucket_settings.h"
#include "local/storage/queue.h"

namespace imagemill::local {

inline constexpr std::int64_t kStoreEventBytesMax = 256 * 1024;

struct StoreEventsOptions {
    std::string token = {};  // Empty: there is no other store.
    // The first ones are of the source bucket, and of its function.
    std::vector<Notification> notifications = {};
    std::int64_t waiting_max = 1'000'000;  // Of that function.
};

class StoreEvents final {
  public:
    // All but `options` outlive it.
    StoreEvents(StoreEventsOptions options, EventQueue& queue, const Clock& clock, const Log& log)
        : options_(std::move(options)), queue_(queue), clock_(clock), log_(log) {}

    http::Response handle(http::Request& request);
    // For /metrics: what became of records, and of requests that had none. Nothing where there is
    // no other store.
    std::optional<Counter> counter() const;

  private:
    enum class Outcome {
        queued,
        test,  // Says that a notification was set up.
        other_bucket,
        other_kind,  // Of a change that no function is told of.
        unreadable,
        unauthorized,
        too_large,
        queue_full,
        queue_failed,
        count
    };
    static std::string_view name_of(Outcome outcome);

    struct Reading {
        std::map<std::string, std::vector<std::string>> payloads = {};  // By function.
        json::array ignored = {};
    };

    bool has_token_in(const http::Request& request) const;
    Reading read(std::string_view body);
    void read_record(const json::value& record, Reading& reading);
    std::vector<Notification> of_bucket(const std::string& bucket) const;
    Result<void> add(const Reading& reading, const std::string& trace_id);
    void ignore(Outcome outcome, const std::string& detail, Reading& reading);
    bool is_full();
    void count(Outcome outcome, std::int64_t more = 1);
    http::Response refuse(Outcome outcome, const Error& error);

    const StoreEventsOptions options_;
    EventQueue& queue_;
    const Clock& clock_;
    const Log& log_;
    std::array<std::atomic<std::int64_t>, std::size_t(Outcome::count)> counts_{};
    std::atomic<int> held_ = 0;  // Answers that are held back.
    std::mutex mutex_;
    std::int64_t waiting_ = 0;  // When last counted, and since. Guarded by mutex_; likewise:
    std::optional<SteadyTime> counted_until_;
};

}  // namespace imagemill::local
