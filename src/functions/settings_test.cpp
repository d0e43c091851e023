#include "functions/settings.h"

#include <gtest/gtest.h>

#include <map>

namespace imagemill::functions {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

Result<Settings> parse(const Values& values) {
    const auto variables = [&](std::string_view name) -> std::optional<std::string> {
        const auto found = values.find(name);
        if (found == values.end()) return std::nullopt;
        return found->second;
    };
    const auto read_file = [](const std::string& path) -> Result<std::string> {
        if (path == "recipes.json") {
            return std::string(R"({"rules":[{"renditions":[{"name":"file"}]}]})");
        }
        return Error{Code::unavailable, "There is no such file."};
    };
    return parse_settings(variables, read_file);
}

TEST(Settings, HaveTheDesignsDefaults) {
    const auto settings = parse({});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->source_bucket, "image-upload-source-bucket");
    EXPECT_EQ(settings->destination_bucket, "image-resized-output-bucket");
    EXPECT_EQ(make_digest(settings->recipes.rules.at(0)),
              make_digest(default_recipes().rules.at(0)));
    EXPECT_EQ(settings->names, Names::random);
    EXPECT_EQ(settings->url_seconds, 3600);
    EXPECT_EQ(settings->upload_token, "");
    EXPECT_TRUE(settings->cors_origins.empty());
    EXPECT_EQ(settings->upload_bytes_max, 4'000'000);
    EXPECT_EQ(settings->limits.bytes_max, 50'000'000);
    EXPECT_EQ(settings->render_seconds_max, 30);
}

TEST(Settings, EveryVariableArrives) {
    const auto settings = parse({{"IMAGEMILL_SOURCE_BUCKET", "my-source"},
                                 {"IMAGEMILL_DESTINATION_BUCKET", "my.destination"},
                                 {"IMAGEMILL_RECIPES", "recipes.json"},
                                 {"IMAGEMILL_NAMES", "keep"},
                                 {"IMAGEMILL_URL_SECONDS", "60"},
                                 {"IMAGEMILL_UPLOAD_TOKEN", "a+b/c=="},
                                 {"IMAGEMILL_CORS_ORIGINS", "https://a.org, http://B.org:8080/,"},
                                 {"IMAGEMILL_MAX_UPLOAD_BYTES", "1"},
                                 {"IMAGEMILL_MAX_BYTES", "2"},
                                 {"IMAGEMILL_MAX_SIDE", "3"},
                                 {"IMAGEMILL_MAX_PIXELS", "4"},
                                 {"IMAGEMILL_MAX_ANIMATION_PIXELS", "5"},
                                 {"IMAGEMILL_MAX_FRAMES", "6"},
                                 {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
                                 {"IMAGEMILL_MAX_SECONDS", "7"}});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->source_bucket, "my-source");
    EXPECT_EQ(settings->destination_bucket, "my.destination");
    EXPECT_EQ(settings->recipes.rules.at(0).renditions.at(0).name, "file");
    EXPECT_EQ(settings->names, Names::keep);
    EXPECT_EQ(settings->url_seconds, 60);
    EXPECT_EQ(settings->upload_token, "a+b/c==");
    EXPECT_EQ(settings->cors_origins,
              (std::vector<std::string>{"https://a.org", "http://b.org:8080"}));
    EXPECT_EQ(settings->upload_bytes_max, 1);
    EXPECT_EQ(settings->limits.bytes_max, 2);
    EXPECT_EQ(settings->limits.side_max, 3);
    EXPECT_EQ(settings->limits.pixels_max, 4);
    EXPECT_EQ(settings->limits.animation_pixels_max, 5);
    EXPECT_EQ(settings->limits.frames_max, 6);
    EXPECT_EQ(settings->limits.function_megabytes, 256);
    EXPECT_EQ(settings->render_seconds_max, 7);
}

TEST(Settings, RecipesMayBeJsonItself) {
    const auto settings =
        parse({{"IMAGEMILL_RECIPES", "\n {\"rules\":[{\"renditions\":[{\"name\":\"inline\"}]}]}"}});
    ASSERT_TRUE(settings) << settings.error().message;
    EXPECT_EQ(settings->recipes.rules.at(0).renditions.at(0).name, "inline");
}

