#include "functions/upload.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/json.h"
#include "functions/image_resource.h"
#include "functions/names.h"
#include "http/multipart.h"
#include "http/problem.h"

namespace imagemill::functions {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::int64_t kJsonBytesBesideData = 64 * 1024;
constexpr int kFormSeconds = 900;
// What is read here, by the names their media types have.
constexpr std::array kFormats = {image::Format::jpeg, image::Format::png,  image::Format::webp,
                                 image::Format::gif,  image::Format::avif, image::Format::heic,
                                 image::Format::tiff, image::Format::bmp,  image::Format::svg};

// A file as it came: its bytes, or why it cannot be taken.
struct File {
    std::string filename;
    Result<Buffer> bytes;
};
using Files = std::vector<File>;

// The lower of two settings, as one file must pass both.
struct Limit {
    std::int64_t bytes_max;
    std::string_view setting;
};

Limit limit_of(const Settings& settings) {
    if (settings.limits.bytes_max < settings.upload_bytes_max) {
        return {settings.limits.bytes_max, "IMAGEMILL_MAX_BYTES"};
    }
    return {settings.upload_bytes_max, "IMAGEMILL_MAX_UPLOAD_BYTES"};
}

// Says how to send what is too large for this way in, where another way takes it.
Error too_large(std::int64_t size, const Settings& settings, std::string_view what = "The file") {
    const Limit limit = limit_of(settings);
    std::string message = std::string(what) + " has " + std::to_string(size) + " bytes; at most " +
                          std::to_string(limit.bytes_max) + " are accepted here (" +
                          std::string(limit.setting) + ").";
    if (size <= settings.limits.bytes_max) {
        message +=
            " It can go straight to the store: POST /upload with the JSON "
            "{\"filename\",\"contentType\",\"size\"} answers with a form for it.";
    }
    return {Code::too_large, std::move(message),
            Exceeded{std::string(limit.setting), limit.bytes_max, size}};
}

struct Read {
    Buffer bytes;           // At most `kept_max`.
    std::int64_t size = 0;  // Of all that came.
};

// What is over `kept_max` is counted, so that an error can say how much came, and not kept.
// `expected` is what may come, or nothing where that is not known.
Result<Read> read_counting(http::BodyReader& body, std::int64_t kept_max,
                           std::optional<std::int64_t> expected) {
    Read read;
    read.bytes.reserve(
        static_cast<std::size_t>(std::clamp(expected.value_or(0), INT64_C(0), kept_max)));
    std::vector<std::byte> chunk(kChunkBytes);
    while (const std::size_t count = TRY(body.read(chunk))) {
        read.size += static_cast<std::int64_t>(count);
        if (read.size > kept_max) continue;
        read.bytes.insert(read.bytes.end(), chunk.begin(),
                          chunk.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return read;
}

std::string_view media_type(std::string_view content_type) {
    return trim(content_type.substr(0, content_type.find(';')));
}

Result<Files> read_multipart(http::Request& request, const Settings& settings) {
    const Limit limit = limit_of(settings);
    std::string boundary = TRY(http::parse_boundary(request.headers.get_or("Content-Type", "")));
    http::MultipartReader reader(*request.body, std::move(boundary), {});
    Files files;
    std::int64_t left = limit.bytes_max;  // For all files together: they are in memory at once.
    while (const http::Part* part = TRY(reader.next())) {
        if (!part->filename) continue;  // A field of the form, not a file.
        const std::string filename = *part->filename;
        Read read = TRY(read_counting(reader.body(), left,
                                      files.empty() ? request.content_length : std::nullopt));
        if (filename.empty() && read.size == 0) continue;  // A file input nobody filled in.
        if (read.size <= left) {
            left -= read.size;
            files.push_back({filename, std::move(read.bytes)});
        } else if (read.size > limit.bytes_max) {
            files.push_back({filename, too_large(read.size, settings)});
        } else {
            const std::int64_t sum = limit.bytes_max - left + read.size;
            files.push_back({filename, too_large(sum, settings, "With this file the request")});
        }
    }
    if (!files.empty()) return files;
    return Error{Code::invalid_argument,
                 "The form holds no file: expected a part with a file name, such as "
                 "`curl -F file=@cat.jpg` sends."};
}

Result<Files> read_raw(http::Request& request, const Settings& settings) {
    const auto query = TRY(http::parse_query(request.query, http::Plus::space));
    const auto filename = http::find(query, "filename");
    if (!filename) {
        return Error{Code::invalid_argument,
                     "filename: is missing; expected POST /upload?filename=cat.jpg when the body "
                     "is the picture itself."};
    }
    const Limit limit = limit_of(settings);
    if (request.content_length.value_or(0) > limit.bytes_max) {
        return too_large(*request.content_length, settings);
    }
    Read read = TRY(read_counting(*request.body, limit.bytes_max, request.content_length));
    if (read.size > limit.bytes_max) return too_large(read.size, settings);
    Files files;
    files.push_back({std::string(*filename), std::move(read.bytes)});
    return files;
}

Result<File> read_data(const JsonReader& reader, const JsonReader& data, std::string filename,
                       const Settings& settings) {
    const std::string text = TRY(data.string());
    auto bytes = parse_base64(text);
    if (!bytes) return Error{Code::invalid_argument, "data: " + bytes.error().message};
    const auto size = std::ssize(*bytes);
    if (const auto claimed = TRY(reader.find("size"))) {
        if (TRY(claimed->integer(0, INT64_MAX)) != size) {
            return claimed->expected("the " + std::to_string(size) + " bytes that data holds");
        }
    }
    if (size > limit_of(settings).bytes_max) return too_large(size, settings);
    return File{std::move(filename), *std::move(bytes)};
}

// Stores under `name` or, where that is taken by another picture, under one with a suffix.
struct Stored {
    std::string name;
    std::string etag;
    bool existed = false;  // The very bytes were there.
};

Result<Stored> put_source(const std::string& name, Bytes bytes, const image::Info& info,
                          const ApiContext& context) {
    const std::string& bucket = context.settings.source_bucket;
    const std::string content_type(image::media_type_of(info.format));
    if (context.settings.names == Names::keep) {
        auto etag = context.store.put({.bucket = bucket, .key = name}, bytes,
                                      {.content_type = content_type, .if_none_match = true});
        if (etag) return Stored{.name = name, .etag = *std::move(etag)};
        const Code code = etag.error().code;
        if (code != Code::precondition_failed && code != Code::conflict) return etag.error();

        const auto present = context.store.head({.bucket = bucket, .key = name});
        if (!present && present.error().code != Code::no_such_key) return present.error();
        if (present && present->etag == format_hex(md5(bytes)) &&
            present->size_bytes == std::ssize(bytes)) {
            return Stored{.name = name, .etag = present->etag, .existed = true};
        }
    }
    // Nobody else has this name, so no condition is needed and the store may try twice.
    std::string suffixed = with_random_suffix(name);
    std::string etag = TRY(context.store.put({.bucket = bucket, .key = suffixed}, bytes,
                                             {.content_type = content_type}));
    return Stored{.name = std::move(suffixed), .etag = std::move(etag)};
}

// Looked at before accepted: the header, by its magic bytes; the declared type is not believed.
Result<boost::json::object> accept(const std::string& filename, Bytes bytes,
                                   const ApiContext& context) {
    const std::string name = TRY(clean_name(filename));
    const image::Info info = TRY(image::probe(bytes, context.settings.limits));
    auto stored = put_source(name, bytes, info, context);
    if (!stored) {
        context.log.error("the store failed", {{"code", name_of(stored.error().code)},
                                               {"reason", stored.error().message}});
        return Error{Code::unavailable, "The picture could not be stored; please try again."};
    }
    context.log.info("uploaded", {{"key", stored->name},
                                  {"size", bytes.size()},
                                  {"format", image::name_of(info.format)},
                                  {"existed", stored->existed}});
    if (stored->existed) {
        if (const auto image = find_image(stored->name, context)) {
            return format_image(*image, context);
        }
    }
    const Image image = {.filename = stored->name,
                         .source = {.bucket = context.settings.source_bucket,
                                    .key = stored->name,
                                    .etag = stored->etag,
                                    .size_bytes = std::ssize(bytes),
                                    .content_type = std::string(image::media_type_of(info.format))},
                         .metadata = info};
    return format_image(image, context);
}

// Quoted in JSON, which is UTF-8.
std::string shown(const std::string& filename) {
    return is_utf8(filename) ? filename : "";
}

http::Response accept_all(Files files, const ApiContext& context) {
    boost::json::array images;
    std::optional<Error> first_error;
    std::string location;
    for (File& file : files) {
        Result<boost::json::object> image =
            file.bytes ? accept(file.filename, *file.bytes, context) : file.bytes.error();
        if (image) {
            if (location.empty()) {
                location = image->at("links").as_object().at("self").as_string();
            }
            images.push_back(*std::move(image));
        } else {
            if (!first_error) first_error = image.error();
            const Error& error = image.error();
            images.push_back(boost::json::object{
                {"filename", shown(file.filename)},
                {"status", "failed"},
                {"error",
                 format_failure(
                     {.code = error.code, .message = error.message, .exceeded = error.exceeded})}});
        }
        file.bytes = Buffer();  // Stored or refused: no longer needed.
    }
    if (location.empty()) {
        CHECK(first_error.has_value());
        boost::json::object more;
        if (files.size() > 1) more["images"] = std::move(images);
        return http::problem(*first_error, std::move(more));
    }
    const boost::json::object document = {{"images", std::move(images)}};
    auto response = http::Response::text(201, "application/json", boost::json::serialize(document));
    response.headers.add("Location", location);
    response.headers.add("Cache-Control", "no-store");
    return response;
}

Result<std::string> parse_content_type(const JsonReader& field) {
    const std::string text = to_lower(TRY(field.string()));
    std::string known;
    for (const image::Format format : kFormats) {
        if (text == image::media_type_of(format)) return text;
        known += (known.empty() ? "" : ", ") + std::string(image::media_type_of(format));
    }
    return Error{Code::unsupported, field.expected("one of " + known).message};
}

// A pre-signed form, for what is too large for this way in. The name always gets a suffix: whoever
// fills in the form puts without a condition.
Result<boost::json::object> make_form(const JsonReader& reader, const std::string& filename,
                                      const ApiContext& context) {
    const std::string name = TRY(clean_name(filename));
    const JsonReader content_type = TRY(reader.at("contentType"));
    const JsonReader size_field = TRY(reader.at("size"));
    const std::int64_t size = TRY(size_field.integer(1, INT64_MAX));
    const std::int64_t bytes_max = context.settings.limits.bytes_max;
    if (size > bytes_max) {
        return Error{Code::too_large,
                     "The file has " + std::to_string(size) + " bytes; at most " +
                         std::to_string(bytes_max) + " are accepted (IMAGEMILL_MAX_BYTES).",
                     Exceeded{"IMAGEMILL_MAX_BYTES", bytes_max, size}};
    }
    const std::string suffixed = with_random_suffix(name);
    store::PresignPostOptions options = {.seconds = kFormSeconds, .size_max = size};
    options.content_type = TRY(parse_content_type(content_type));
    const store::PresignedPost form = TRY(context.store.presign_post(
        {.bucket = context.settings.source_bucket, .key = suffixed}, options));

    boost::json::object fields;
    for (const auto& [field, value] : form.fields) fields[field] = value;
    return boost::json::object{
        {"filename", suffixed},
        {"upload", boost::json::object{{"method", "POST"},
                                       {"url", form.url},
                                       {"fields", std::move(fields)},
                                       {"expires_at", format_rfc3339(form.expires)}}},
        {"links", boost::json::object{{"self", image_path(suffixed)}}}};
}

// The JSON's bytes; base64 has four for three of the picture.
Result<json::value> read_json(http::Request& request, const Settings& settings) {
    const std::int64_t bytes_max = limit_of(settings).bytes_max / 3 * 4 + kJsonBytesBesideData;
    const Read read = TRY(read_counting(*request.body, bytes_max, request.content_length));
    if (read.size > bytes_max) return too_large(read.size / 4 * 3, settings, "The picture, about,");
    return parse_json(as_text(read.bytes));
}

Result<http::Response> post_json(http::Request& request, const ApiContext& context) {
    const json::value document = TRY(read_json(request, context.settings));
    const JsonReader reader(document);
    TRY(reader.only({"filename", "data", "contentType", "size"}));
    const JsonReader filename_field = TRY(reader.at("filename"));
    const std::string filename = TRY(filename_field.string());
    if (const auto data = TRY(reader.find("data"))) {
        Files files;
        files.push_back(TRY(read_data(reader, *data, filename, context.settings)));
        return accept_all(std::move(files), context);
    }
    const auto form = TRY(make_form(reader, filename, context));
    auto response = http::Response::text(200, "application/json", boost::json::serialize(form));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

bool is_raw(std::string_view type) {
    // curl --data-binary says x-www-form-urlencoded unless told otherwise.
    return type.empty() || type.starts_with("image/") || type == "application/octet-stream" ||
           type == "application/x-www-form-urlencoded";
}

Result<http::Response> post(http::Request& request, const ApiContext& context) {
    const std::string type = to_lower(media_type(request.headers.get_or("Content-Type", "")));
    if (type == "application/json") return post_json(request, context);
    if (type == "multipart/form-data") {
        return accept_all(TRY(read_multipart(request, context.settings)), context);
    }
    if (is_raw(type)) return accept_all(TRY(read_raw(request, context.settings)), context);
    return Error{Code::unsupported,
                 "Content-Type \"" + type +
                     "\" is not taken; expected multipart/form-data, image/* or "
                     "application/octet-stream with ?filename=, or application/json."};
}

}  // namespace

http::Response post_upload(http::Request& request, const ApiContext& context) {
    auto response = post(request, context);
    return response ? *std::move(response) : http::problem(response.error());
}

}  // namespace imagemill::functions
