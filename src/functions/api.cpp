#include "functions/api.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encodings.h"
#include "functions/image_resource.h"
#include "functions/openapi.h"
#include "functions/upload.h"
#include "http/problem.h"

namespace imagemill::functions {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::string_view kImagePrefix = "/image/";

enum class Endpoint { upload, image, health, openapi, none };

Endpoint endpoint_of(std::string_view path) {
    if (path == "/upload") return Endpoint::upload;
    if (path == "/health") return Endpoint::health;
    if (path == "/openapi.json") return Endpoint::openapi;
    const bool image = path.starts_with(kImagePrefix) && path.size() > kImagePrefix.size();
    return image ? Endpoint::image : Endpoint::none;
}

std::string_view methods_of(Endpoint endpoint) {
    switch (endpoint) {
        case Endpoint::upload:
            return "POST, OPTIONS";
        case Endpoint::image:
            return "GET, HEAD, DELETE, OPTIONS";
        case Endpoint::health:
        case Endpoint::openapi:
            return "GET, HEAD, OPTIONS";
        case Endpoint::none:
            return "";
    }
    return "";
}

enum class Caller { same_origin, allowed_origin, foreign_origin };

// "https://a.org:443" and Host "a.org" are one place: browsers leave a default port out of both,
// proxies put it into one.
std::string_view without_port(std::string_view host, std::string_view port) {
    if (host.ends_with(port)) host.remove_suffix(port.size());
    return host;
}

bool is_same_origin(std::string_view origin, std::string_view host) {
    for (const auto& [scheme, port] :
         {std::pair<std::string_view, std::string_view>{"http://", ":80"}, {"https://", ":443"}}) {
        if (!origin.starts_with(scheme)) continue;
        const std::string_view place = without_port(origin.substr(scheme.size()), port);
        return !host.empty() && equal_ignoring_case(place, without_port(host, port));
    }
    return false;
}

Caller caller_of(const http::Request& request, const Settings& settings) {
    const auto origin = request.headers.get("Origin");
    if (!origin) return Caller::same_origin;
    if (request.headers.count("Origin") > 1) return Caller::foreign_origin;
    if (is_same_origin(*origin, request.headers.get_or("Host", ""))) return Caller::same_origin;
    const auto& allowed = settings.cors_origins;
    const bool named = std::ranges::find(allowed, *origin) != allowed.end();
    return named ? Caller::allowed_origin : Caller::foreign_origin;
}

http::Response foreign_origin(std::string_view origin) {
    return http::problem(
        Error{Code::forbidden, "Calls from pages of \"" + std::string(utf8_prefix(origin, 200)) +
                                   "\" are not allowed; IMAGEMILL_CORS_ORIGINS names the origins "
                                   "that are."});
}

void add_cors(const http::Request& request, http::Response& response) {
    response.headers.add("Access-Control-Allow-Origin",
                         std::string(request.headers.get_or("Origin", "")));
    response.headers.add("Access-Control-Expose-Headers", "Location, Retry-After");
    if (request.method != "OPTIONS") return;
    response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
    response.headers.add("Access-Control-Allow-Headers", "Authorization, Content-Type");
    response.headers.add("Access-Control-Max-Age", "600");
}

bool has_token(const http::Request& request, const Settings& settings) {
    if (settings.upload_token.empty()) return true;
    constexpr std::string_view kScheme = "Bearer ";
    const std::string_view header = request.headers.get_or("Authorization", "");
    return equal_ignoring_case(header.substr(0, kScheme.size()), kScheme) &&
           equal_in_constant_time(trim(header.substr(kScheme.size())), settings.upload_token);
}

http::Response token_needed() {
    return http::problem(Error{Code::unauthenticated,
                               "This needs the upload token: Authorization: Bearer <token>."});
}

// The path is decoded here, once; what comes out is the key.
Result<std::string> parse_filename(std::string_view path) {
    std::string name = TRY(percent_decode(path.substr(kImagePrefix.size())));
    if (!is_utf8(name)) return Error{Code::invalid_argument, "The file name is not UTF-8."};
    if (name.find('\0') != std::string::npos) {
        return Error{Code::invalid_argument, "The file name holds a NUL."};
    }
    if (name.size() <= kKeyBytesMax) return name;
    return Error{Code::no_such_key, "There is no picture with a name of " +
                                        std::to_string(name.size()) +
                                        " bytes: no name has more than 1024."};
}

http::Response image_endpoint(const http::Request& request, const ApiContext& context) {
    const auto filename = parse_filename(request.path);
    if (!filename) return http::problem(filename.error());
    if (request.method == "DELETE") {
        if (!has_token(request, context.settings)) return token_needed();
        return delete_image(*filename, context);
    }
    const auto query = http::parse_query(request.query, http::Plus::space);
    if (!query) return http::problem(query.error());
    return get_image(*filename, *query, context);
}

bool is_listed(std::string_view method, std::string_view methods) {
    while (!methods.empty()) {
        const std::string_view one = methods.substr(0, methods.find(", "));
        if (one == method) return true;
        methods.remove_prefix(std::min(methods.size(), one.size() + 2));
    }
    return false;
}

http::Response route(http::Request& request, const ApiContext& context) {
    const Endpoint endpoint = endpoint_of(request.path);
    const std::string_view methods = methods_of(endpoint);
    if (endpoint != Endpoint::none && !is_listed(request.method, methods)) {
        auto response = http::problem(405, request.method + " is not for " + request.path +
                                               "; it takes " + std::string(methods) + ".");
        response.headers.add("Allow", std::string(methods));
        return response;
    }
    if (endpoint != Endpoint::none && request.method == "OPTIONS") {
        http::Response response;
        response.status = 204;
        response.headers.add("Allow", std::string(methods));
        return response;
    }
    switch (endpoint) {
        case Endpoint::upload:
            if (!has_token(request, context.settings)) return token_needed();
            return post_upload(request, context);
        case Endpoint::image:
            return image_endpoint(request, context);
        case Endpoint::health:
            return http::Response::text(200, "application/json", R"({"status":"ok"})");
        case Endpoint::openapi:
            return http::Response::text(200, "application/json", openapi_document());
        case Endpoint::none:
            break;
    }
    return http::problem(
        404, "There is nothing at " + request.path + "; GET /openapi.json lists what there is.");
}

}  // namespace

http::Response handle(http::Request& request, const ApiContext& context) {
    const Caller caller = caller_of(request, context.settings);
    http::Response response = caller == Caller::foreign_origin
                                  ? foreign_origin(request.headers.get_or("Origin", ""))
                                  : route(request, context);
    if (caller == Caller::allowed_origin) add_cors(request, response);
    if (!context.settings.cors_origins.empty()) response.headers.add("Vary", "Origin");
    response.headers.set("X-Content-Type-Options", "nosniff");
    if (request.method == "HEAD") response.body = Buffer();
    return response;
}

}  // namespace imagemill::functions
