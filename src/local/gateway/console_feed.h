// console_feed: what the console shows, as server-sent events: the state of queue and functions
// once a second, where it changed, and what the functions did meanwhile.
//
// Shapes:  event: state
//          data: {"reset","time","functions":[{"name",counts…,"queue":{…} or null,
//            "spans":[[start ms, count, errors, sum ms, longest ms]…]}],"s3":{"requests","errors"},
//            "entries":[…],"failures":[…] (where they changed)}. The first of a stream has
//            "reset": true and all there is, whatever Last-Event-ID says: the state is small.
//          event: beat, where nothing changed for kBeat, so that a reader knows it is not cut off.
// Threads: any; each reader's stream runs on its connection's thread.
// Cost:    a reader that does not keep up gets the newest state later, not all of them; the server
//          drops it after its write timeout. The queue is counted at most once a second for all
//          readers together, and less often where that takes long.
// Source:  HTML Living Standard, 9.2 Server-sent events.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "http/message.h"
#include "local/gateway/activity.h"
#include "local/gateway/metrics.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

struct ConsoleFeedOptions {
    Activity* activity = nullptr;  // Outlives the feed.
    std::function<std::vector<S3Requests>()> s3_requests = {};
    std::stop_token stopping = {};  // Of the server: every stream ends.
    Milliseconds tick{1'000};
    int streams_max = 8;
};

class ConsoleFeed final {
  public:
    static constexpr Milliseconds kBeat{10'000};

    // All but `options` outlive it, and every stream's producer.
    ConsoleFeed(ConsoleFeedOptions options, const FunctionPool& pool, EventQueue& queue,
                const Clock& clock)
        : options_(std::move(options)), pool_(pool), queue_(queue), clock_(clock) {}

    // A stream, while `is_allowed`; 503 where there are `streams_max` already.
    http::Response open(std::function<bool()> is_allowed);

  private:
    struct Reader;
    void run(http::BodyWriter& writer, const std::function<bool()>& is_allowed);
    // What `reader` has not seen; nothing where nothing changed.
    std::optional<json::object> changes(Reader& reader);
    json::array functions(const Reader& reader);
    json::value queue_of(const std::string& function);
    void count_queues();
    bool pause();  // False: the server stops.

    const ConsoleFeedOptions options_;
    const FunctionPool& pool_;
    EventQueue& queue_;
    const Clock& clock_;
    std::atomic<int> streams_ = 0;
    std::mutex mutex_;  // Guards both.
    std::map<std::string, json::value> queues_;
    std::optional<SteadyTime> counted_until_;
};

}  // namespace imagemill::local
