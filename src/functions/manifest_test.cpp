#include "functions/manifest.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace imagemill::functions {
namespace {

constexpr Time kTime = Time(Milliseconds(1'767'225'600'123));

Manifest ready() {
    Manifest manifest;
    manifest.source = {.bucket = "source",
                       .key = "trips/cät \"1\".jpg",
                       .etag = "0123",
                       .size_bytes = 4'000'000,
                       .content_type = "image/jpeg"};
    manifest.recipe_digest = "abcd";
    manifest.renditions = {{.name = "resized",
                            .bucket = "destination",
                            .key = "trips/resized-cät \"1\".jpg",
                            .etag = "4567",
                            .format = image::Format::webp,
                            .width = 800,
                            .height = 600,
                            .quality = 71,
                            .size_bytes = 70'000}};
    manifest.obsolete = {"trips/old-cät.jpg"};
    manifest.metadata = image::Info{.format = image::Format::avif,
                                    .width = 4000,
                                    .height = 3000,
                                    .orientation = 6,
                                    .has_alpha = true,
                                    .frames = 2};
    manifest.placeholder = image::Placeholder{
        .thumbhash = "3OcRJYB4d3h/", .color = {.red = 1, .green = 2, .blue = 3, .alpha = 4}};
    manifest.lane = "jpeg";
    manifest.stripped = {"location", "camera"};
    manifest.timings_ms = {{"fetch", 1}, {"total", 9}};
    manifest.request_id = "request-1";
    manifest.trace_id = "1-5759e988-bd862e3fe1be46a994272793";
    manifest.time = kTime;
    return manifest;
}

TEST(Manifest, GivesBackWhatWasWritten) {
    const std::string text = format_manifest(ready());
    const auto parsed = parse_manifest(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(format_manifest(*parsed), text);
    EXPECT_EQ(parsed->source.key, "trips/cät \"1\".jpg");
    EXPECT_EQ(parsed->renditions.at(0).format, image::Format::webp);
    EXPECT_EQ(parsed->renditions.at(0).quality, 71);
    EXPECT_EQ(parsed->lane, "jpeg");
    EXPECT_EQ(parsed->stripped, (std::vector<std::string>{"location", "camera"}));
    EXPECT_EQ(parsed->metadata->orientation, 6);
    EXPECT_EQ(parsed->placeholder->color, (image::Color{1, 2, 3, 4}));
    EXPECT_EQ(parsed->time, kTime);
}

TEST(Manifest, GivesBackAFailure) {
    Manifest manifest;
    manifest.status = Status::failed;
    manifest.failure = Failure{.code = Code::too_large,
                               .message = "The picture is too large.",
                               .exceeded = Exceeded{"IMAGEMILL_MAX_PIXELS", 120, 130},
                               .permanent = false};
    const auto parsed = parse_manifest(format_manifest(manifest));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->status, Status::failed);
    EXPECT_EQ(parsed->failure->code, Code::too_large);
    EXPECT_EQ(parsed->failure->message, "The picture is too large.");
    EXPECT_EQ(parsed->failure->exceeded, manifest.failure->exceeded);
    EXPECT_FALSE(parsed->failure->permanent);
    EXPECT_FALSE(parsed->metadata);
    EXPECT_FALSE(parsed->placeholder);
}

TEST(Manifest, EveryCodeSurvives) {
    for (int i = 0; i <= static_cast<int>(Code::internal); ++i) {
        Manifest manifest;
        manifest.status = Status::failed;
        manifest.failure = Failure{.code = static_cast<Code>(i), .message = "A sentence."};
        const auto parsed = parse_manifest(format_manifest(manifest));
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(parsed->failure->code, static_cast<Code>(i));
    }
}

TEST(Manifest, IsUtf8WhateverTheContentTypeWas) {
    Manifest manifest = ready();
    manifest.source.content_type = "image/\xff";
    const auto parsed = parse_manifest(format_manifest(manifest));
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->source.content_type, "image/?");
}

TEST(Manifest, UnknownFieldsAreIgnored) {
    std::string text = format_manifest(ready());
    text.insert(1, "\"later\":{\"a\":[1]},");
    EXPECT_TRUE(parse_manifest(text));
}

TEST(Manifest, WhatIsBrokenIsCorruptAndNamesTheField) {
    const json::value whole = json::parse(format_manifest(ready()));
    const struct {
        std::string field;
        json::value value;
        std::string says;
    } kCases[] = {
        {"version", 2, "version: expected"},
        {"status", "done", "status: expected ready or failed"},
        {"status", "failed", "error: is missing"},
        {"source", "cat.jpg", "expected an object"},
        {"recipe_digest", nullptr, "recipe_digest: is missing"},
        {"renditions", json::object(), "renditions: expected a list"},
        {"renditions", json::array{json::object()}, "renditions[0]."},
        {"obsolete", json::array{1}, "obsolete[0]: expected a text"},
        {"metadata", json::object{{"format", "tga"}}, "metadata.format: expected"},
        {"placeholder", json::object{{"color", "red"}}, "placeholder.color: expected a colour"},
        {"error", json::object{{"code", "strange"}}, "error.code: expected"},
        {"timings_ms", json::object{{"total", -1}}, "timings_ms.total: expected"},
        {"time", "yesterday", ""},
    };
    for (const auto& [field, value, says] : kCases) {
        json::value document = whole;
        document.as_object()[field] = value;
        const auto parsed = parse_manifest(json::serialize(document));
        ASSERT_FALSE(parsed) << field;
        EXPECT_EQ(parsed.error().code, Code::corrupt);
        EXPECT_NE(parsed.error().message.find(says), std::string::npos) << parsed.error().message;
    }
    EXPECT_EQ(parse_manifest("").error().code, Code::corrupt);
    EXPECT_EQ(parse_manifest("[]").error().code, Code::corrupt);
}

}  // namespace
}  // namespace imagemill::functions
