// round: one look of the processor at one source, and what it asks for. Private to this folder;
// processor.h says what the whole promises, docs/guarantees.md why it holds.
//
// Errors:  as processor.h. Where is_lost_race(code): the world is no longer what the round saw, and
//          another round may succeed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "functions/manifest_store.h"
#include "functions/processor.h"

namespace imagemill::functions {

using Keys = std::set<std::string>;

// One look at one source: what it is, what is to be made of it, what stands.
struct Job {
    std::string key = {};
    store::ObjectInfo source = {};
    std::optional<Buffer> body = {};  // Of the source, where the look at it brought that along.
    std::int64_t fetch_ms = 0;        // What that took.
    const Rule* rule = nullptr;       // nullptr: no recipe applies.
    std::string digest = {};          // Of the rule; empty where there is none.
    Standing standing = {};
    SteadyTime started = {};
};

struct Round {
    Outcome outcome = Outcome::ignored;
    std::map<std::string, std::int64_t> timings_ms = {};
    std::optional<Failure> failure = std::nullopt;
    std::string lane = {};  // These are Report's.
    std::int64_t bytes_in = 0;
    std::int64_t bytes_out = 0;
};

Result<Round> run_round(const std::string& key, const ProcessorContext& context);

bool is_lost_race(Code code);
// Each is there with the ETag the manifest lists.
Result<bool> every_rendition_stands(const Manifest& manifest, const ProcessorContext& context);
store::ObjectId source_id(const std::string& key, const ProcessorContext& context);
// What a manifest knows of in the destination bucket.
Keys listed_keys(const std::optional<Manifest>& manifest, const std::string& bucket);
// Of the job's source and recipe, with nothing made yet.
Manifest begin_manifest(const Job& job, const ProcessorContext& context);
void fail(Failure failure, Manifest& manifest);

}  // namespace imagemill::functions
