#include "functions/settings.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"

namespace imagemill::functions {
namespace {

// One row a limit: its variable, where it lives and what it may be.
struct Limit {
    std::string_view name;
    std::int64_t max;
    std::int64_t (*get)(const Settings& settings);
    void (*set)(Settings& settings, std::int64_t value);
};

constexpr std::array<Limit, 9> kLimits = {{
    {"IMAGEMILL_MAX_UPLOAD_BYTES", 1'000'000'000,
     [](const Settings& s) { return s.upload_bytes_max; },
     [](Settings& s, std::int64_t value) { s.upload_bytes_max = value; }},
    {"IMAGEMILL_MAX_BYTES", 1'000'000'000, [](const Settings& s) { return s.limits.bytes_max; },
     [](Settings& s, std::int64_t value) { s.limits.bytes_max = value; }},
    {"IMAGEMILL_MAX_SIDE", 1'000'000,
     [](const Settings& s) { return std::int64_t{s.limits.side_max}; },
     [](Settings& s, std::int64_t value) { s.limits.side_max = static_cast<int>(value); }},
    {"IMAGEMILL_MAX_PIXELS", 10'000'000'000, [](const Settings& s) { return s.limits.pixels_max; },
     [](Settings& s, std::int64_t value) { s.limits.pixels_max = value; }},
    {"IMAGEMILL_MAX_ANIMATION_PIXELS", 10'000'000'000,
     [](const Settings& s) { return s.limits.animation_pixels_max; },
     [](Settings& s, std::int64_t value) { s.limits.animation_pixels_max = value; }},
    {"IMAGEMILL_MAX_FRAMES", 100'000,
     [](const Settings& s) { return std::int64_t{s.limits.frames_max}; },
     [](Settings& s, std::int64_t value) { s.limits.frames_max = static_cast<int>(value); }},
    {"IMAGEMILL_MAX_MEMORY", 100'000'000'000, [](const Settings& s) { return s.limits.memory_max; },
     [](Settings& s, std::int64_t value) { s.limits.memory_max = value; }},
    {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", 1'000'000,
     [](const Settings& s) { return s.limits.function_megabytes; },
     [](Settings& s, std::int64_t value) { s.limits.function_megabytes = value; }},
    {"IMAGEMILL_MAX_SECONDS", 900,
     [](const Settings& s) { return std::int64_t{s.render_seconds_max}; },
     [](Settings& s, std::int64_t value) { s.render_seconds_max = static_cast<int>(value); }},
}};

constexpr std::int64_t kUrlSecondsMax = 604'800;  // SigV4's own bound: a week.
constexpr std::size_t kTokenBytesMax = 1024;
constexpr std::size_t kShownMax = 60;

Error expected(std::string_view name, std::string_view what, std::string_view found) {
    return {Code::invalid_argument, std::string(name) + ": expected " + std::string(what) +
                                        ", found \"" + std::string(utf8_prefix(found, kShownMax)) +
                                        "\"."};
}

Result<std::int64_t> parse_number(std::string_view name, std::string_view text, std::int64_t max) {
    const auto number = parse_count(text);
    if (!number || *number < 1 || *number > max) {
        return expected(name, "a whole number from 1 to " + std::to_string(max), text);
    }
    return *number;
}

bool is_lower_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Amazon S3 user guide, "General purpose bucket naming rules", as far as they are of form.
Result<std::string> parse_bucket(std::string_view name, const std::string& text) {
    const auto allowed = [](char c) { return is_lower_alphanumeric(c) || c == '.' || c == '-'; };
    const bool valid = text.size() >= 3 && text.size() <= 63 &&
                       std::ranges::all_of(text, allowed) && is_lower_alphanumeric(text.front()) &&
                       is_lower_alphanumeric(text.back());
    if (valid) return text;
    return expected(name,
                    "a bucket name (3 to 63 lower-case letters, digits, dots and hyphens, a letter "
                    "or digit at both ends)",
                    text);
}

Result<Names> parse_names(std::string_view name, const std::string& text) {
    if (text == "keep") return Names::keep;
    if (text == "random") return Names::random;
    return expected(name, "keep or random", text);
}

Result<std::string> parse_token(std::string_view name, const std::string& text) {
    const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
    if (text.size() <= kTokenBytesMax && std::ranges::all_of(text, visible)) return text;
    // The value is a secret and stays out of the message.
    return Error{Code::invalid_argument,
                 std::string(name) + ": expected 1 to 1024 visible ASCII characters, no spaces."};
}

// "https://Example.org:443" → "https://example.org", as a browser's Origin header has it.
Result<std::string> parse_origin(std::string_view name, std::string_view text) {
    std::string origin = to_lower(text);
    if (origin.ends_with('/')) origin.pop_back();
    const bool plain = origin.starts_with("http://");
    const std::size_t scheme = plain ? 7 : 8;
    const auto allowed = [](char c) {
        return is_lower_alphanumeric(c) || std::string_view(".-_:[]").find(c) != std::string::npos;
    };
    if ((!plain && !origin.starts_with("https://")) || origin.size() == scheme ||
        !std::all_of(origin.begin() + static_cast<std::ptrdiff_t>(scheme), origin.end(), allowed)) {
        return expected(name, "origins such as https://example.org, separated by commas", text);
    }
    const std::string_view port = plain ? ":80" : ":443";
    if (origin.ends_with(port)) origin.resize(origin.size() - port.size());
    return origin;
}

Result<std::vector<std::string>> parse_origins(std::string_view name, std::string_view text) {
    std::vector<std::string> origins;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        if (!trim(one).empty()) origins.push_back(TRY(parse_origin(name, trim(one))));
    }
    return origins;
}

Result<Recipes> read_recipes(std::string_view name, const std::string& text,
                             const ReadFile& read_file) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string::npos && text[first] == '{';
    std::string where = std::string(name);
    std::string content = text;
    if (!is_json) {
        where += " (" + text + ")";
        auto file = read_file(text);
        if (!file) return Error{Code::invalid_argument, where + ": " + file.error().message};
        content = *std::move(file);
    }
    auto recipes = parse_recipes(content);
    if (!recipes) return Error{Code::invalid_argument, where + ": " + recipes.error().message};
    return recipes;
}

