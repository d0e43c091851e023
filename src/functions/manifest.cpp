#include "functions/manifest.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "base/json.h"
#include "functions/recipes.h"

namespace imagemill::functions {
namespace {

constexpr int kVersion = 1;
constexpr std::int64_t kSizeMax = INT64_C(1) << 53;  // What every JSON reader can hold.
constexpr std::int64_t kSideMax = 2'000'000'000;

constexpr std::array kCodes = {Code::invalid_argument, Code::corrupt,     Code::too_large,
                               Code::unsupported,      Code::no_such_key, Code::no_such_bucket,
                               Code::no_such_upload,   Code::conflict,    Code::precondition_failed,
                               Code::unauthenticated,  Code::forbidden,   Code::busy,
                               Code::timeout,          Code::unavailable, Code::internal};

// JSON is UTF-8; a Content-Type, say, need not be.
std::string utf8_only(std::string text) {
    if (is_utf8(text)) return text;
    for (char& c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
    return text;
}

json::object format_rendition(const Rendition& rendition) {
    return {{"name", rendition.name},
            {"bucket", rendition.bucket},
            {"key", rendition.key},
            {"etag", rendition.etag},
            {"width", rendition.width},
            {"format", image::name_of(rendition.format)},
            {"height", rendition.height},
            {"size", rendition.size_bytes},
            {"quality", format_quality(rendition.quality)}};
}

Result<std::string> text_at(const JsonReader& reader, std::string_view name) {
    const JsonReader field = TRY(reader.at(name));
    return field.string();
}

Result<std::int64_t> number_at(const JsonReader& reader, std::string_view name, std::int64_t max) {
    const JsonReader field = TRY(reader.at(name));
    return field.integer(0, max);
}

Result<int> side_at(const JsonReader& reader, std::string_view name) {
    return static_cast<int>(TRY(number_at(reader, name, kSideMax)));
}

Result<bool> flag_at(const JsonReader& reader, std::string_view name) {
    const JsonReader field = TRY(reader.at(name));
    return field.boolean();
}

Result<image::Format> format_at(const JsonReader& reader, std::string_view name) {
    const JsonReader field = TRY(reader.at(name));
    const auto format = image::format_named(TRY(field.string()));
    if (!format) return field.expected("the name of a format");
    return *format;
}

Result<Source> parse_source(const JsonReader& reader) {
    return Source{.bucket = TRY(text_at(reader, "bucket")),
                  .key = TRY(text_at(reader, "key")),
                  .etag = TRY(text_at(reader, "etag")),
                  .size_bytes = TRY(number_at(reader, "size", kSizeMax)),
                  .content_type = TRY(text_at(reader, "content_type"))};
}

Result<int> quality_at(const JsonReader& reader) {
    const auto quality = TRY(reader.find("quality"));
    return quality ? static_cast<int>(TRY(quality->integer(1, 100))) : 0;
}

Result<Rendition> parse_rendition(const JsonReader& reader) {
    return Rendition{.name = TRY(text_at(reader, "name")),
                     .bucket = TRY(text_at(reader, "bucket")),
                     .key = TRY(text_at(reader, "key")),
                     .etag = TRY(text_at(reader, "etag")),
                     .format = TRY(format_at(reader, "format")),
                     .width = TRY(side_at(reader, "width")),
                     .height = TRY(side_at(reader, "height")),
                     .quality = TRY(quality_at(reader)),
                     .size_bytes = TRY(number_at(reader, "size", kSizeMax))};
}

Result<image::Info> parse_info(const JsonReader& reader) {
    return image::Info{.format = TRY(format_at(reader, "format")),
                       .width = TRY(side_at(reader, "width")),
                       .height = TRY(side_at(reader, "height")),
                       .orientation = TRY(side_at(reader, "orientation")),
                       .has_alpha = TRY(flag_at(reader, "has_alpha")),
                       .frames = TRY(side_at(reader, "frames"))};
}

Result<image::Placeholder> parse_placeholder(const JsonReader& reader) {
    const JsonReader field = TRY(reader.at("color"));
    const auto color = parse_color(TRY(field.string()));
    if (!color) return field.expected("a colour");
    return image::Placeholder{.thumbhash = TRY(text_at(reader, "thumbhash")), .color = *color};
}

Result<Failure> parse_failure(const JsonReader& reader) {
    Failure failure;
    const JsonReader field = TRY(reader.at("code"));
    const std::string name = TRY(field.string());
    const auto* const code =
        std::ranges::find_if(kCodes, [&](Code known) { return name_of(known) == name; });
    if (code == kCodes.end()) return field.expected("the name of an error");
    failure.code = *code;
    failure.message = TRY(text_at(reader, "message"));
    failure.permanent = TRY(flag_at(reader, "permanent"));
    if (const auto setting = TRY(reader.find("setting"))) {
        failure.exceeded = Exceeded{.setting = TRY(setting->string()),
                                    .limit = TRY(number_at(reader, "limit", kSizeMax)),
                                    .measured = TRY(number_at(reader, "measured", kSizeMax))};
    }
    return failure;
}

Result<void> parse_lists(const JsonReader& reader, Manifest& manifest) {
    const JsonReader renditions = TRY(reader.at("renditions"));
    for (const JsonReader& element : TRY(renditions.elements())) {
        manifest.renditions.push_back(TRY(parse_rendition(element)));
    }
    const JsonReader obsolete = TRY(reader.at("obsolete"));
    for (const JsonReader& element : TRY(obsolete.elements())) {
        manifest.obsolete.push_back(TRY(element.string()));
    }
    if (const auto stripped = TRY(reader.find("stripped"))) {
        for (const JsonReader& element : TRY(stripped->elements())) {
            manifest.stripped.push_back(TRY(element.string()));
        }
    }
    const JsonReader timings = TRY(reader.at("timings_ms"));
    const json::object* object = timings.value().if_object();
    if (object == nullptr) return timings.expected("an object");
    for (const auto& member : *object) {
        const std::string name(member.key());
        manifest.timings_ms[name] = TRY(number_at(timings, name, kSizeMax));
    }
    return {};
}

Result<void> parse_parts(const JsonReader& reader, Manifest& manifest) {
    if (const auto lane = TRY(reader.find("lane"))) manifest.lane = TRY(lane->string());
    if (const auto metadata = TRY(reader.find("metadata"))) {
        manifest.metadata = TRY(parse_info(*metadata));
    }
    if (const auto placeholder = TRY(reader.find("placeholder"))) {
        manifest.placeholder = TRY(parse_placeholder(*placeholder));
    }
    if (const auto error = TRY(reader.find("error"))) {
        manifest.failure = TRY(parse_failure(*error));
    }
    return {};
}

Result<Manifest> parse(std::string_view text) {
    const json::value document = TRY(parse_json(text));
    const JsonReader reader(document);
    const JsonReader version = TRY(reader.at("version"));
    TRY(version.integer(kVersion, kVersion));

    Manifest manifest;
    const JsonReader status = TRY(reader.at("status"));
    const std::string status_name = TRY(status.string());
    if (status_name != "ready" && status_name != "failed") {
        return status.expected("ready or failed");
    }
    manifest.status = status_name == "ready" ? Status::ready : Status::failed;
    const JsonReader source = TRY(reader.at("source"));
    manifest.source = TRY(parse_source(source));
    manifest.recipe_digest = TRY(text_at(reader, "recipe_digest"));
    TRY(parse_lists(reader, manifest));
    TRY(parse_parts(reader, manifest));
    if (manifest.status == Status::failed && !manifest.failure) {
        return Error{Code::invalid_argument, "error: is missing, though the status is failed."};
    }
    manifest.request_id = TRY(text_at(reader, "request_id"));
    if (const auto trace_id = TRY(reader.find("trace_id"))) {
        manifest.trace_id = TRY(trace_id->string());
    }
    const std::string time = TRY(text_at(reader, "time"));
    manifest.time = TRY(parse_rfc3339(time));
    return manifest;
}

}  // namespace

std::string format_manifest(const Manifest& manifest) {
    json::array renditions;
    for (const Rendition& rendition : manifest.renditions) {
        renditions.push_back(format_rendition(rendition));
    }
    json::object document = {
        {"version", kVersion},
        {"status", manifest.status == Status::ready ? "ready" : "failed"},
        {"source", format_source(manifest.source)},
        {"recipe_digest", manifest.recipe_digest},
        {"renditions", std::move(renditions)},
        {"obsolete", json::array(manifest.obsolete.begin(), manifest.obsolete.end())},
        {"metadata", nullptr},
        {"placeholder", nullptr},
        {"lane", manifest.lane},
        {"stripped", json::array(manifest.stripped.begin(), manifest.stripped.end())},
        {"error", nullptr},
        {"timings_ms", json::object(manifest.timings_ms.begin(), manifest.timings_ms.end())},
        {"request_id", manifest.request_id},
        {"trace_id", manifest.trace_id},
        {"time", format_rfc3339(manifest.time)}};
    if (manifest.metadata) document["metadata"] = format_info(*manifest.metadata);
    if (manifest.placeholder) {
        document["placeholder"] = format_placeholder(*manifest.placeholder);
    }
    if (manifest.failure) document["error"] = format_failure(*manifest.failure);
    return json::serialize(document) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
    auto manifest = parse(text);
    if (manifest) return manifest;
    return Error{Code::corrupt, "The manifest cannot be read: " + manifest.error().message};
}

json::object format_source(const Source& source) {
    return {{"bucket", source.bucket},
            {"key", source.key},
            {"size", source.size_bytes},
            {"etag", source.etag},
            {"content_type", utf8_only(source.content_type)}};
}

json::object format_info(const image::Info& info) {
    return {{"format", image::name_of(info.format)},
            {"width", info.width},
            {"height", info.height},
            {"orientation", info.orientation},
            {"has_alpha", info.has_alpha},
            {"frames", info.frames}};
}

json::object format_placeholder(const image::Placeholder& placeholder) {
    return {{"thumbhash", placeholder.thumbhash}, {"color", format_color(placeholder.color)}};
}

json::value format_quality(int quality) {
    return quality == 0 ? json::value() : json::value(quality);
}

json::object format_failure(const Failure& failure) {
    json::object document = {{"code", name_of(failure.code)},
                             {"message", utf8_only(failure.message)},
                             {"permanent", failure.permanent}};
    if (failure.exceeded) {
        document["setting"] = failure.exceeded->setting;
        document["limit"] = failure.exceeded->limit;
        document["measured"] = failure.exceeded->measured;
    }
    return document;
}

}  // namespace imagemill::functions
