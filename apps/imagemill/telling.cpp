#include "telling.h"

#include "base/encodings.h"
#include "functions/recipes.h"

namespace imagemill {

local::Notification Telling::notification(const std::string& destination_bucket) {
    return {.bucket = destination_bucket,
            .event_prefix = "ObjectCreated:",
            .function = local::kWebhook,
            .id = local::kWebhook,
            .key_prefix = std::string(functions::kManifestPrefix),
            .key_suffix = std::string(functions::kManifestSuffix)};
}

Result<std::unique_ptr<Telling>> Telling::make(
    const std::map<std::string, std::string>& variables) {
    auto settings = TRY(local::parse_webhook_settings(variables));
    if (!settings) return std::unique_ptr<Telling>();
    auto telling = std::make_unique<Telling>();
    telling->settings_ = *std::move(settings);
    return telling;
}

void Telling::start(const Home& home, local::EventQueue& queue, local::Logs& logs,
                    const Clock& clock) {
    // Its log group, as a function's.
    log_.emplace(clock, Level::info, [&logs](std::string_view line) {
        logs.append(local::kWebhook, line.substr(0, line.size() - 1));
    });
    client_ = net::make_client({.connect_timeout = settings_.timeout,
                                .idle_connections_max = local::Webhook::kRequestsMax,
                                .idle_timeout = Milliseconds(5'000)});
    webhook_ = std::make_unique<local::Webhook>(
        local::WebhookOptions{.settings = settings_,
                              .function = home.function,
                              .bucket = home.bucket,
                              .source_key = functions::source_key_of,
                              .agent = "imagemill/" IMAGEMILL_VERSION},
        *client_, queue, clock, *log_);
}

std::vector<local::Counter> count_messages(const Telling* telling) {
    if (telling == nullptr) return {};
    local::Counter counter{.name = "webhook_deliveries_total",
                           .help = "Attempts to tell the webhook's receiver, by how they ended.",
                           .label = "outcome",
                           .counts = {}};
    for (const auto& [outcome, count] : telling->webhook().counts()) {
        counter.counts.emplace_back(outcome, count);
    }
    return {std::move(counter)};
}

json::object describe_health(const Telling* telling) {
    if (telling == nullptr) return {{"webhook", nullptr}};
    json::object deliveries;
    for (const auto& [outcome, count] : telling->webhook().counts()) deliveries[outcome] = count;
    return {{"webhook",
             {{"gone", telling->webhook().is_gone()}, {"deliveries", std::move(deliveries)}}}};
}

}  // namespace imagemill