Result<void> parse_names_and_places(const Variables& variables, Settings& settings) {
    if (const auto text = variables("IMAGEMILL_SOURCE_BUCKET")) {
        settings.source_bucket = TRY(parse_bucket("IMAGEMILL_SOURCE_BUCKET", *text));
    }
    if (const auto text = variables("IMAGEMILL_DESTINATION_BUCKET")) {
        settings.destination_bucket = TRY(parse_bucket("IMAGEMILL_DESTINATION_BUCKET", *text));
    }
    if (settings.source_bucket == settings.destination_bucket) {
        return Error{Code::invalid_argument,
                     "IMAGEMILL_SOURCE_BUCKET and IMAGEMILL_DESTINATION_BUCKET are both \"" +
                         settings.source_bucket +
                         "\"; they must differ, or every picture made would be made again."};
    }
    if (const auto text = variables("IMAGEMILL_NAMES")) {
        settings.names = TRY(parse_names("IMAGEMILL_NAMES", *text));
    }
    if (const auto text = variables("IMAGEMILL_UPLOAD_TOKEN")) {
        settings.upload_token = TRY(parse_token("IMAGEMILL_UPLOAD_TOKEN", *text));
    }
    if (const auto text = variables("IMAGEMILL_CORS_ORIGINS")) {
        settings.cors_origins = TRY(parse_origins("IMAGEMILL_CORS_ORIGINS", *text));
    }
    return {};
}

}  // namespace

Result<Settings> parse_settings(const Variables& variables, const ReadFile& read_file) {
    Settings settings;
    TRY(parse_names_and_places(variables, settings));
    if (const auto text = variables("IMAGEMILL_RECIPES")) {
        settings.recipes = TRY(read_recipes("IMAGEMILL_RECIPES", *text, read_file));
    }
    if (const auto text = variables("IMAGEMILL_URL_SECONDS")) {
        settings.url_seconds =
            static_cast<int>(TRY(parse_number("IMAGEMILL_URL_SECONDS", *text, kUrlSecondsMax)));
    }
    for (const Limit& limit : kLimits) {
        const auto text = variables(limit.name);
        if (text) limit.set(settings, TRY(parse_number(limit.name, *text, limit.max)));
    }
    return settings;
}

std::optional<std::int64_t> find_limit(const Settings& settings, std::string_view name) {
    for (const Limit& limit : kLimits) {
        if (limit.name == name) return limit.get(settings);
    }
    return std::nullopt;
}

}  // namespace imagemill::functions
