#include "functions/recipes.h"

#include "base/digest.h"
#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::functions {
namespace {

constexpr int kAffixBytesMax = 900;
// Raised when the engine begins to make other pictures of the same recipe, so that what stands is
// made anew at the next look.
constexpr int kDigestVersion = 2;

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
        RenditionSpec rendition = TRY(parse_rendition_spec(element));
        for (const RenditionSpec& earlier : rule.renditions) {
            if (earlier.name != rendition.name) continue;
            return TRY(element.at("name")).expected("a name no other rendition of the rule has");
        }
        rule.renditions.push_back(std::move(rendition));
    }
    return rule;
}

}  // namespace

Recipes default_recipes() {
    image::Spec spec;
    spec.width = 800;
    spec.height = 800;
    return {.rules = {Rule{.renditions = {{.name = "resized", .spec = spec}}}}};
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

std::string make_digest(const Rule& rule) {
    json::array list;
    for (const RenditionSpec& rendition : rule.renditions) {
        list.push_back(format_rendition_spec(rendition));
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
    return std::string(kManifestPrefix) + std::string(source_key) + std::string(kManifestSuffix);
}

std::optional<std::string> source_key_of(std::string_view key) {
    const bool is_manifest = key.size() > kManifestPrefix.size() + kManifestSuffix.size() &&
                             key.starts_with(kManifestPrefix) && key.ends_with(kManifestSuffix);
    if (!is_manifest) return std::nullopt;
    key.remove_prefix(kManifestPrefix.size());
    key.remove_suffix(kManifestSuffix.size());
    return std::string(key);
}

}  // namespace imagemill::functions
