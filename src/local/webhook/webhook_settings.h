// webhook_settings: the IMAGEMILL_WEBHOOK_… variables as values.
//
// Shapes:  …_URL      http or https, with a path and a query if there are any.
//          …_SECRET   "whsec_" and 24 to 64 bytes in base64; several, separated by spaces, while
//                     one takes the place of another: each signs.
//          …_SECONDS, …_RETRY_MILLISECONDS, …_MAX_AGE_SECONDS, …_MAX_EVENTS: whole numbers.
// Errors:  invalid_argument names the variable and what was expected, never a secret; so too one
//          that is set while the URL is not.
// Threads: pure functions.
// Source:  Standard Webhooks 1.0.0, "Signature scheme" (the secret's form and lengths).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/client.h"

namespace imagemill::local {

inline constexpr std::string_view kWebhookVariables = "IMAGEMILL_WEBHOOK_";

struct WebhookSettings {
    net::Endpoint endpoint;
    std::string target = "/";     // Path and query.
    std::vector<Buffer> secrets;  // At least one.
    Milliseconds timeout{15'000};
    Milliseconds retry_delay{5'000};  // Before the second attempt; it doubles, up to an hour.
    Milliseconds age_max{86'400'000};
    std::int64_t events_max = 100'000;  // That wait or are dead letters.
};

// Nothing where no URL is set. An empty variable is as good as none.
Result<std::optional<WebhookSettings>> parse_webhook_settings(
    const std::map<std::string, std::string>& variables);

}  // namespace imagemill::local
