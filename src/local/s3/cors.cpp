#include "local/s3/cors.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::array<std::string_view, 4> kMethods{"GET", "HEAD", "PUT", "POST"};
constexpr const char* kMethodList = "GET, HEAD, PUT, POST";
constexpr const char* kExposed = "ETag, x-amz-request-id";
constexpr const char* kMaxAgeSeconds = "3000";
constexpr const char* kVary =
    "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

bool is_method(std::string_view method) {
    return std::ranges::find(kMethods, method) != kMethods.end();
}

bool allows_any(const std::vector<std::string>& origins) {
    return std::ranges::find(origins, "*") != origins.end();
}

bool allows(const std::vector<std::string>& origins, std::string_view origin) {
    return allows_any(origins) || std::ranges::any_of(origins, [&](const std::string& allowed) {
               return equal_ignoring_case(allowed, origin);
           });
}

void add_allowance(const std::vector<std::string>& origins, std::string_view origin,
                   http::Headers& headers) {
    if (allows_any(origins)) {
        headers.set("Access-Control-Allow-Origin", "*");
    } else {
        headers.set("Access-Control-Allow-Origin", std::string(origin));
        headers.set("Access-Control-Allow-Credentials", "true");
    }
    headers.set("Access-Control-Allow-Methods", kMethodList);
    headers.set("Access-Control-Expose-Headers", kExposed);
    headers.set("Access-Control-Max-Age", kMaxAgeSeconds);
}

aws::S3Error forbidden(std::string message, std::string_view method) {
    return {.code = "AccessForbidden",
            .status = 403,
            .message = std::move(message),
            .details = {{"Method", std::string(method)}, {"ResourceType", "BUCKET"}}};
}

}  // namespace

Answer preflight(const http::Request& request, const std::vector<std::string>& origins) {
    const auto origin = request.headers.get("Origin");
    const auto method = request.headers.get("Access-Control-Request-Method");
    if (!origin) {
        return aws::S3Error{.code = "BadRequest",
                            .status = 400,
                            .message = "Insufficient information. Origin request header needed.",
                            .details = {}};
    }
    if (!method) {
        return aws::S3Error{
            .code = "BadRequest",
            .status = 400,
            .message = "Invalid Access-Control-Request-Method: the request header is needed.",
            .details = {}};
    }
    if (origins.empty()) {
        return forbidden("CORSResponse: CORS is not enabled for this bucket.", *method);
    }
    if (!allows(origins, *origin) || !is_method(*method)) {
        return forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the "
            "evalution of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
            *method);
    }
    http::Response response;
    if (const auto asked = request.headers.get("Access-Control-Request-Headers")) {
        response.headers.set("Access-Control-Allow-Headers", std::string(*asked));
    }
    return response;
}

void add_cors_headers(const http::Request& request, const std::vector<std::string>& origins,
                      http::Headers& headers) {
    if (origins.empty()) return;
    // S3 says so only where it lets someone in; then a picture that an <img> put into the cache
    // (without an Origin) is found there by fetch() (with one) and is refused by the browser.
    headers.set("Vary", kVary);
    const auto origin = request.headers.get("Origin");
    const std::string_view asked = request.method == "OPTIONS"
                                       ? request.headers.get_or("Access-Control-Request-Method", "")
                                       : std::string_view(request.method);
    if (origin && allows(origins, *origin) && is_method(asked)) {
        add_allowance(origins, *origin, headers);
    }
}

}  // namespace imagemill::local::s3
