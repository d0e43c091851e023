// processor: the function behind the source bucket's events. An event says look; the source's
// present state is the truth, so duplicates, crashes between any two steps, reorderings and
// overlapping versions all end in the renditions of the newest source (docs/guarantees.md).
//
// Errors:  invalid_argument  the event is of another bucket, or source and destination are one.
//          conflict          the source changed under it `rounds_max` times: worth a retry.
//          timeout, unavailable, busy: worth a retry; nothing half-written is claimed.
//          What the picture is to blame for (corrupt, unsupported, too_large, invalid_argument,
//          timeout of the render) is no error here: it is a failed manifest that says why.
// Threads: any; one call handles one event.
// Cost:    one head and one get of the manifest; where there is work: one get of the source, a
// render,
//          a put per rendition, a put of the manifest and one head.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "functions/manifest.h"
#include "functions/settings.h"
#include "store/event.h"
#include "store/object_store.h"

namespace imagemill::functions {

enum class Outcome { rendered, failed, skipped, removed, ignored };
std::string_view name_of(Outcome outcome);

struct Report {
    Outcome outcome = Outcome::ignored;
    std::string key;
    std::map<std::string, std::int64_t> timings_ms;
};

struct ProcessorContext {
    store::ObjectStore& store;
    const Settings& settings;
    const Clock& clock;
    const Log& log;
    std::string request_id;
    Time deadline;  // The render stops a second before.
};

Result<Report> process(const store::ObjectEvent& event, const ProcessorContext& context);

// The last attempt at `event` died (crash, memory, timeout): writes a failed manifest, never over a
// ready one of the same source, without touching the picture.
Result<void> record_failure(const store::ObjectEvent& event, std::string_view reason,
                            const ProcessorContext& context);

}  // namespace imagemill::functions
