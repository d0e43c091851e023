// test_world: a source and a destination in memory, a clock that stands still, and an engine that
// makes "800×800 jpeg of <source>" out of a source. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/encodings.h"
#include "functions/api.h"
#include "functions/manifest_store.h"
#include "functions/processor.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"

namespace imagemill::functions {

inline constexpr Time kStart = Time(Milliseconds(1'767'225'600'000));  // 2026-01-01

// A real PNG of 1×1; what follows its end makes one picture different from another.
inline std::string tiny_png(std::string_view more = "") {
    const auto bytes = parse_base64(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg==");
    return std::string(as_text(*bytes)) + std::string(more);
}

inline std::string rendition_text(const image::Spec& spec, std::string_view source) {
    return std::to_string(spec.width) + "×" + std::to_string(spec.height) + " jpeg of " +
           std::string(source);
}

// Sources that begin with "corrupt" or "slow" are that; others are pictures.
inline Result<image::Rendered> fake_render(Bytes input, std::span<const image::Spec> specs,
                                           const image::RenderOptions& options) {
    const std::string_view text = as_text(input);
    if (text.starts_with("corrupt")) return Error{Code::corrupt, "The picture ends early."};
    if (text.starts_with("slow")) {
        while (!options.stop()) continue;
        return Error{Code::timeout, "The render was stopped."};
    }
    image::Rendered rendered;
    rendered.source.width = 4000;
    rendered.source.height = 3000;
    for (const image::Spec& spec : specs) {
        image::Output output;
        output.bytes = to_buffer(rendition_text(spec, text));
        output.width = spec.width;
        output.height = spec.height;
        output.quality = spec.quality;
        rendered.outputs.push_back(std::move(output));
    }
    rendered.lane = image::Lane::jpeg;
    rendered.stripped = {"location"};
    rendered.timings.decode_us = 7'900;
    rendered.placeholder.thumbhash = "3OcRJYB4d3h/iIeHeEh3eIhw+j2w";
    return rendered;
}

class World {
  public:
    World() { settings.recipes = recipe("small", 100); }

    FakeClock clock{kStart};
    std::unique_ptr<store::ObjectStore> memory = store::make_memory_store(
        clock, {"image-upload-source-bucket", "image-resized-output-bucket"});
    store::FaultyStore faulty{*memory};
    Settings settings;
    std::vector<std::string> lines;  // Of the log.
    Log log{clock, Level::debug, [this](std::string_view line) { lines.emplace_back(line); }};

    // One rendition for every key.
    static Recipes recipe(std::string name, int width) {
        image::Spec spec;
        spec.width = width;
        Rule rule = {.renditions = {{.name = std::move(name), .spec = spec}}};
        return {.rules = {std::move(rule)}};
    }

    void put(const std::string& key, std::string_view body) {
        clock.advance(Milliseconds(1));
        ASSERT_TRUE(memory->put(source(key), as_bytes(body), {.content_type = "image/png"}));
    }
    void remove(const std::string& key) { ASSERT_TRUE(memory->remove(source(key), {})); }

    store::ObjectId source(const std::string& key) const {
        return {.bucket = settings.source_bucket, .key = key};
    }
    store::ObjectId output(const std::string& key) const {
        return {.bucket = settings.destination_bucket, .key = key};
    }
    // What is there, or "" for nothing.
    std::string text_of(const store::ObjectId& id) const {
        const auto object = memory->get(id, {});
        return object ? std::string(as_text(object->body)) : "";
    }
    std::string etag_of(const store::ObjectId& id) const {
        const auto info = memory->head(id);
        return info ? info->etag : "";
    }
    std::optional<Manifest> manifest(const std::string& key) const {
        const auto standing = read_manifest(*memory, settings.destination_bucket, key);
        return standing ? standing->manifest : std::nullopt;
    }
    std::vector<std::string> outputs() const {
        std::vector<std::string> keys;
        const auto page = memory->list(settings.destination_bucket, {});
        for (const auto& entry : page->entries) keys.push_back(entry.key);
        return keys;
    }

    // As the store would send it now.
    store::ObjectEvent event(const std::string& key) const {
        const auto info = memory->head(source(key));
        store::ObjectEvent event = {.name = "ObjectCreated:Put",
                                    .bucket = settings.source_bucket,
                                    .key = key,
                                    .time = clock.now()};
        if (info) event.etag = info->etag;
        if (!info) event.kind = store::EventKind::removed;
        return event;
    }
    ProcessorContext processor() { return processor(faulty); }
    ProcessorContext processor(store::ObjectStore& store) {
        return {.store = store,
                .settings = settings,
                .clock = clock,
                .log = log,
                .request_id = "request-1",
                .trace_id = "1-5759e988-bd862e3fe1be46a994272793",
                .render = fake_render};
    }
    ApiContext api() { return {.store = faulty, .settings = settings, .clock = clock, .log = log}; }
    // The outcome's name, or the error code's.
    std::string process(const std::string& key) {
        const auto report = functions::process(event(key), processor());
        return std::string(report ? name_of(report->outcome) : name_of(report.error().code));
    }

    // Checks that the outputs of `key` are those of its present source and of `recipes`. Gives
    // their keys, sorted.
    std::vector<std::string> expect_made(const std::string& key, const Recipes& recipes) const {
        const std::string body = text_of(source(key));
        if (!memory->head(source(key))) {
            EXPECT_FALSE(memory->head(output(manifest_key(key)))) << key;
            return {};
        }
        const auto present = manifest(key);
        EXPECT_TRUE(present.has_value()) << key;
        if (!present) return {};
        EXPECT_EQ(present->source.etag, memory->head(source(key))->etag) << key;
        EXPECT_TRUE(present->obsolete.empty()) << key;
        std::vector<std::string> expected = {manifest_key(key)};
        const Rule* rule = find_rule(recipes, key);
        const bool fails = body.starts_with("corrupt") || rule == nullptr;
        EXPECT_EQ(present->status, fails ? Status::failed : Status::ready) << key;
        EXPECT_EQ(present->recipe_digest, rule == nullptr ? "" : make_digest(*rule)) << key;
        const std::size_t count = fails ? 0 : rule->renditions.size();
        EXPECT_EQ(present->renditions.size(), count) << key;
        if (present->renditions.size() != count) return expected;
        for (std::size_t i = 0; i < count; ++i) {
            const auto& [name, spec] = rule->renditions[i];
            expected.push_back(rendition_key(key, name));
            EXPECT_EQ(text_of(output(expected.back())), rendition_text(spec, body));
            EXPECT_EQ(present->renditions[i].etag, etag_of(output(expected.back())));
        }
        std::ranges::sort(expected);
        return expected;
    }
    // `key` is the only one, and there is nothing else.
    void expect_settled(const std::string& key) const {
        const auto expected = expect_made(key, settings.recipes);
        EXPECT_EQ(outputs(), expected);
    }
};

}  // namespace imagemill::functions
