#include "functions/recipes.h"

#include "base/check.h"
#include "base/json.h"
#include "body.h"
#include "promises.h"

namespace imagemill::fuzz {
namespace {

void check_rule(const functions::Rule& rule) {
    CHECK(!rule.renditions.empty());
    CHECK(std::ssize(rule.renditions) <= functions::kRenditionsMax);
    for (const functions::RenditionSpec& rendition : rule.renditions) {
        CHECK(!rendition.name.empty());
        CHECK(std::ssize(rendition.name) <= functions::kRenditionNameBytesMax);
        CHECK(rendition.spec.width >= 0 && rendition.spec.width <= functions::kRenditionSideMax);
        CHECK(rendition.spec.height >= 0 && rendition.spec.height <= functions::kRenditionSideMax);
        CHECK(rendition.spec.quality >= 1 && rendition.spec.quality <= 100);
    }
}

std::string format_recipes(const functions::Recipes& recipes) {
    json::array rules;
    for (const functions::Rule& rule : recipes.rules) {
        json::array renditions;
        for (const functions::RenditionSpec& rendition : rule.renditions) {
            renditions.push_back(functions::format_rendition_spec(rendition));
        }
        rules.push_back(json::object{{"prefix", rule.prefix},
                                     {"suffix", rule.suffix},
                                     {"renditions", std::move(renditions)}});
    }
    return json::serialize(json::object{{"rules", std::move(rules)}});
}

}  // namespace

// What was understood can be written down, and is understood the same when read again.
void fuzz_recipes(Bytes input) {
    const auto recipes = functions::parse_recipes(as_text(input));
    if (!recipes) return check_error(recipes.error());
    CHECK(!recipes->rules.empty() && std::ssize(recipes->rules) <= functions::kRulesMax);
    for (const functions::Rule& rule : recipes->rules) {
        check_rule(rule);
        // A key of its own finds a rule: this one, or one before it.
        CHECK(functions::find_rule(*recipes, rule.prefix + rule.suffix) != nullptr);
    }

    const std::string text = format_recipes(*recipes);
    const auto again = functions::parse_recipes(text);
    CHECK(again.has_value());
    CHECK(again->rules.size() == recipes->rules.size());
    for (std::size_t i = 0; i < recipes->rules.size(); ++i) {
        CHECK(functions::make_digest(again->rules[i]) == functions::make_digest(recipes->rules[i]));
        CHECK(again->rules[i].prefix == recipes->rules[i].prefix);
        CHECK(again->rules[i].suffix == recipes->rules[i].suffix);
    }
    CHECK(format_recipes(*again) == text);
}

}  // namespace imagemill::fuzz
