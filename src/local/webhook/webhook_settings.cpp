#include "local/webhook/webhook_settings.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::local {
namespace {

constexpr const char* kUrl = "IMAGEMILL_WEBHOOK_URL";
constexpr const char* kSecret = "IMAGEMILL_WEBHOOK_SECRET";
constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kUrlBytesMax = 2'048;
constexpr std::size_t kSecretBytesMin = 24;
constexpr std::size_t kSecretBytesMax = 64;
constexpr std::size_t kSecretsMax = 4;

struct Number {
    const char* name;
    std::int64_t min;
    std::int64_t max;
    void (*set)(WebhookSettings& settings, std::int64_t value);
};
constexpr Number kNumbers[] = {
    {"IMAGEMILL_WEBHOOK_SECONDS", 1, 60,
     [](WebhookSettings& s, std::int64_t value) { s.timeout = Milliseconds(value * 1'000); }},
    {"IMAGEMILL_WEBHOOK_RETRY_MILLISECONDS", 1, 3'600'000,
     [](WebhookSettings& s, std::int64_t value) { s.retry_delay = Milliseconds(value); }},
    {"IMAGEMILL_WEBHOOK_MAX_AGE_SECONDS", 1, 604'800,
     [](WebhookSettings& s, std::int64_t value) { s.age_max = Milliseconds(value * 1'000); }},
    {"IMAGEMILL_WEBHOOK_MAX_EVENTS", 1, 10'000'000,
     [](WebhookSettings& s, std::int64_t value) { s.events_max = value; }},
};

Error invalid(std::string_view name, std::string_view what) {
    return {Code::invalid_argument, std::string(name) + " " + std::string(what)};
}

bool is_visible(char c) {
    return c > ' ' && c < '\x7f';
}

Result<void> parse_url(std::string_view url, WebhookSettings& settings) {
    if (url.size() > kUrlBytesMax) {
        return invalid(kUrl, "has " + std::to_string(url.size()) + " bytes; at most " +
                                 std::to_string(kUrlBytesMax) + " are taken.");
    }
    if (!std::ranges::all_of(url, is_visible) || url.find('#') != url.npos) {
        return invalid(kUrl,
                       "has a space, a \"#\" or a character that is not ASCII; expected an address "
                       "such as https://example.org/hooks?from=imagemill, percent-encoded.");
    }
    const std::size_t scheme_end = url.find("://");
    const std::size_t begin = scheme_end == url.npos ? 0 : scheme_end + 3;
    const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
    if (url.substr(begin, end - begin).find('@') != url.npos) {
        return invalid(kUrl,
                       "names a user before an \"@\"; who receives it knows who sent it by the "
                       "signature alone.");
    }
    auto endpoint = net::parse_endpoint(url.substr(0, end));
    if (!endpoint) return invalid(kUrl, "is no address: " + endpoint.error().message);
    settings.endpoint = *std::move(endpoint);
    settings.target = std::string(url.substr(end));
    if (!settings.target.starts_with('/')) settings.target.insert(0, "/");
    return {};
}

Error bad_secret() {
    return invalid(kSecret,
                   "is not of its form: expected whsec_ and the base64 of 24 to 64 random bytes, "
                   "as `echo whsec_$(openssl rand -base64 32)` prints it; up to four, separated by "
                   "spaces.");
}

Result<void> parse_secrets(std::string_view text, WebhookSettings& settings) {
    while (!(text = trim(text)).empty()) {
        const std::string_view word = text.substr(0, text.find(' '));
        text.remove_prefix(word.size());
        if (!word.starts_with(kSecretPrefix)) return bad_secret();
        auto secret = parse_base64(word.substr(kSecretPrefix.size()));
        if (!secret || secret->size() < kSecretBytesMin || secret->size() > kSecretBytesMax) {
            return bad_secret();
        }
        settings.secrets.push_back(*std::move(secret));
    }
    if (settings.secrets.empty() || settings.secrets.size() > kSecretsMax) return bad_secret();
    return {};
}

}  // namespace

Result<std::optional<WebhookSettings>> parse_webhook_settings(
    const std::map<std::string, std::string>& variables) {
    const auto value_of = [&](const std::string& name) -> std::string_view {
        const auto found = variables.find(name);
        return found == variables.end() ? std::string_view() : found->second;
    };
    const std::string_view url = value_of(kUrl);
    if (url.empty()) {
        const auto set = std::ranges::find_if(variables, [](const auto& variable) {
            return variable.first.starts_with(kWebhookVariables) && !variable.second.empty();
        });
        if (set == variables.end()) return std::optional<WebhookSettings>();
        return invalid(set->first, std::string("is set, but ") + kUrl +
                                       ", which says where messages go, is not.");
    }
    WebhookSettings settings;
    TRY(parse_url(url, settings));
    TRY(parse_secrets(value_of(kSecret), settings));
    for (const Number& number : kNumbers) {
        const std::string_view text = value_of(number.name);
        if (text.empty()) continue;
        const auto value = parse_count(text);
        if (!value || *value < number.min || *value > number.max) {
            return invalid(number.name, "is \"" + printable(text, 64) +
                                            "\"; expected a whole number from " +
                                            std::to_string(number.min) + " to " +
                                            std::to_string(number.max) + ".");
        }
        number.set(settings, *value);
    }
    return std::optional(std::move(settings));
}

}  // namespace imagemill::local
