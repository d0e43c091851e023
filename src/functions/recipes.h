// recipes: which renditions a key gets.
//
// Shapes:  {"rules":[{"prefix":"avatars/","suffix":".png",
//                     "renditions":[{"name":"small","width":96,"fit":"cover", …}]}]}
//          The first rule whose prefix and suffix match wins; a key that none matches gets nothing.
//          recipes.schema.json beside this file is the JSON Schema; docs/recipes.md explains.
// Errors:  invalid_argument with the field's path and what was expected; unknown fields too.
// Threads: plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "functions/rendition_spec.h"

namespace imagemill::functions {

// The greatest numbers a recipe may hold.
inline constexpr int kRecipesBytesMax = 1'000'000;
inline constexpr int kRulesMax = 256;
inline constexpr int kRenditionsMax = 16;

// Also what `imagemill process --width … --fit …` builds.
struct Rule {
    std::string prefix = {};
    std::string suffix = {};
    std::vector<RenditionSpec> renditions = {};  // At least one; names distinct.
};

struct Recipes {
    std::vector<Rule> rules;
};

// "resized": at most 800×800, never enlarged, format auto, quality 75.
Recipes default_recipes();
Result<Recipes> parse_recipes(std::string_view json_text);
// nullptr: nothing is to be made of this key.
const Rule* find_rule(const Recipes& recipes, std::string_view key);
// Hex of 64 digits: equal where the renditions are, whatever their spelling and the rule's prefix.
std::string make_digest(const Rule& rule);

// "trips/rome/cat.jpg", "resized" → "trips/rome/resized-cat.jpg"
std::string rendition_key(std::string_view source_key, std::string_view rendition);
// "cat.jpg" → "manifests/cat.jpg/manifest.json"
inline constexpr std::string_view kManifestPrefix = "manifests/";
inline constexpr std::string_view kManifestSuffix = "/manifest.json";
std::string manifest_key(std::string_view source_key);
// The inverse; nothing where `key` is no manifest's.
std::optional<std::string> source_key_of(std::string_view key);

}  // namespace imagemill::functions
