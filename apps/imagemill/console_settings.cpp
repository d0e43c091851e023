#include "console_settings.h"

#include "functions/processor.h"

namespace imagemill {
namespace {

struct LimitRow {
    const char* name;
    const char* about;
};
// Those that find_limit knows, in the order of docs/settings.md.
constexpr LimitRow kLimits[] = {
    {"IMAGEMILL_MAX_UPLOAD_BYTES", "of an upload through the API, in bytes"},
    {"IMAGEMILL_MAX_BYTES", "of a source, in bytes"},
    {"IMAGEMILL_MAX_SIDE", "width or height, in pixels"},
    {"IMAGEMILL_MAX_PIXELS", "of a still"},
    {"IMAGEMILL_MAX_ANIMATION_PIXELS", "of all frames of an animation together"},
    {"IMAGEMILL_MAX_FRAMES", "of an animation"},
    {"IMAGEMILL_MAX_MEMORY", "of one render, in bytes"},
    {"IMAGEMILL_MAX_SECONDS", "of one render"},
};

class Rows final {
  public:
    void begin(std::string group) { group_ = std::move(group); }
    void add(const std::string& name, const std::string& value, const std::string& about) {
        rows_.push_back(
            json::object{{"group", group_}, {"name", name}, {"value", value}, {"about", about}});
    }
    void add(const std::string& name, std::int64_t value, const std::string& about) {
        add(name, std::to_string(value), about);
    }
    json::array take() { return std::move(rows_); }

  private:
    std::string group_;
    json::array rows_;
};

void add_general(Rows& rows, const functions::Settings& settings) {
    rows.begin("Service");
    rows.add("IMAGEMILL_SOURCE_BUCKET", settings.source_bucket, "where pictures come in");
    rows.add("IMAGEMILL_DESTINATION_BUCKET", settings.destination_bucket,
             "where what is made of them goes");
    rows.add("IMAGEMILL_NAMES", settings.names == functions::Names::keep ? "keep" : "random",
             "of uploads");
    rows.add("IMAGEMILL_URL_SECONDS", settings.url_seconds, "how long a pre-signed URL lives");
    rows.add("IMAGEMILL_UPLOAD_TOKEN", settings.upload_token.empty() ? "not set" : "set",
             "what an upload needs");
    std::string origins;
    for (const std::string& origin : settings.cors_origins) {
        origins += (origins.empty() ? "" : ", ") + origin;
    }
    rows.add("IMAGEMILL_CORS_ORIGINS", origins.empty() ? "none" : origins,
             "whose pages may call the API");
}

void add_functions(Rows& rows, const std::vector<local::FunctionConfig>& functions) {
    for (const local::FunctionConfig& function : functions) {
        rows.begin(function.name);
        rows.add("instances", function.instances_max, "at most");
        rows.add("memory", function.memory_mb, "MB for each");
        rows.add("timeout", function.timeout.count(), "ms for an invocation");
        rows.add("IMAGEMILL_MAX_RETRIES", function.retries, "attempts after the first");
        rows.add("IMAGEMILL_RETRY_MILLISECONDS", function.retry_delay.count(),
                 "before the second attempt");
        rows.add("IMAGEMILL_MAX_EVENT_AGE_SECONDS", function.event_age_max.count() / 1'000,
                 "what is older is not tried any more");
    }
}

// The receiver's path and query may be known to it alone.
void add_webhook(Rows& rows, const local::WebhookSettings* webhook) {
    rows.begin("Webhook");
    if (webhook == nullptr) {
        rows.add("IMAGEMILL_WEBHOOK_URL", "not set", "nobody is told of pictures");
        return;
    }
    const std::string origin =
        webhook->endpoint.scheme + "://" + net::host_header(webhook->endpoint);
    rows.add("IMAGEMILL_WEBHOOK_URL", origin, "who is told of pictures; its path is not shown");
    rows.add("IMAGEMILL_WEBHOOK_SECRET", "set", "what messages are signed with");
    rows.add("IMAGEMILL_WEBHOOK_SECONDS", webhook->timeout.count() / 1'000, "for an answer");
    rows.add("IMAGEMILL_WEBHOOK_RETRY_MILLISECONDS", webhook->retry_delay.count(),
             "before the second attempt; it doubles");
    rows.add("IMAGEMILL_WEBHOOK_MAX_AGE_SECONDS", webhook->age_max.count() / 1'000,
             "what is older is not tried any more");
    rows.add("IMAGEMILL_WEBHOOK_MAX_EVENTS", webhook->events_max, "that wait or are dead");
}

}  // namespace

json::object describe_settings(const functions::Settings& settings, const std::string& recipes,
                               const std::vector<local::FunctionConfig>& functions,
                               const local::WebhookSettings* webhook,
                               const std::string& store_url) {
    Rows rows;
    add_general(rows, settings);
    if (!store_url.empty()) rows.add("--s3-endpoint", store_url, "the store of both buckets");
    rows.begin("Limits");
    for (const LimitRow& limit : kLimits) {
        const auto value = functions::find_limit(settings, limit.name);
        if (value) rows.add(limit.name, *value, limit.about);
    }
    add_functions(rows, functions);
    add_webhook(rows, webhook);
    return {{"settings", rows.take()}, {"recipes", recipes}};
}

std::vector<std::string> failed_keys(std::string_view answer) {
    std::vector<std::string> keys;
    const auto document = parse_json(answer);
    if (!document) return keys;
    const auto records = JsonReader(*document).find("records");
    if (!records || !*records) return keys;
    const auto elements = (*records)->elements();
    if (!elements) return keys;
    const std::string_view failed = functions::name_of(functions::Outcome::failed);
    for (const JsonReader& record : *elements) {
        const json::object* const fields = record.value().if_object();
        const json::value* const outcome = fields ? fields->if_contains("outcome") : nullptr;
        const json::value* const key = fields ? fields->if_contains("key") : nullptr;
        const bool has_failed = outcome && outcome->is_string() && outcome->as_string() == failed;
        if (has_failed && key && key->is_string()) keys.emplace_back(key->as_string());
    }
    return keys;
}

}  // namespace imagemill
