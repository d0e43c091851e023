// console_settings: what the console shows of the settings in force, and what it reads of the
// processor's answers.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "functions/settings.h"
#include "local/lambda/pool.h"
#include "local/webhook/webhook_settings.h"

namespace imagemill {

// {"settings":[{"group","name","value","about"}],"recipes":"…"}: no secret is among them, only
// whether it is set. `webhook`: nullptr where there is none. `store_url` is empty where the store
// is the server's own.
json::object describe_settings(const functions::Settings& settings, const std::string& recipes,
                               const std::vector<local::FunctionConfig>& functions,
                               const local::WebhookSettings* webhook, const std::string& store_url);

// The keys whose outcome is "failed", by the processor's {"records":[{"key","outcome"}]}.
std::vector<std::string> failed_keys(std::string_view answer);

}  // namespace imagemill
