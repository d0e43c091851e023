#include "functions/round.h"

#include <algorithm>
#include <variant>

namespace imagemill::functions {
namespace {

// A picture made anew under its old name is seen this late at most by who holds an old URL.
constexpr std::string_view kRenditionCacheControl = "private, max-age=300";
constexpr Milliseconds kDeadlineReserve{1000};  // To put what was made, and to say so.

Error start_over(std::string_view why) {
    return {Code::conflict, std::string(why)};
}

// These are the picture's own fault; everything else may pass.
bool is_blamed_on_picture(Code code) {
    return code == Code::corrupt || code == Code::unsupported || code == Code::too_large ||
           code == Code::invalid_argument;
}

store::ObjectId output_id(const std::string& key, const ProcessorContext& context) {
    return {.bucket = context.settings.destination_bucket, .key = key};
}

Keys rule_keys(const std::string& key, const Rule* rule) {
    Keys keys;
    if (rule == nullptr || key.size() > kSourceKeyBytesMax) return keys;
    for (const RenditionSpec& rendition : rule->renditions) {
        keys.insert(rendition_key(key, rendition.name));
    }
    return keys;
}

std::int64_t ms_since(SteadyTime start, const Clock& clock) {
    return (clock.steady() - start).count();
}

// The ETag of what is there; nothing where nothing is.
Result<std::optional<std::string>> find_etag(const store::ObjectId& id,
                                             const ProcessorContext& context) {
    auto info = context.store.head(id);
    if (info) return std::optional(info->etag);
    if (info.error().code == Code::no_such_key) return std::optional<std::string>();
    return std::move(info).error();
}

Result<Keys> present(const Keys& keys, const ProcessorContext& context) {
    Keys found;
    for (const std::string& key : keys) {
        if (TRY(find_etag(output_id(key, context), context))) found.insert(key);
    }
    return found;
}

// A limit that was raised since is worth another try.
bool would_fail_again(const Failure& failure, const Settings& settings) {
    if (!failure.permanent) return false;
    if (!failure.exceeded) return true;
    const auto limit = find_limit(settings, failure.exceeded->setting);
    return !limit || *limit <= failure.exceeded->limit;
}

Result<bool> is_done(const Job& job, const ProcessorContext& context) {
    const auto& manifest = job.standing.manifest;
    if (!manifest || manifest->source.etag != job.source.etag ||
        manifest->recipe_digest != job.digest || !manifest->obsolete.empty()) {
        return false;
    }
    if (manifest->status == Status::ready) return every_rendition_stands(*manifest, context);
    if (!would_fail_again(*manifest->failure, context.settings)) return false;
    // A crash may have left a rendition of an older version.
    const Keys leftovers = TRY(present(rule_keys(job.key, job.rule), context));
    return leftovers.empty();
}

// What can be said before a byte is read.
std::optional<Failure> refuse(const Job& job, const Settings& settings) {
    if (job.key.size() > kSourceKeyBytesMax) return key_too_long(job.key);
    if (job.rule == nullptr) {
        return Failure{.code = Code::unsupported, .message = "No recipe applies to this key."};
    }
    const std::int64_t size = job.source.size_bytes;
    if (size <= settings.limits.bytes_max) return std::nullopt;
    return Failure{.code = Code::too_large,
                   .message = "The file has " + std::to_string(size) + " bytes; at most " +
                              std::to_string(settings.limits.bytes_max) +
                              " are accepted (IMAGEMILL_MAX_BYTES).",
                   .exceeded = Exceeded{"IMAGEMILL_MAX_BYTES", settings.limits.bytes_max, size}};
}

Failure too_slow(std::int64_t elapsed_ms, int seconds_max) {
    return {.code = Code::timeout,
            .message = "The picture took longer than " + std::to_string(seconds_max) +
                       " seconds to process (IMAGEMILL_MAX_SECONDS).",
            .exceeded = Exceeded{"IMAGEMILL_MAX_SECONDS", seconds_max, (elapsed_ms + 999) / 1000}};
}

// The pictures, or what the sender's picture is to blame for.
using RenderResult = std::variant<image::Rendered, Failure>;

Result<RenderResult> render(const Job& job, Bytes body, const ProcessorContext& context) {
    std::vector<image::Spec> specs;
    for (const RenditionSpec& rendition : job.rule->renditions) specs.push_back(rendition.spec);

    const SteadyTime started = context.clock.steady();
    const std::int64_t ms_max = INT64_C(1000) * context.settings.render_seconds_max;
    const auto stop = [&] {
        return ms_since(started, context.clock) >= ms_max ||
               context.clock.now() >= context.deadline - kDeadlineReserve;
    };
    auto rendered = context.render(body, specs, {.limits = context.settings.limits, .stop = stop});
    if (rendered) {
        CHECK(rendered->outputs.size() == specs.size());
        return RenderResult(*std::move(rendered));
    }
    Error error = std::move(rendered).error();
    const std::int64_t elapsed_ms = ms_since(started, context.clock);
    if (error.code == Code::timeout && elapsed_ms >= ms_max) {
        return RenderResult(too_slow(elapsed_ms, context.settings.render_seconds_max));
    }
    if (!is_blamed_on_picture(error.code)) return error;
    return RenderResult(Failure{.code = error.code,
                                .message = std::move(error.message),
                                .exceeded = std::move(error.exceeded)});
}

Result<void> put_renditions(const Job& job, const image::Rendered& rendered,
                            const ProcessorContext& context, Manifest& manifest) {
    for (std::size_t i = 0; i < rendered.outputs.size(); ++i) {
        const image::Output& output = rendered.outputs[i];
        const std::string& name = job.rule->renditions[i].name;
        const store::ObjectId id = output_id(rendition_key(job.key, name), context);
        const std::string etag =
            TRY(context.store.put(id, output.bytes,
                                  {.content_type = std::string(image::media_type_of(output.format)),
                                   .cache_control = std::string(kRenditionCacheControl)}));
        manifest.renditions.push_back({.name = name,
                                       .bucket = id.bucket,
                                       .key = id.key,
                                       .etag = etag,
                                       .format = output.format,
                                       .width = output.width,
                                       .height = output.height,
                                       .quality = output.quality,
                                       .size_bytes = std::ssize(output.bytes)});
    }
    return {};
}

// The source's bytes; none where what is there is larger than the limit.
Result<std::optional<store::Object>> get_source(const std::string& key, const std::string& if_match,
                                                const ProcessorContext& context) {
    auto object =
        context.store.get(source_id(key, context),
                          {.if_match = if_match, .size_max = context.settings.limits.bytes_max});
    if (object) return std::optional(*std::move(object));
    if (object.error().code == Code::too_large) return std::optional<store::Object>();
    return std::move(object).error();
}

// What the source is now. Where nothing was ever made of it, it will be read, so that one request
// does for two: on S3 each costs tens of milliseconds of an instance.
Result<void> look_at_source(Job& job, const ProcessorContext& context) {
    const bool will_be_read =
        job.standing.etag.empty() && job.rule != nullptr && job.key.size() <= kSourceKeyBytesMax;
    if (will_be_read) {
        const SteadyTime started = context.clock.steady();
        if (auto object = TRY(get_source(job.key, "", context))) {
            job.source = std::move(object->info);
            job.body = std::move(object->body);
            job.fetch_ms = ms_since(started, context.clock);
            return {};
        }
    }
    job.source = TRY(context.store.head(source_id(job.key, context)));
    return {};
}

Result<void> read_body(Job& job, const ProcessorContext& context) {
    if (job.body) return {};
    const SteadyTime started = context.clock.steady();
    auto object = TRY(get_source(job.key, job.source.etag, context));
    if (!object) return start_over("The source grew beyond the limit meanwhile.");
    job.body = std::move(object->body);
    job.fetch_ms = ms_since(started, context.clock);
    return {};
}

// Reads, renders and puts; what it returns is true once it is written.
Result<Manifest> make_outputs(Job& job, const ProcessorContext& context) {
    Manifest manifest = begin_manifest(job, context);
    if (auto failure = refuse(job, context.settings)) {
        fail(*std::move(failure), manifest);
        return manifest;
    }
    TRY(read_body(job, context));
    manifest.timings_ms["fetch"] = job.fetch_ms;

    SteadyTime started = context.clock.steady();
    auto result = TRY(render(job, *job.body, context));
    manifest.timings_ms["render"] = ms_since(started, context.clock);
    if (auto* failure = std::get_if<Failure>(&result)) {
        fail(std::move(*failure), manifest);
        if (auto info = image::probe(*job.body, context.settings.limits)) {
            manifest.metadata = *info;
        }
        return manifest;
    }
    const auto& rendered = std::get<image::Rendered>(result);
    manifest.metadata = rendered.source;
    manifest.placeholder = rendered.placeholder;
    manifest.lane = image::name_of(rendered.lane);
    manifest.stripped = rendered.stripped;
    manifest.timings_ms["decode"] = rendered.timings.decode_us / 1000;
    manifest.timings_ms["resize"] = rendered.timings.resize_us / 1000;
    manifest.timings_ms["encode"] = rendered.timings.encode_us / 1000;
    started = context.clock.steady();
    TRY(put_renditions(job, rendered, context, manifest));
    manifest.timings_ms["store"] = ms_since(started, context.clock);
    return manifest;
}

// What was made earlier and is not part of `manifest`. A failed one may follow a crash that left
// renditions nobody listed, so it looks for them.
Result<std::vector<std::string>> find_obsolete(const Job& job, const Manifest& manifest,
                                               const ProcessorContext& context) {
    Keys keys = listed_keys(job.standing.manifest, context.settings.destination_bucket);
    if (manifest.status == Status::failed) {
        keys.merge(TRY(present(rule_keys(job.key, job.rule), context)));
    }
    for (const Rendition& rendition : manifest.renditions) keys.erase(rendition.key);
    return std::vector<std::string>(keys.begin(), keys.end());
}

// Makes `manifest` stand. What is obsolete is listed in it before it is removed and struck out
// after: whoever wrote renditions on top of the manifest in between loses one of the two
// conditional puts, looks again and finds what is missing.
Result<void> settle(const Job& job, Manifest manifest, const ProcessorContext& context) {
    const std::string& bucket = context.settings.destination_bucket;
    manifest.obsolete = TRY(find_obsolete(job, manifest, context));
    manifest.timings_ms["total"] = ms_since(job.started, context.clock);
    const std::string etag =
        TRY(write_manifest(context.store, bucket, manifest, job.standing.etag));
    if (!manifest.obsolete.empty()) {
        for (const std::string& key : manifest.obsolete) {
            TRY(context.store.remove(output_id(key, context), {}));
        }
        manifest.obsolete.clear();
        TRY(write_manifest(context.store, bucket, manifest, etag));
    }
    const store::ObjectInfo source = TRY(context.store.head(source_id(job.key, context)));
    if (source.etag != job.source.etag) return start_over("The source was replaced meanwhile.");
    return {};
}

// The source is gone: so goes what the manifest lists, and what a crash may have left unlisted.
Result<Outcome> remove_outputs(const std::string& key, const Standing& standing,
                               const ProcessorContext& context) {
    Keys keys = rule_keys(key, find_rule(context.settings.recipes, key));
    keys.merge(listed_keys(standing.manifest, context.settings.destination_bucket));
    for (const std::string& output : keys) {
        TRY(context.store.remove(output_id(output, context), {}));
    }
    if (!standing.etag.empty()) {
        TRY(context.store.remove(output_id(manifest_key(key), context),
                                 {.if_match = standing.etag}));
    }
    if (TRY(find_etag(source_id(key, context), context))) {
        return start_over("The source came back meanwhile.");
    }
    return Outcome::removed;
}

Round report_round(Outcome outcome, Manifest manifest) {
    Round round = {.outcome = outcome,
                   .timings_ms = std::move(manifest.timings_ms),
                   .failure = std::move(manifest.failure),
                   .lane = std::move(manifest.lane)};
    const bool was_read = round.timings_ms.contains("fetch");
    if (was_read) round.bytes_in = manifest.source.size_bytes;
    for (const Rendition& rendition : manifest.renditions) round.bytes_out += rendition.size_bytes;
    return round;
}

}  // namespace

// One look, and what it asks for. An error of a lost race means: look again.
Result<Round> run_round(const std::string& key, const ProcessorContext& context) {
    const SteadyTime started = context.clock.steady();
    Standing standing = TRY(read_manifest(context.store, context.settings.destination_bucket, key));
    if (!standing.unreadable.empty()) {
        context.log.warn("writing over", {{"key", key}, {"why", standing.unreadable}});
    }
    const Rule* rule = find_rule(context.settings.recipes, key);
    Job job = {.key = key,
               .rule = rule,
               .digest = rule == nullptr ? "" : make_digest(*rule),
               .standing = std::move(standing),
               .started = started};
    if (const auto there = look_at_source(job, context); !there) {
        if (there.error().code != Code::no_such_key) return there.error();
        return Round{.outcome = TRY(remove_outputs(key, job.standing, context))};
    }
    if (TRY(is_done(job, context))) return Round{.outcome = Outcome::skipped};

    Manifest manifest = TRY(make_outputs(job, context));
    TRY(settle(job, manifest, context));
    manifest.timings_ms["total"] = ms_since(started, context.clock);
    const Outcome outcome = manifest.status == Status::ready ? Outcome::rendered
                            : job.rule == nullptr            ? Outcome::ignored
                                                             : Outcome::failed;
    return report_round(outcome, std::move(manifest));
}

// Gone, in conflict or changed: the world is no longer what this round saw.
bool is_lost_race(Code code) {
    return code == Code::no_such_key || code == Code::conflict || code == Code::precondition_failed;
}

Result<bool> every_rendition_stands(const Manifest& manifest, const ProcessorContext& context) {
    for (const Rendition& rendition : manifest.renditions) {
        if (rendition.bucket != context.settings.destination_bucket) return false;
        const auto etag = TRY(find_etag(output_id(rendition.key, context), context));
        if (etag != rendition.etag) return false;
    }
    return true;
}

store::ObjectId source_id(const std::string& key, const ProcessorContext& context) {
    return {.bucket = context.settings.source_bucket, .key = key};
}

Keys listed_keys(const std::optional<Manifest>& manifest, const std::string& bucket) {
    Keys keys;
    if (!manifest) return keys;
    for (const Rendition& rendition : manifest->renditions) {
        if (rendition.bucket == bucket) keys.insert(rendition.key);
    }
    keys.insert(manifest->obsolete.begin(), manifest->obsolete.end());
    return keys;
}

Manifest begin_manifest(const Job& job, const ProcessorContext& context) {
    return {.source = {.bucket = context.settings.source_bucket,
                       .key = job.key,
                       .etag = job.source.etag,
                       .size_bytes = job.source.size_bytes,
                       .content_type = job.source.content_type},
            .recipe_digest = job.digest,
            .request_id = context.request_id,
            .trace_id = context.trace_id,
            .time = context.clock.now()};
}

void fail(Failure failure, Manifest& manifest) {
    manifest.status = Status::failed;
    manifest.failure = std::move(failure);
}

}  // namespace imagemill::functions