TEST(Settings, ErrorsNameTheVariable) {
    const struct {
        std::string name;
        std::string value;
        std::string message;
    } kCases[] = {
        {"IMAGEMILL_SOURCE_BUCKET", "My_Bucket", "IMAGEMILL_SOURCE_BUCKET: expected a bucket name"},
        {"IMAGEMILL_SOURCE_BUCKET", "ab", "IMAGEMILL_SOURCE_BUCKET: expected a bucket name"},
        {"IMAGEMILL_DESTINATION_BUCKET", "-abc",
         "IMAGEMILL_DESTINATION_BUCKET: expected a bucket name"},
        {"IMAGEMILL_DESTINATION_BUCKET", "image-upload-source-bucket",
         "IMAGEMILL_SOURCE_BUCKET and IMAGEMILL_DESTINATION_BUCKET are both"},
        {"IMAGEMILL_NAMES", "both", "IMAGEMILL_NAMES: expected keep or random, found \"both\"."},
        {"IMAGEMILL_URL_SECONDS", "0",
         "IMAGEMILL_URL_SECONDS: expected a whole number from 1 to 604800, found \"0\"."},
        {"IMAGEMILL_URL_SECONDS", "604801", "IMAGEMILL_URL_SECONDS: expected"},
        {"IMAGEMILL_MAX_PIXELS", "many", "IMAGEMILL_MAX_PIXELS: expected a whole number from 1 to"},
        {"IMAGEMILL_MAX_SECONDS", "901", "IMAGEMILL_MAX_SECONDS: expected"},
        {"IMAGEMILL_MAX_BYTES", "-1", "IMAGEMILL_MAX_BYTES: expected"},
        {"IMAGEMILL_CORS_ORIGINS", "*", "IMAGEMILL_CORS_ORIGINS: expected origins such as"},
        {"IMAGEMILL_CORS_ORIGINS", "https://", "IMAGEMILL_CORS_ORIGINS: expected"},
        {"IMAGEMILL_CORS_ORIGINS", "https://a.org/path", "IMAGEMILL_CORS_ORIGINS: expected"},
        {"IMAGEMILL_RECIPES", "nowhere.json",
         "IMAGEMILL_RECIPES (nowhere.json): There is no such file."},
        {"IMAGEMILL_RECIPES", "{}", "IMAGEMILL_RECIPES: rules: is missing."},
    };
    for (const auto& [name, value, message] : kCases) {
        const auto settings = parse({{name, value}});
        ASSERT_FALSE(settings) << name << "=" << value;
        EXPECT_EQ(settings.error().code, Code::invalid_argument);
        EXPECT_EQ(settings.error().message.substr(0, message.size()), message);
    }
}

TEST(Settings, ATokenIsNeverInAMessage) {
    for (const std::string& token : {std::string("sec ret"), std::string(1025, 'x')}) {
        const auto settings = parse({{"IMAGEMILL_UPLOAD_TOKEN", token}});
        ASSERT_FALSE(settings);
        EXPECT_EQ(settings.error().message.find(token), std::string::npos);
    }
    EXPECT_TRUE(parse({{"IMAGEMILL_UPLOAD_TOKEN", std::string(1024, 'x')}}));
}

TEST(Settings, BoundsOfLimitsHold) {
    EXPECT_TRUE(parse({{"IMAGEMILL_URL_SECONDS", "604800"}}));
    EXPECT_TRUE(parse({{"IMAGEMILL_MAX_SECONDS", "900"}}));
    EXPECT_TRUE(parse({{"IMAGEMILL_MAX_UPLOAD_BYTES", "1000000000"}}));
    EXPECT_FALSE(parse({{"IMAGEMILL_MAX_UPLOAD_BYTES", "1000000001"}}));
    EXPECT_FALSE(parse({{"IMAGEMILL_MAX_FRAMES", "99999999999999999999"}}));
}

TEST(Settings, ALimitIsFoundByItsName) {
    Settings settings;
    settings.limits.pixels_max = 7;
    EXPECT_EQ(find_limit(settings, "IMAGEMILL_MAX_PIXELS"), 7);
    EXPECT_EQ(find_limit(settings, "IMAGEMILL_MAX_SECONDS"), 30);
    EXPECT_EQ(find_limit(settings, "IMAGEMILL_NAMES"), std::nullopt);
}

}  // namespace
}  // namespace imagemill::functions
