// manifest: what is known of one source object: the receipt. One JSON object in the destination
// bucket, written last: when it says ready, every rendition is there.
//
// Shapes:  docs/formats.md has the grammar and an example.
// Errors:  parse: corrupt names the field.
// Threads: plain values.
#pragma once

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
    std::string bucket;
    std::string key;
    std::string etag;
    std::int64_t size_bytes = 0;
    std::string content_type;
};

struct Rendition {
    std::string name;
    std::string bucket;
    std::string key;
    std::string etag;
    image::Format format = image::Format::jpeg;
    int width = 0;
    int height = 0;
    std::int64_t size_bytes = 0;
};

struct Failure {
    Code code = Code::internal;
    std::string message;  // For the person who sent the picture.
    std::optional<Exceeded> exceeded;
    bool permanent = true;  // The same bytes would fail again; else a redrive may succeed.
};

struct Manifest {
    Status status = Status::ready;
    Source source;
    std::string recipe_digest;
    std::vector<Rendition> renditions;
    std::optional<image::Info> metadata;  // Absent where the header could not be read.
    std::optional<image::Placeholder> placeholder;
    std::optional<Failure> failure;
    std::map<std::string, std::int64_t> timings_ms;  // fetch, render, store, total
    std::string request_id;
    Time time;
};

std::string format_manifest(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view text);

}  // namespace imagemill::functions
