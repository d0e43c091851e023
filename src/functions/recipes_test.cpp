#include "functions/recipes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "base/json.h"

namespace imagemill::functions {
namespace {

std::string one(std::string_view rendition) {
    return R"({"rules":[{"renditions":[)" + std::string(rendition) + "]}]}";
}

std::string error_of(std::string_view text) {
    const auto recipes = parse_recipes(text);
    if (recipes) return "none";
    EXPECT_EQ(recipes.error().code, Code::invalid_argument);
    return recipes.error().message;
}

TEST(Recipes, TheDefaultIsTheOneOfTheDesign) {
    const Recipes recipes = default_recipes();
    ASSERT_EQ(recipes.rules.size(), 1U);
    const Rule& rule = recipes.rules[0];
    ASSERT_EQ(rule.renditions.size(), 1U);
    EXPECT_EQ(rule.renditions[0].name, "resized");
    const image::Spec& spec = rule.renditions[0].spec;
    EXPECT_EQ(spec.width, 800);
    EXPECT_EQ(spec.height, 800);
    EXPECT_EQ(spec.fit, image::Fit::inside);
    EXPECT_FALSE(spec.enlarge);
    EXPECT_EQ(spec.choice, image::FormatChoice::automatic);
    EXPECT_EQ(spec.quality, 75);

    const auto parsed = parse_recipes(one(
        R"({"name":"resized","width":800,"height":800,"fit":"inside","format":"auto","quality":75})"));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(make_digest(parsed->rules[0]), make_digest(rule));
}

TEST(Recipes, ErrorsNameTheFieldAndWhatWasExpected) {
    const struct {
        std::string text;
        std::string message;
    } kCases[] = {
        {one(R"({"name":"a","width":0})"),
         "rules[0].renditions[0].width: expected a whole number from 1 to 16384, found 0."},
        {one(R"({"name":"a","width":16385})"),
         "rules[0].renditions[0].width: expected a whole number from 1 to 16384, found 16385."},
        {one(R"({"name":"a","height":"big"})"),
         "rules[0].renditions[0].height: expected a whole number from 1 to 16384, found \"big\"."},
        {one(R"({"name":"a","height":1.5})"),
         "rules[0].renditions[0].height: expected a whole number from 1 to 16384, found 1.5E0."},
        {one(R"({"name":"a","quality":101})"),
         "rules[0].renditions[0].quality: expected a whole number from 1 to 100, found 101."},
        {one(R"({"name":"a","effort":10})"),
         "rules[0].renditions[0].effort: expected a whole number from 0 to 9, found 10."},
        {one(R"({"name":"a","enlarge":"yes"})"),
         "rules[0].renditions[0].enlarge: expected true or false, found \"yes\"."},
        {one(R"({"name":"a","fit":"crop"})"),
         "rules[0].renditions[0].fit: expected one of inside, outside, cover, contain, fill, found "
         "\"crop\"."},
        {one(R"({"name":"a","background":"red"})"),
         "rules[0].renditions[0].background: expected a colour such as \"#ff8800\" or "
         "\"#ff880080\", found \"red\"."},
        {one(R"({"name":"a","format":"svg"})"),
         "rules[0].renditions[0].format: expected one of auto, same, jpeg, png, webp, avif, gif, "
         "found \"svg\"."},
        {one(R"({"name":"a-b"})"),
         "rules[0].renditions[0].name: expected 1 to 32 characters, each a lower-case letter or a "
         "digit, found \"a-b\"."},
        {one(R"({"width":1})"), "rules[0].renditions[0].name: is missing."},
        {one(R"({"name":"a"},{"name":"a"})"),
         "rules[0].renditions[1].name: expected a name no other rendition of the rule has, found "
         "\"a\"."},
        {one(""), "rules[0].renditions: expected 1 to 16 elements, found 0."},
        {R"({"rules":[]})", "rules: expected 1 to 256 elements, found 0."},
        {R"({"rules":[{}]})", "rules[0].renditions: is missing."},
        {R"({"rules":[{"prefix":1,"renditions":[{"name":"a"}]}]})",
         "rules[0].prefix: expected a text, found 1."},
        {R"({})", "rules: is missing."},
        {R"([])", "The document: expected an object, found []."},
    };
    for (const auto& [text, message] : kCases) EXPECT_EQ(error_of(text), message);
}

TEST(Recipes, UnknownFieldsAreRefusedWithTheirPath) {
    EXPECT_EQ(error_of(R"({"rules":[{"renditions":[{"name":"a"}]}],"more":1})").substr(0, 26),
              "more: is not known here; k");
    EXPECT_EQ(error_of(one(R"({"name":"a","zoom":1})")).substr(0, 49),
              "rules[0].renditions[0].zoom: is not known here; k");
    EXPECT_EQ(error_of(R"({"rules":[{"glob":"*","renditions":[{"name":"a"}]}]})").substr(0, 36),
              "rules[0].glob: is not known here; kn");
}

TEST(Recipes, CountsAreBounded) {
    const auto renditions = [](int count) {
        std::string list;
        for (int i = 0; i < count; ++i) {
            list += (i == 0 ? "" : ",") + (R"({"name":"r)" + std::to_string(i) + "\"}");
        }
        return one(list);
    };
    EXPECT_EQ(error_of(renditions(16)), "none");
    EXPECT_EQ(error_of(renditions(17)),
              "rules[0].renditions: expected 1 to 16 elements, found 17.");
    const auto rules = [](int count) {
        std::string list;
        for (int i = 0; i < count; ++i) {
            list += (i == 0 ? "" : ",") + std::string(R"({"renditions":[{"name":"a"}]})");
        }
        return R"({"rules":[)" + list + "]}";
    };
    EXPECT_EQ(error_of(rules(256)), "none");
    EXPECT_EQ(error_of(rules(257)), "rules: expected 1 to 256 elements, found 257.");
    EXPECT_EQ(error_of(one(R"({"name":")" + std::string(32, 'a') + "\"}")), "none");
    EXPECT_NE(error_of(one(R"({"name":")" + std::string(33, 'a') + "\"}")), "none");
    const auto prefix = [](std::size_t bytes) {
        return R"({"rules":[{"prefix":")" + std::string(bytes, 'p') +
               R"(","renditions":[{"name":"a"}]}]})";
    };
    EXPECT_EQ(error_of(prefix(900)), "none");
    EXPECT_NE(error_of(prefix(901)), "none");
    EXPECT_EQ(error_of(std::string(1'000'001, ' ')),
              "The recipes have 1000001 bytes; at most 1000000 are allowed.");
}

