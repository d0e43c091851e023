#include "functions/image_resource.h"

#include <algorithm>

#include "base/encodings.h"
#include "functions/manifest_store.h"
#include "functions/processor.h"
#include "http/content_disposition.h"
#include "http/problem.h"

namespace imagemill::functions {
namespace {

constexpr std::int64_t kWaitSecondsMax = 20;
constexpr Milliseconds kPauseMin{50};
constexpr Milliseconds kPauseMax{500};

std::string_view name_of(ImageStatus status) {
    switch (status) {
        case ImageStatus::processing:
            return "processing";
        case ImageStatus::ready:
            return "ready";
        case ImageStatus::failed:
            return "failed";
    }
    return "failed";
}

// What stands may be of an older source; then it says nothing of this one.
void apply(Manifest manifest, Image& image) {
    if (manifest.source.etag != image.source.etag) return;
    const bool ready = manifest.status == Status::ready;
    image.status = ready ? ImageStatus::ready : ImageStatus::failed;
    image.renditions = std::move(manifest.renditions);
    image.metadata = manifest.metadata;
    image.placeholder = std::move(manifest.placeholder);
    image.failure = std::move(manifest.failure);
    image.lane = std::move(manifest.lane);
    image.stripped = std::move(manifest.stripped);
    image.timings_ms = std::move(manifest.timings_ms);
}

// What browsers save it as: "resized-cat.jpg" that became a PNG is "resized-cat.png".
std::string download_name(const Rendition& rendition) {
    const std::size_t slash = rendition.key.rfind('/');
    const std::size_t base = slash == std::string::npos ? 0 : slash + 1;
    std::string name = rendition.key.substr(base);
    const std::string extension(image::extension_of(rendition.format));
    const std::size_t dot = name.rfind('.');
    const std::string claimed = dot == std::string::npos ? "" : to_lower(name.substr(dot + 1));
    const auto is_known = [](std::string_view text) {
        constexpr std::string_view kOthers[] = {"jpg", "tif", "heif", "bmp", "jfif"};
        return image::format_named(text) || std::ranges::find(kOthers, text) != std::end(kOthers);
    };
    if (claimed == extension || image::format_named(claimed) == rendition.format) return name;
    if (is_known(claimed)) name.resize(dot);
    return name + "." + extension;
}

Result<boost::json::object> format_rendition(const Rendition& rendition,
                                             const ApiContext& context) {
    // Nothing that could run scripts in the store's origin is shown inline.
    const auto disposition = rendition.format == image::Format::svg
                                 ? http::Disposition::attachment
                                 : http::Disposition::inline_view;
    const store::PresignedUrl url =
        TRY(context.store.presign_get({.bucket = rendition.bucket, .key = rendition.key},
                                      {.seconds = context.settings.url_seconds,
                                       .content_disposition = http::format_content_disposition(
                                           disposition, download_name(rendition))}));
    return boost::json::object{{"name", rendition.name},
                               {"bucket", rendition.bucket},
                               {"key", rendition.key},
                               {"url", url.url},
                               {"expires_at", format_rfc3339(url.expires)},
                               {"format", image::name_of(rendition.format)},
                               {"width", rendition.width},
                               {"height", rendition.height},
                               {"quality", format_quality(rendition.quality)},
                               {"size", rendition.size_bytes}};
}

http::Response no_such_image(const std::string& filename) {
    return http::problem(
        Error{Code::no_such_key, "There is no picture named \"" + filename + "\"."});
}

Result<Image> wait_for_image(const std::string& filename, std::int64_t seconds,
                             const ApiContext& context) {
    const SteadyTime end = context.clock.steady() + std::chrono::seconds(seconds);
    Milliseconds pause = kPauseMin;
    while (true) {
        Image image = TRY(find_image(filename, context));
        const Milliseconds left = end - context.clock.steady();
        if (image.status != ImageStatus::processing || left <= Milliseconds(0)) return image;
        context.clock.sleep_for(std::min(pause, left));
        pause = std::min(pause * 3 / 2, kPauseMax);
    }
}

Result<std::int64_t> parse_wait(const http::Parameters& query) {
    const auto text = http::find(query, "wait");
    if (!text) return std::int64_t{0};
    const auto seconds = parse_count(*text);
    if (seconds && *seconds <= kWaitSecondsMax) return *seconds;
    return Error{Code::invalid_argument, "wait: expected a whole number of seconds from 0 to " +
                                             std::to_string(kWaitSecondsMax) + ", found \"" +
                                             std::string(utf8_prefix(*text, 40)) + "\"."};
}

http::Response redirect_to(const Image& image, std::string_view name, const ApiContext& context) {
    std::string names;
    for (const Rendition& rendition : image.renditions) {
        names += (names.empty() ? "" : ", ") + rendition.name;
        if (!name.empty() && rendition.name != name) continue;
        const auto shown = format_rendition(rendition, context);
        if (!shown) return store_problem(shown.error(), context);
        http::Response response;
        response.status = 302;
        response.headers.add("Location", std::string(shown->at("url").as_string()));
        response.headers.add("Cache-Control", "no-store");
        return response;
    }
    return http::problem(Error{Code::no_such_key, "The picture \"" + image.filename +
                                                      "\" has no rendition \"" + std::string(name) +
                                                      "\"; it has: " + names + "."});
}

http::Response show(const Image& image, const ApiContext& context) {
    const auto document = format_image(image, context);
    if (!document) return store_problem(document.error(), context);
    const int status = image.status == ImageStatus::ready    ? 200
                       : image.status == ImageStatus::failed ? 422
                                                             : 202;
    auto response =
        http::Response::text(status, "application/json", boost::json::serialize(*document));
    response.headers.add("Cache-Control", "no-store");
    if (status == 202) response.headers.add("Retry-After", "1");
    return response;
}

}  // namespace

Result<Image> find_image(const std::string& filename, const ApiContext& context) {
    const Settings& settings = context.settings;
    const store::ObjectInfo info =
        TRY(context.store.head({.bucket = settings.source_bucket, .key = filename}));
    Image image = {.filename = filename,
                   .source = {.bucket = settings.source_bucket,
                              .key = filename,
                              .etag = info.etag,
                              .size_bytes = info.size_bytes,
                              .content_type = info.content_type}};
    if (filename.size() > kSourceKeyBytesMax) {
        // There may be no room for a manifest; the key itself says enough.
        image.status = ImageStatus::failed;
        image.failure = key_too_long(filename);
        return image;
    }
    Standing standing = TRY(read_manifest(context.store, settings.destination_bucket, filename));
    if (!standing.unreadable.empty()) return Error{Code::corrupt, standing.unreadable};
    if (standing.manifest) apply(*std::move(standing.manifest), image);
    return image;
}

Result<boost::json::object> format_image(const Image& image, const ApiContext& context) {
    boost::json::array renditions;
    for (const Rendition& rendition : image.renditions) {
        renditions.push_back(TRY(format_rendition(rendition, context)));
    }
    boost::json::object document = {
        {"filename", image.filename},
        {"status", name_of(image.status)},
        {"source", format_source(image.source)},
        {"renditions", std::move(renditions)},
        {"metadata", nullptr},
        {"placeholder", nullptr},
        {"lane", image.lane.empty() ? boost::json::value() : boost::json::value(image.lane)},
        {"stripped", boost::json::array(image.stripped.begin(), image.stripped.end())},
        {"error", nullptr},
        {"timings_ms", boost::json::object(image.timings_ms.begin(), image.timings_ms.end())},
        {"links", boost::json::object{{"self", image_path(image.filename)}}}};
    if (image.metadata) document["metadata"] = format_info(*image.metadata);
    if (image.placeholder) document["placeholder"] = format_placeholder(*image.placeholder);
    if (image.failure) document["error"] = format_failure(*image.failure);
    return document;
}

std::string image_path(std::string_view filename) {
    return "/image/" + percent_encode(filename, Slash::keep);
}

http::Response get_image(const std::string& filename, const http::Parameters& query,
                         const ApiContext& context) {
    const auto seconds = parse_wait(query);
    if (!seconds) return http::problem(seconds.error());
    const auto image = wait_for_image(filename, *seconds, context);
    if (!image && image.error().code == Code::no_such_key) return no_such_image(filename);
    if (!image) return store_problem(image.error(), context);

    const auto redirect = http::find(query, "redirect");
    if (redirect && image->status == ImageStatus::ready) {
        return redirect_to(*image, *redirect, context);
    }
    return show(*image, context);
}

http::Response delete_image(const std::string& filename, const ApiContext& context) {
    const store::ObjectId id = {.bucket = context.settings.source_bucket, .key = filename};
    const auto info = context.store.head(id);
    if (!info && info.error().code == Code::no_such_key) return no_such_image(filename);
    if (!info) return store_problem(info.error(), context);
    const auto removed = context.store.remove(id, {});
    if (!removed) return store_problem(removed.error(), context);
    context.log.info("deleted", {{"key", filename}});
    http::Response response;
    response.status = 204;
    return response;
}

http::Response store_problem(const Error& error, const ApiContext& context) {
    context.log.error("the store failed",
                      {{"code", name_of(error.code)}, {"reason", error.message}});
    const bool may_pass = error.code == Code::unavailable || error.code == Code::timeout ||
                          error.code == Code::busy || error.code == Code::conflict;
    const Code code = error.code == Code::conflict ? Code::unavailable
                      : may_pass                   ? error.code
                                                   : Code::internal;
    return http::problem(Error{code, error.message});
}

}  // namespace imagemill::functions
