// telling: the webhook of a server, wired: what it needs, and what is seen of it.
//
// Shapes:  make() says who is told; nobody, where the environment names no receiver. start() comes
//          before anything else but settings(), and before the pool.
// Errors:  make: invalid_argument, a sentence for the person who typed the command.
// Threads: make and start: one; the rest any.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/result.h"
#include "local/gateway/metrics.h"
#include "local/lambda/logs.h"
#include "local/storage/bucket_settings.h"
#include "local/webhook/webhook.h"

namespace imagemill {

class Telling final {
  public:
    // What tells it of a manifest, of a bucket whose owner said nothing else.
    static local::Notification notification(const std::string& destination_bucket);
    static Result<std::unique_ptr<Telling>> make(
        const std::map<std::string, std::string>& variables);

    struct Home {
        std::string function;  // The api's name.
        std::string bucket;    // Where the manifests are.
    };
    // `queue`, `logs` and `clock` outlive it.
    void start(const Home& home, local::EventQueue& queue, local::Logs& logs, const Clock& clock);

    const local::WebhookSettings& settings() const { return settings_; }
    local::Webhook& webhook() { return *webhook_; }
    const local::Webhook& webhook() const { return *webhook_; }

  private:
    local::WebhookSettings settings_;
    std::optional<Log> log_;
    std::unique_ptr<net::Client> client_;
    std::unique_ptr<local::Webhook> webhook_;
};

// For /metrics and /health; nullptr: nobody is told.
std::vector<local::Counter> count_messages(const Telling* telling);
json::object describe_health(const Telling* telling);

}  // namespace imagemill
