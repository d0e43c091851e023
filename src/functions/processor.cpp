#include "functions/processor.h"

#include "base/encodings.h"
#include "functions/manifest_store.h"
#include "functions/round.h"

namespace imagemill::functions {
namespace {

constexpr int kRoundsMax = 5;
constexpr std::size_t kManifestKeyBytesMax = 1024;  // S3's bound of any key.

void log_round(const std::string& key, const Round& round, const Log& log) {
    boost::json::object fields = {{"key", key}, {"outcome", name_of(round.outcome)}};
    for (const auto& [name, ms] : round.timings_ms) fields[name + "_ms"] = ms;
    if (round.failure) {
        fields["code"] = name_of(round.failure->code);
        fields["reason"] = round.failure->message;
    }
    log.info("processed", std::move(fields));
}

Result<void> check_bucket(const store::ObjectEvent& event, const Settings& settings) {
    if (settings.source_bucket == settings.destination_bucket) {
        return Error{Code::invalid_argument,
                     "Source and destination are the same bucket, " + settings.source_bucket + "."};
    }
    if (event.bucket == settings.source_bucket) return {};
    return Error{Code::invalid_argument,
                 "The event is of bucket \"" + event.bucket + "\", not of the source bucket \"" +
                     settings.source_bucket + "\" (IMAGEMILL_SOURCE_BUCKET)."};
}

// Nothing can be written about such a key; nothing where it can.
std::optional<Outcome> outcome_without_manifest(const std::string& key, const Log& log) {
    if (key.empty() || key.ends_with('/')) return Outcome::ignored;
    if (!is_utf8(key)) {
        log.warn("ignored: the key is not UTF-8", {{"key_hex", format_hex(as_bytes(key))}});
        return Outcome::ignored;
    }
    if (manifest_key(key).size() <= kManifestKeyBytesMax) return std::nullopt;
    log.warn("failed, with no room for a manifest",
             {{"key", key}, {"reason", key_too_long(key).message}});
    return Outcome::failed;
}

// Whether nothing is to be said of the failure of `event`: the manifest of the present source
// holds, or another event, with attempts of its own, will bring about one that does.
Result<bool> is_told(const store::ObjectEvent& event, const store::ObjectInfo& source,
                     const std::optional<Manifest>& manifest, const ProcessorContext& context) {
    if (manifest && manifest->source.etag == source.etag) {
        // What died may have begun to write over, or to remove, what the manifest lists.
        if (manifest->status == Status::failed) return true;
        return every_rendition_stands(*manifest, context);
    }
    if (event.kind == store::EventKind::removed) return true;
    return !event.etag.empty() && event.etag != source.etag;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::rendered:
            return "rendered";
        case Outcome::failed:
            return "failed";
        case Outcome::skipped:
            return "skipped";
        case Outcome::removed:
            return "removed";
        case Outcome::ignored:
            return "ignored";
    }
    return "ignored";
}

Failure key_too_long(std::string_view key) {
    return {.code = Code::invalid_argument,
            .message = "The key has " + std::to_string(key.size()) + " bytes; at most " +
                       std::to_string(kSourceKeyBytesMax) + " are accepted."};
}

Result<Report> process(const store::ObjectEvent& event, const ProcessorContext& context) {
    TRY(check_bucket(event, context.settings));
    if (const auto outcome = outcome_without_manifest(event.key, context.log)) {
        return Report{.outcome = *outcome, .key = event.key};
    }
    for (int count = 1; count <= kRoundsMax; ++count) {
        auto round = run_round(event.key, context);
        if (round) {
            log_round(event.key, *round, context.log);
            Report report = {.outcome = round->outcome,
                             .key = event.key,
                             .timings_ms = std::move(round->timings_ms),
                             .lane = std::move(round->lane),
                             .bytes_in = round->bytes_in,
                             .bytes_out = round->bytes_out};
            if (round->outcome == Outcome::failed) report.reason = round->failure->code;
            return report;
        }
        if (!is_lost_race(round.error().code)) return std::move(round).error();
        context.log.info("looking again", {{"key", event.key}, {"why", round.error().message}});
    }
    return Error{Code::conflict, "The source " + event.key + " changed during each of " +
                                     std::to_string(kRoundsMax) + " attempts to process it."};
}

Result<void> record_failure(const store::ObjectEvent& event, std::string_view reason,
                            const ProcessorContext& context) {
    TRY(check_bucket(event, context.settings));
    if (outcome_without_manifest(event.key, context.log)) return {};
    const std::string& bucket = context.settings.destination_bucket;
    for (int count = 1; count <= kRoundsMax; ++count) {
        Standing standing = TRY(read_manifest(context.store, bucket, event.key));
        auto source = context.store.head(source_id(event.key, context));
        if (!source && source.error().code != Code::no_such_key) return std::move(source).error();
        if (!source || TRY(is_told(event, *source, standing.manifest, context))) return {};

        const Job job = {.key = event.key,
                         .source = *std::move(source),
                         .rule = find_rule(context.settings.recipes, event.key),
                         .standing = std::move(standing)};
        Manifest manifest = begin_manifest(job, context);
        fail({.message = std::string(reason), .permanent = false}, manifest);
        const Keys earlier = listed_keys(job.standing.manifest, bucket);
        manifest.obsolete.assign(earlier.begin(), earlier.end());
        const auto etag = write_manifest(context.store, bucket, manifest, job.standing.etag);
        if (etag) {
            context.log.warn("recorded a failure", {{"key", event.key}, {"reason", reason}});
            return {};
        }
        if (!is_lost_race(etag.error().code)) return etag.error();
    }
    return Error{Code::conflict, "The manifest of " + event.key + " changed during each of " +
                                     std::to_string(kRoundsMax) + " attempts to write it."};
}

}  // namespace imagemill::functions
