// manifest: what is known of one source object: the receipt. One JSON object in the destination
// bucket, written last: when it says ready, every rendition is there.
//
// Shapes:  {"version":1,"status":"ready","source":{…},"recipe_digest":"…","renditions":[{…}],
//          "obsolete":[],"metadata":{…},"placeholder":{…},"lane":"jpeg","stripped":[…],
//          "error":null,"timings_ms":{…},
//          "request_id":"…","trace_id":"…","time":"…"}; docs/guarantees.md has an example.
// Errors:  parse: corrupt names the field. Unknown fields are ignored, another version is not.
// Threads: plain values.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "image/image.h"

namespace imagemill::functions {

enum class Status { ready, failed };

struct Source {
    std::string bucket = {};
    std::string key = {};
    std::string etag = {};
    std::int64_t size_bytes = 0;
    std::string content_type = {};
};

struct Rendition {
    std::string name = {};
    std::string bucket = {};
    std::string key = {};
    std::string etag = {};
    image::Format format = image::Format::jpeg;
    int width = 0;
    int height = 0;
    int quality = 0;  // As used; 0 where the format has none.
    std::int64_t size_bytes = 0;
};

struct Failure {
    Code code = Code::internal;
    std::string message = {};  // For the person who sent the picture.
    std::optional<Exceeded> exceeded = std::nullopt;
    bool permanent = true;  // The same bytes would fail again; else a redrive may succeed.
};

struct Manifest {
    Status status = Status::ready;
    Source source = {};
    std::string recipe_digest = {};  // Empty where no rule applied.
    std::vector<Rendition> renditions = {};
    // Keys in the destination bucket that an earlier version made and this one does not have, still
    // to be removed. Nobody may claim ready renditions under them before this list is empty.
    std::vector<std::string> obsolete = {};
    std::optional<image::Info> metadata = std::nullopt;  // Absent: the header cannot be read.
    std::optional<image::Placeholder> placeholder = std::nullopt;
    std::optional<Failure> failure = std::nullopt;
    std::string lane = {};                   // That decoded it; empty: none did.
    std::vector<std::string> stripped = {};  // As image::Rendered has it.
    // fetch, render (of it: decode, resize, encode), store, total
    std::map<std::string, std::int64_t> timings_ms = {};
    std::string request_id = {};
    std::string trace_id = {};  // Of the request that brought the source: 1-5759e988-…
    Time time = {};
};

std::string format_manifest(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view text);

// The parts that GET /image shows just as they are here.
boost::json::object format_source(const Source& source);
boost::json::object format_info(const image::Info& info);
boost::json::object format_placeholder(const image::Placeholder& placeholder);
boost::json::value format_quality(int quality);  // null where there is none.
boost::json::object format_failure(const Failure& failure);

}  // namespace imagemill::functions
