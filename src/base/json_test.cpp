#include "base/json.h"

#include <gtest/gtest.h>

namespace imagemill {
namespace {

std::string message_of(const auto& result) {
    return result ? "no error" : result.error().message;
}

TEST(Json, SaysWhatIsNoJson) {
    for (const char* text : {"", "{", "nul", "{\"a\":1,}", "1 2"}) {
        const auto value = parse_json(text);
        ASSERT_FALSE(value) << text;
        EXPECT_EQ(value.error().code, Code::invalid_argument);
        EXPECT_EQ(value.error().message.find("This is not JSON"), 0U);
    }
}

TEST(Json, BoundsTheDepth) {
    EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
    EXPECT_FALSE(parse_json(std::string(100'000, '[')));
}

TEST(Json, ErrorsNameThePath) {
    const json::value value = *parse_json(R"({"rules":[{"width":"big"}]})");
    const JsonReader reader(value);

    const auto rules = reader.at("rules")->elements();
    const auto width = (*rules)[0].at("width");

    EXPECT_EQ(message_of(width->integer(1, 9)),
              "rules[0].width: expected a whole number from 1 to 9, found \"big\".");
    EXPECT_EQ(message_of((*rules)[0].at("height")), "rules[0].height: is missing.");
    EXPECT_EQ(message_of((*rules)[0].only({"height", "fit"})),
              "rules[0].width: is not known here; known are: height, fit.");
    EXPECT_EQ(message_of(reader.at("rules")->string()).find("rules: expected a text"), 0U);
}

TEST(Json, NullIsAsGoodAsAbsent) {
    const json::value value = *parse_json(R"({"a":null})");

    EXPECT_FALSE(JsonReader(value).find("a")->has_value());
    EXPECT_FALSE(JsonReader(value).find("b")->has_value());
}

TEST(Json, IntegersKeepTheirBounds) {
    const auto read = [](const char* text) {
        const json::value value = *parse_json(text);
        return JsonReader(value).integer(1, 10).has_value();
    };

    EXPECT_TRUE(read("1"));
    EXPECT_TRUE(read("10"));
    EXPECT_TRUE(read("3.0"));
    for (const char* text : {"0", "11", "1.5", "\"1\"", "true", "null", "1e300"}) {
        EXPECT_FALSE(read(text)) << text;
    }
}

TEST(Json, ALongValueIsCutInTheMessage) {
    const json::value value(std::string(10'000, 'x'));

    EXPECT_LT(JsonReader(value).expected("a colour").message.size(), 200U);
    EXPECT_EQ(JsonReader(value, "a.\n\xFF").expected("x").message.find("a.??: expected x"), 0U);
}

}  // namespace
}  // namespace imagemill
