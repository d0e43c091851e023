// webhook: tells another server what became of a picture, once its manifest is there: POSTs the
// Image that GET /image answers, signed.
//
// Shapes:  A function that is a part of the server (pool.h): an event of a manifest is one message,
//          {"type":"image.ready" or "image.failed","timestamp","data":Image}, with webhook-id (the
//          same over all attempts), webhook-timestamp (of the attempt) and webhook-signature.
//          A picture is told as it is when the message is sent. Where a newer version is in work,
//          or it is gone, nothing is sent: what becomes of that has an event of its own. A 2xx is
//          success. 410 is for good: nothing more is sent until the server starts anew. All else,
//          redirects too, is tried again, not before what a Retry-After asks for. Its answer:
//          {"deliveries":[{"key","outcome","status"}]}.
// Errors:  of deliver, as error_type: Webhook.Refused, Webhook.Timeout, Webhook.Unreachable,
//          Webhook.NoImage (`api` does not say), Webhook.Gone (final), Webhook.BadEvent (final).
// Threads: any.
// Cost:    an attempt is an invocation of `api` and a request; kRequestsMax run at once. Beyond
//          `events_max` the oldest are dropped, looked for at most every kTrimPause.
// Source:  Standard Webhooks 1.0.0.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "local/lambda/pool.h"
#include "local/storage/queue.h"
#include "local/webhook/webhook_settings.h"
#include "net/client.h"

namespace imagemill::local {

inline constexpr const char* kWebhook = "webhook";  // As a function.

struct WebhookOptions {
    WebhookSettings settings;
    std::string function;  // The api's name.
    std::string bucket;    // Where the manifests are.
    // Of the picture that a key in `bucket` is the manifest of; nothing where it is none.
    std::function<std::optional<std::string>(std::string_view key)> source_key = {};
    std::string agent = "imagemill";  // As User-Agent.
};

class Webhook final {
  public:
    static constexpr int kRequestsMax = 4;
    static constexpr Milliseconds kTrimPause{10'000};

    // All but `options` outlive it. `log` is what its log group is.
    Webhook(WebhookOptions options, net::Client& client, EventQueue& queue, const Clock& clock,
            const Log& log)
        : options_(std::move(options)), client_(client), queue_(queue), clock_(clock), log_(log) {}

    // For a pool that goes before it.
    FunctionConfig function();
    BuiltInAnswer deliver(const BuiltInCall& call);

    // How often each outcome was: "delivered", "outdated", "refused", "timeout", "unreachable",
    // "no_image", "gone", "dropped".
    std::vector<std::pair<std::string_view, std::int64_t>> counts() const;
    // A 410 has ended it.
    bool is_gone() const { return is_gone_; }

  private:
    enum class Outcome {
        delivered,
        outdated,
        refused,
        timeout,
        unreachable,
        no_image,
        gone,
        dropped
    };
    static constexpr std::size_t kOutcomes = 8;

    struct Message {
        std::string id;
        std::string key;  // The picture's.
        Time time;
    };
    struct Delivery {
        Outcome outcome = Outcome::delivered;
        int status = 0;            // The receiver's; 0 where it did not answer.
        std::string message = {};  // Of a failure.
        Milliseconds pause_min{0};
    };

    static std::string_view name_of(Outcome outcome);
    static bool is_failure(Outcome outcome);
    static std::string error_type_of(Outcome outcome);

    Delivery tell(const Message& message, const BuiltInCall& call);
    Delivery send(const Message& message, const std::string& body, std::stop_token stopping);
    Delivery understand(const net::ClientResponse& response);
    void note(const Message& message, const Delivery& delivery, const BuiltInCall& call);
    void trim();
    void count(Outcome outcome, std::int64_t more);

    const WebhookOptions options_;
    net::Client& client_;
    EventQueue& queue_;
    const Clock& clock_;
    const Log& log_;
    std::atomic<bool> is_gone_ = false;
    std::array<std::atomic<std::int64_t>, kOutcomes> counts_{};
    std::mutex trim_mutex_;
    std::optional<SteadyTime> trimmed_;  // Guarded by trim_mutex_.
};

}  // namespace imagemill::local
