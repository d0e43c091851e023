#include "functions/recipes.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::functions {
namespace {

constexpr int kAffixBytesMax = 900;
// Raised when the engine begins to make other pictures of the same recipe, so that what stands is
// made anew at the next look.
constexpr int kDigestVersion = 1;

struct ChoiceName {
    std::string_view name;
    image::FormatChoice choice;
};
constexpr std::array<ChoiceName, 2> kChoices = {
    {{"auto", image::FormatChoice::automatic}, {"same", image::FormatChoice::same}}};
constexpr std::array<image::Format, 5> kWritten = {image::Format::jpeg, image::Format::png,
                                                   image::Format::webp, image::Format::avif,
                                                   image::Format::gif};

std::string format_name(const image::Spec& spec) {
    for (const auto& [name, choice] : kChoices) {
        if (choice == spec.choice) return std::string(name);
    }
    return std::string(image::name_of(spec.format));
}

Result<void> parse_format(const JsonReader& field, image::Spec& spec) {
    const std::string text = TRY(field.string());
    for (const auto& [name, choice] : kChoices) {
        if (name != text) continue;
        spec.choice = choice;
        return {};
    }
    for (const image::Format format : kWritten) {
        if (image::name_of(format) != text) continue;
        spec.choice = image::FormatChoice::named;
        spec.format = format;
        return {};
    }
    return field.expected("one of auto, same, jpeg, png, webp, avif, gif");
}

bool is_rendition_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= kRenditionNameBytesMax &&
           std::ranges::all_of(name, allowed);
}

Result<void> parse_numbers(const JsonReader& reader, image::Spec& spec) {
    if (const auto width = TRY(reader.find("width"))) {
        spec.width = static_cast<int>(TRY(width->integer(1, kRenditionSideMax)));
    }
    if (const auto height = TRY(reader.find("height"))) {
        spec.height = static_cast<int>(TRY(height->integer(1, kRenditionSideMax)));
    }
    if (const auto quality = TRY(reader.find("quality"))) {
        spec.quality = static_cast<int>(TRY(quality->integer(1, 100)));
    }
    if (const auto effort = TRY(reader.find("effort"))) {
        spec.effort = static_cast<int>(TRY(effort->integer(0, 9)));
    }
    if (const auto enlarge = TRY(reader.find("enlarge"))) {
        spec.enlarge = TRY(enlarge->boolean());
    }
    return {};
}

Result<void> parse_words(const JsonReader& reader, image::Spec& spec) {
    if (const auto fit = TRY(reader.find("fit"))) {
        const auto named = image::fit_named(TRY(fit->string()));
        if (!named) return fit->expected("one of inside, outside, cover, contain, fill");
        spec.fit = *named;
    }
    if (const auto gravity = TRY(reader.find("gravity"))) {
        const auto named = image::gravity_named(TRY(gravity->string()));
        if (!named) {
            return gravity->expected(
                "one of center, north, northeast, east, southeast, south, southwest, west, "
                "northwest, attention, entropy");
        }
        spec.gravity = *named;
    }
    if (const auto background = TRY(reader.find("background"))) {
        const auto color = parse_color(TRY(background->string()));
        if (!color) return background->expected("a colour such as \"#ff8800\" or \"#ff880080\"");
        spec.background = *color;
    }
    if (const auto format = TRY(reader.find("format"))) TRY(parse_format(*format, spec));
    return {};
}

Result<RenditionSpec> parse_rendition(const JsonReader& reader) {
    TRY(reader.only({"name", "width", "height", "fit", "gravity", "background", "enlarge", "format",
                     "quality", "effort"}));
    const JsonReader name = TRY(reader.at("name"));
    RenditionSpec rendition = {.name = TRY(name.string()), .spec = {}};
    if (!is_rendition_name(rendition.name)) {
        return name.expected("1 to 32 characters, each a lower-case letter or a digit");
    }
    TRY(parse_numbers(reader, rendition.spec));
    TRY(parse_words(reader, rendition.spec));
    return rendition;
}

Result<std::string> parse_affix(const JsonReader& reader, std::string_view name) {
    const auto field = TRY(reader.find(name));
    if (!field) return std::string();
    std::string text = TRY(field->string());
    if (text.size() > kAffixBytesMax) return field->expected("at most 900 bytes");
    return text;
}

