#include "functions/rendition_spec.h"

#include <gtest/gtest.h>

#include <set>

#include "functions/recipes.h"

namespace imagemill::functions {
namespace {

Result<RenditionSpec> parse(std::string_view text) {
    const json::value document = TRY(parse_json(text));
    return parse_rendition_spec(JsonReader(document));
}

image::Spec spec_of(std::string_view fields) {
    const auto parsed = parse(R"({"name":"a",)" + std::string(fields) + "}");
    if (parsed) return parsed->spec;
    ADD_FAILURE() << parsed.error().message;
    return {};
}

std::string refusal(std::string_view fields) {
    const auto parsed = parse(R"({"name":"a",)" + std::string(fields) + "}");
    return parsed ? "accepted" : parsed.error().message;
}

TEST(RenditionSpec, EveryFieldArrives) {
    const auto parsed = parse(
        R"({"name":"a1","crop":{"x":1,"y":2,"width":3,"height":4},"rotate":90,"flip":"both",
            "width":96,"height":48,"dpr":1.5,"fit":"contain","gravity":"southeast","enlarge":true,
            "background":"#ff880080","blur":0.5,"sharpen":2,"format":"webp","quality":1,
            "effort":9,"max_bytes":20000,"progressive":false,"metadata":"copyright",
            "color":"keep"})");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->name, "a1");
    const image::Spec& spec = parsed->spec;
    EXPECT_EQ(spec.crop, (image::Rect{1, 2, 3, 4}));
    EXPECT_EQ(spec.rotate, 90);
    EXPECT_EQ(spec.flip, image::Flip::both);
    EXPECT_EQ(spec.width, 96);
    EXPECT_EQ(spec.height, 48);
    EXPECT_EQ(spec.dpr, 1.5);
    EXPECT_EQ(spec.fit, image::Fit::contain);
    EXPECT_EQ(spec.gravity, image::Gravity::southeast);
    EXPECT_TRUE(spec.enlarge);
    EXPECT_EQ(spec.background, (image::Color{255, 136, 0, 128}));
    EXPECT_EQ(spec.blur, 0.5);
    EXPECT_EQ(spec.sharpen, 2);
    EXPECT_EQ(spec.choice, image::FormatChoice::named);
    EXPECT_EQ(spec.format, image::Format::webp);
    EXPECT_EQ(spec.quality, 1);
    EXPECT_EQ(spec.effort, 9);
    EXPECT_EQ(spec.bytes_max, 20'000);
    EXPECT_EQ(spec.progressive, false);
    EXPECT_EQ(spec.metadata, image::Metadata::copyright);
    EXPECT_EQ(spec.color, image::ColorSpace::keep);

    const auto again = parse(json::serialize(format_rendition_spec(*parsed)));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(format_rendition_spec(*again), format_rendition_spec(*parsed));
    EXPECT_EQ(format_rendition_spec(*parsed).size(), 20U);
}

TEST(RenditionSpec, WhatIsNotSaidIsAsByDefault) {
    const auto parsed = parse(R"({"name":"a"})");
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(json::serialize(format_rendition_spec(*parsed)), R"({"name":"a"})");
    EXPECT_EQ(spec_of(R"("crop":{"width":3,"height":4})").crop, (image::Rect{0, 0, 3, 4}));
}

TEST(RenditionSpec, EveryFormatHasAName) {
    using enum image::FormatChoice;
    const struct {
        std::string_view name;
        image::FormatChoice choice;
        image::Format format;
    } kCases[] = {
        {"auto", automatic, image::Format::jpeg}, {"same", same, image::Format::jpeg},
        {"jpeg", named, image::Format::jpeg},     {"png", named, image::Format::png},
        {"webp", named, image::Format::webp},     {"avif", named, image::Format::avif},
        {"gif", named, image::Format::gif},
    };
    for (const auto& [name, choice, format] : kCases) {
        const image::Spec spec = spec_of(R"("format":")" + std::string(name) + "\"");
        EXPECT_EQ(spec.choice, choice) << name;
        EXPECT_EQ(spec.format, format) << name;
    }
}

TEST(RenditionSpec, RefusalsNameTheFieldAndWhatWasExpected) {
    const struct {
        std::string_view fields;
        std::string_view says;
    } kCases[] = {
        {R"("crop":1)", "crop: expected an object, found 1."},
        {R"("crop":{"width":3})", "crop.height: is missing."},
        {R"("crop":{"width":0,"height":1})",
         "crop.width: expected a whole number from 1 to 1000000, found 0."},
        {R"("crop":{"x":-1,"width":1,"height":1})",
         "crop.x: expected a whole number from 0 to 1000000, found -1."},
        {R"("crop":{"left":1,"width":1,"height":1})",
         "crop.left: is not known here; known are: x, y, width, height."},
        {R"("rotate":45)", "rotate: expected one of 0, 90, 180, 270, found 45."},
        {R"("rotate":"left")", "rotate: expected one of 0, 90, 180, 270, found \"left\"."},
        {R"("flip":"x")", "flip: expected one of none, horizontal, vertical, both, found \"x\"."},
        {R"("dpr":0)", "dpr: expected a number from 0.1 to 8, found 0."},
        {R"("dpr":9)", "dpr: expected a number from 0.1 to 8, found 9."},
        {R"("dpr":"2x")", "dpr: expected a number from 0.1 to 8, found \"2x\"."},
        {R"("blur":0.2)", "blur: expected a number from 0.3 to 100, found 2E-1."},
        {R"("sharpen":101)", "sharpen: expected a number from 0.3 to 100, found 101."},
        {R"("max_bytes":0)", "max_bytes: expected a whole number from 1 to 1000000000, found 0."},
        {R"("progressive":1)", "progressive: expected true or false, found 1."},
        {R"("progressive":true,"format":"webp")",
         "progressive: expected false or nothing where the format is webp, as only jpeg and png "
         "can be progressive, found true."},
        {R"("metadata":"keep")",
         "metadata: expected one of strip, copyright, all, found \"keep\"."},
        {R"("color":"p3")", "color: expected one of srgb, keep, found \"p3\"."},
    };
    for (const auto& [fields, says] : kCases) EXPECT_EQ(refusal(fields), says);
}

TEST(RenditionSpec, ProgressiveIsForFormatsThatCanBe) {
    for (const std::string_view format : {"auto", "same", "jpeg", "png", "webp", "avif", "gif"}) {
        const std::string named = R"("format":")" + std::string(format) + "\",";
        const bool cannot = format == "webp" || format == "avif" || format == "gif";
        EXPECT_EQ(refusal(named + R"("progressive":true)") != "accepted", cannot) << format;
        EXPECT_EQ(refusal(named + R"("progressive":false)"), "accepted") << format;
    }
}