TEST(Recipes, TheFirstRuleThatMatchesWins) {
    const auto recipes = parse_recipes(R"({"rules":[
        {"prefix":"avatars/","suffix":".png","renditions":[{"name":"first"}]},
        {"prefix":"avatars/","renditions":[{"name":"second"}]},
        {"suffix":".gif","renditions":[{"name":"third"}]}]})");
    ASSERT_TRUE(recipes) << recipes.error().message;
    const auto rule_of = [&](std::string_view key) {
        const Rule* rule = find_rule(*recipes, key);
        return rule == nullptr ? "none" : rule->renditions[0].name;
    };
    EXPECT_EQ(rule_of("avatars/ann.png"), "first");
    EXPECT_EQ(rule_of("avatars/ann.gif"), "second");
    EXPECT_EQ(rule_of("cat.gif"), "third");
    EXPECT_EQ(rule_of("cat.png"), "none");
}

std::string digest_of(std::string_view rendition) {
    const auto recipes = parse_recipes(one(rendition));
    return recipes ? make_digest(recipes->rules[0]) : recipes.error().message;
}

TEST(Recipes, TheDigestIsOfTheMeaningNotOfTheSpelling) {
    EXPECT_EQ(digest_of(R"({"name":"a"})"),
              digest_of(R"({ "fit" : "inside", "quality":75, "enlarge":false, "name":"\u0061" })"));
    EXPECT_EQ(digest_of(R"({"name":"a","background":"#FF8800"})"),
              digest_of(R"({"name":"a","background":"#ff8800ff"})"));
    EXPECT_EQ(digest_of(R"({"name":"a"})").size(), 64U);
}

TEST(Recipes, KeysOfOutputs) {
    EXPECT_EQ(rendition_key("cat.jpg", "resized"), "resized-cat.jpg");
    EXPECT_EQ(rendition_key("trips/rome/cat.jpg", "resized"), "trips/rome/resized-cat.jpg");
    EXPECT_EQ(manifest_key("cat.jpg"), "manifests/cat.jpg/manifest.json");
    EXPECT_EQ(source_key_of("manifests/trips/cat.jpg/manifest.json"), "trips/cat.jpg");
    for (const std::string_view other :
         {"manifests/manifest.json", "manifests//manifest.json", "manifests/cat.jpg",
          "x/manifests/cat.jpg/manifest.json"}) {
        EXPECT_EQ(source_key_of(other), std::nullopt) << other;
    }
}

TEST(Recipes, NoTwoOutputsOfDifferentSourcesShareAKey) {
    const std::string_view kSources[] = {"cat.jpg",
                                         "resized-cat.jpg",
                                         "small-cat.jpg",
                                         "-cat.jpg",
                                         "manifests/cat.jpg",
                                         "manifests/cat.jpg/manifest.json",
                                         "manifests/cat.jpg/x",
                                         "cat.jpg/manifest.json"};
    std::set<std::string> keys;
    std::size_t count = 0;
    for (const std::string_view source : kSources) {
        for (const std::string_view name : {"resized", "small", "manifest"}) {
            keys.insert(rendition_key(source, name));
            ++count;
        }
        keys.insert(manifest_key(source));
        ++count;
    }
    EXPECT_EQ(keys.size(), count);
}

// The schema is for people's editors; it must know what the parser knows.
TEST(Recipes, TheSchemaNamesEveryFieldAndNoOther) {
    std::ifstream file(RECIPES_SCHEMA);
    std::ostringstream text;
    text << file.rdbuf();
    const auto schema = parse_json(text.str());
    ASSERT_TRUE(schema) << schema.error().message;
    const auto& fields = schema->at_pointer("/$defs/rendition/properties").as_object();
    const std::string unknown = error_of(one(R"({"name":"a","?":1})"));
    const std::string known = unknown.substr(unknown.find("known are: ") + 11);
    std::set<std::string> listed;
    for (const auto& field : fields) {
        listed.insert(std::string(field.key()));
        EXPECT_NE(known.find(std::string(field.key())), std::string::npos) << known;
    }
    EXPECT_EQ(std::ranges::count(known, ',') + 1, std::ssize(listed)) << known;

    const json::value& formats = fields.at("format").at("enum");
    const auto& refused =
        schema->at_pointer("/$defs/rendition/if/properties/format/enum").as_array();
    for (const json::value& format : formats.as_array()) {
        const std::string recipe =
            one(R"({"name":"a","progressive":true,"format":)" + json::serialize(format) + "}");
        const bool is_refused = std::ranges::find(refused, format) != refused.end();
        EXPECT_EQ(error_of(recipe) != "none", is_refused) << recipe;
    }
}

}  // namespace
}  // namespace imagemill::functions
