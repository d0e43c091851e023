// processor: the function behind the source bucket's events. An event says look; the source's
// present state is the truth, so duplicates, crashes between any two steps, reorderings and
// overlapping versions all end in the renditions of the newest source (docs/guarantees.md).
//
// Errors:  invalid_argument  the event is of another bucket, or source and destination are one.
//          conflict          the source changed under it `rounds_max` times: worth a retry.
//          timeout, unavailable, busy: worth a retry; nothing half-written is claimed.
//          What the picture is to blame for (corrupt, unsupported, too_large, invalid_argument,
//          IMAGEMILL_MAX_SECONDS of the render) is no error here: it is a failed manifest that
//          says why.
// Threads: any; one call handles one event.
// Cost:    one get of the manifest, one head of the source and of each rendition; where there is
//          work: one get of the source, a render, a put per rendition, a put of the manifest and
//          one head. Renditions that became obsolete cost a remove each and a second put.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "functions/manifest.h"
#include "functions/settings.h"
#include "store/event.h"
#include "store/object_store.h"

namespace imagemill::functions {

// A source key may have this many bytes, so that what is made from it has a key too (S3: 1024).
inline constexpr std::size_t kSourceKeyBytesMax = 900;
// What a source key over it fails with, in the manifest where one has room and in GET /image.
Failure key_too_long(std::string_view key);

enum class Outcome {
    rendered,
    failed,   // The manifest says why.
    skipped,  // All is there already.
    removed,  // The source is gone, and what was made of it too.
    ignored,  // Nothing is to be made of this key: a folder, or no recipe applies.
};
std::string_view name_of(Outcome outcome);

struct Report {
    Outcome outcome = Outcome::ignored;
    std::string key = {};
    std::map<std::string, std::int64_t> timings_ms = {};
    std::string lane = {};            // That rendered; empty where nothing was.
    std::int64_t bytes_in = 0;        // Of the source, where it was read.
    std::int64_t bytes_out = 0;       // Of all renditions.
    std::optional<Code> reason = {};  // Of a failure.
};

// image::render, or a test's stand-in.
using Renderer = std::function<Result<image::Rendered>(
    Bytes input, std::span<const image::Spec> specs, const image::RenderOptions& options)>;

// What it refers to outlives the call.
struct ProcessorContext {
    store::ObjectStore& store;
    const Settings& settings;
    const Clock& clock;
    const Log& log;
    std::string request_id = {};
    std::string trace_id = {};    // Its root.
    Time deadline = Time::max();  // The render stops a second before.
    Renderer render = image::render;
};

Result<Report> process(const store::ObjectEvent& event, const ProcessorContext& context);

// The last attempt at `event` died (crash, memory, timeout): writes a failed manifest, without
// touching the picture, where the source the event speaks of has none yet, and where the renditions
// that a ready one lists are no longer there: the dead had begun to write over them. `reason` is a
// sentence for the person who sent it.
Result<void> record_failure(const store::ObjectEvent& event, std::string_view reason,
                            const ProcessorContext& context);

}  // namespace imagemill::functions