TEST(RenditionSpec, EveryFieldChangesTheDigest) {
    std::set<std::string> digests;
    const std::string_view kSpecs[] = {
        R"({"name":"a"})",
        R"({"name":"b"})",
        R"({"name":"a","crop":{"width":1,"height":1}})",
        R"({"name":"a","crop":{"x":1,"width":1,"height":1}})",
        R"({"name":"a","rotate":90})",
        R"({"name":"a","flip":"horizontal"})",
        R"({"name":"a","width":1})",
        R"({"name":"a","height":1})",
        R"({"name":"a","dpr":2})",
        R"({"name":"a","fit":"cover"})",
        R"({"name":"a","gravity":"north"})",
        R"({"name":"a","enlarge":true})",
        R"({"name":"a","background":"#000000"})",
        R"({"name":"a","background":"#00000000"})",
        R"({"name":"a","blur":1})",
        R"({"name":"a","sharpen":1})",
        R"({"name":"a","format":"same"})",
        R"({"name":"a","format":"jpeg"})",
        R"({"name":"a","format":"png"})",
        R"({"name":"a","quality":74})",
        R"({"name":"a","effort":0})",
        R"({"name":"a","max_bytes":1000})",
        R"({"name":"a","progressive":true})",
        R"({"name":"a","progressive":false})",
        R"({"name":"a","metadata":"all"})",
        R"({"name":"a","color":"keep"})",
    };
    for (const std::string_view text : kSpecs) {
        const auto parsed = parse(text);
        ASSERT_TRUE(parsed) << parsed.error().message;
        digests.insert(make_digest(Rule{.renditions = {*parsed}}));
    }
    EXPECT_EQ(digests.size(), std::size(kSpecs));
}

TEST(RenditionSpec, ColorsAreReadAndWritten) {
    EXPECT_EQ(*parse_color("#FF8800"), (image::Color{255, 136, 0, 255}));
    EXPECT_EQ(format_color({255, 136, 0, 255}), "#ff8800");
    EXPECT_EQ(format_color({255, 136, 0, 0}), "#ff880000");
    for (const char* text : {"", "#", "ff8800", "#ff880", "#ff88001", "#gg8800", "#ff88000000"}) {
        EXPECT_FALSE(parse_color(text)) << text;
    }
}

}  // namespace
}  // namespace imagemill::functions