Result<std::vector<JsonReader>> elements(const JsonReader& list, int count_max) {
    auto found = TRY(list.elements());
    if (found.empty() || std::ssize(found) > count_max) {
        return Error{Code::invalid_argument, list.path() + ": expected 1 to " +
                                                 std::to_string(count_max) + " elements, found " +
                                                 std::to_string(found.size()) + "."};
    }
    return found;
}

Result<Rule> parse_rule(const JsonReader& reader) {
    TRY(reader.only({"prefix", "suffix", "renditions"}));
    Rule rule;
    rule.prefix = TRY(parse_affix(reader, "prefix"));
    rule.suffix = TRY(parse_affix(reader, "suffix"));
    const JsonReader list = TRY(reader.at("renditions"));
    for (const JsonReader& element : TRY(elements(list, kRenditionsMax))) {
        RenditionSpec rendition = TRY(parse_rendition(element));
        for (const RenditionSpec& earlier : rule.renditions) {
            if (earlier.name != rendition.name) continue;
            return TRY(element.at("name")).expected("a name no other rendition of the rule has");
        }
        rule.renditions.push_back(std::move(rendition));
    }
    rule.digest = make_digest(rule.renditions);
    return rule;
}

}  // namespace

Recipes default_recipes() {
    image::Spec spec;
    spec.width = 800;
    spec.height = 800;
    Rule rule = {.renditions = {{.name = "resized", .spec = spec}}};
    rule.digest = make_digest(rule.renditions);
    return {.rules = {std::move(rule)}};
}

Result<Recipes> parse_recipes(std::string_view json_text) {
    if (std::ssize(json_text) > kRecipesBytesMax) {
        return Error{Code::invalid_argument, "The recipes have " +
                                                 std::to_string(json_text.size()) +
                                                 " bytes; at most 1000000 are allowed."};
    }
    const json::value document = TRY(parse_json(json_text));
    const JsonReader reader(document);
    TRY(reader.only({"rules"}));
    Recipes recipes;
    const JsonReader rules = TRY(reader.at("rules"));
    for (const JsonReader& rule : TRY(elements(rules, kRulesMax))) {
        recipes.rules.push_back(TRY(parse_rule(rule)));
    }
    return recipes;
}

const Rule* find_rule(const Recipes& recipes, std::string_view key) {
    for (const Rule& rule : recipes.rules) {
        if (key.starts_with(rule.prefix) && key.ends_with(rule.suffix)) return &rule;
    }
    return nullptr;
}

std::string make_digest(const std::vector<RenditionSpec>& renditions) {
    json::array list;
    for (const auto& [name, spec] : renditions) {
        list.push_back(json::array{
            name, spec.width, spec.height, image::name_of(spec.fit), image::name_of(spec.gravity),
            spec.background ? json::value(format_color(*spec.background)) : json::value(),
            spec.enlarge, format_name(spec), spec.quality,
            spec.effort ? json::value(*spec.effort) : json::value()});
    }
    return format_hex(sha256(json::serialize(json::array{kDigestVersion, std::move(list)})));
}

std::string rendition_key(std::string_view source_key, std::string_view rendition) {
    const std::size_t slash = source_key.rfind('/');
    const std::size_t folder = slash == std::string_view::npos ? 0 : slash + 1;
    return std::string(source_key.substr(0, folder)) + std::string(rendition) + "-" +
           std::string(source_key.substr(folder));
}

std::string manifest_key(std::string_view source_key) {
    return "manifests/" + std::string(source_key) + "/manifest.json";
}

Result<image::Color> parse_color(std::string_view text) {
    const Error error = {Code::invalid_argument, "A colour is #rrggbb or #rrggbbaa."};
    if (!text.starts_with('#') || (text.size() != 7 && text.size() != 9)) return error;
    const auto bytes = parse_hex(text.substr(1));
    if (!bytes) return error;
    const auto channel = [&](std::size_t i) { return std::to_integer<std::uint8_t>((*bytes)[i]); };
    return image::Color{.red = channel(0),
                        .green = channel(1),
                        .blue = channel(2),
                        .alpha = bytes->size() == 4 ? channel(3) : std::uint8_t{255}};
}

std::string format_color(const image::Color& color) {
    const std::array<std::byte, 4> channels = {std::byte{color.red}, std::byte{color.green},
                                               std::byte{color.blue}, std::byte{color.alpha}};
    return "#" + format_hex(Bytes(channels).first(color.alpha == 255 ? 3 : 4));
}

}  // namespace imagemill::functions
