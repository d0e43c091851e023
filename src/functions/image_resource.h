// image_resource: /image/{filename}: the state of one picture, as S3's objects tell it, and the
// JSON it is shown in. Private to this folder; docs/api.md has every field.
//
// Errors:  find_image: no_such_key where there is no source of that name; else as object_store.h,
//          and corrupt where the manifest cannot be read.
// Cost:    a look is a head of the source and a get of the manifest.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "functions/api.h"
#include "functions/manifest.h"
#include "http/message.h"

namespace imagemill::functions {

enum class ImageStatus { processing, ready, failed };

struct Image {
    std::string filename = {};  // The source's key.
    ImageStatus status = ImageStatus::processing;
    Source source = {};
    std::vector<Rendition> renditions = {};
    std::optional<image::Info> metadata = std::nullopt;
    std::optional<image::Placeholder> placeholder = std::nullopt;
    std::optional<Failure> failure = std::nullopt;
    std::string lane = {};
    std::vector<std::string> stripped = {};
    std::map<std::string, std::int64_t> timings_ms = {};
};

Result<Image> find_image(const std::string& filename, const ApiContext& context);
// With its pre-signed URLs.
Result<boost::json::object> format_image(const Image& image, const ApiContext& context);
std::string image_path(std::string_view filename);  // "/image/trips/cat.jpg"

http::Response get_image(const std::string& filename, const http::Parameters& query,
                         const ApiContext& context);
http::Response delete_image(const std::string& filename, const ApiContext& context);

// An error of the store as an answer: what is our own misconfiguration is not the client's fault.
http::Response store_problem(const Error& error, const ApiContext& context);

}  // namespace imagemill::functions
