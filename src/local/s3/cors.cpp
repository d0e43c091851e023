#include "local/s3/cors.h"

#include <algorithm>
#include <array>
#include <optional>
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

// What the browser is told, as the headers have it; empty ones are left out.
struct Allowance {
    std::string origin;
    std::string methods;
    std::string headers;
    std::string exposed;
    std::string max_age_seconds;
};

std::string join(const std::vector<std::string>& texts) {
    std::string joined;
    for (const std::string& text : texts) joined += (joined.empty() ? "" : ", ") + text;
    return joined;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> items;
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        const std::string_view item = trim(list.substr(0, comma));
        if (!item.empty()) items.emplace_back(item);
        list = comma == std::string_view::npos ? "" : list.substr(comma + 1);
    }
    return items;
}

CorsQuestion question_of(const http::Request& request) {
    CorsQuestion question{
        .origin = request.headers.get_or("Origin", ""), .method = request.method, .headers = {}};
    if (request.method == "OPTIONS") {
        question.method = request.headers.get_or("Access-Control-Request-Method", "");
        question.headers = split(request.headers.get_or("Access-Control-Request-Headers", ""));
    }
    return question;
}

bool allows_any(const std::vector<std::string>& origins) {
    return std::ranges::find(origins, "*") != origins.end();
}

bool allows(const std::vector<std::string>& origins, std::string_view origin) {
    return allows_any(origins) || std::ranges::any_of(origins, [&](const std::string& allowed) {
               return equal_ignoring_case(allowed, origin);
           });
}

std::optional<Allowance> find_allowance(const CorsQuestion& question, const CorsPolicy& policy) {
    if (question.origin.empty()) return std::nullopt;
    const std::string origin(question.origin);
    const std::string asked = join(question.headers);
    const bool is_method = std::ranges::find(kMethods, question.method) != kMethods.end();
    if (is_method && allows(policy.page_origins, origin)) {
        return Allowance{.origin = allows_any(policy.page_origins) ? "*" : origin,
                         .methods = kMethodList,
                         .headers = asked,
                         .exposed = kExposed,
                         .max_age_seconds = kMaxAgeSeconds};
    }
    const CorsRule* rule = find_rule(policy.rules, question);
    if (rule == nullptr) return std::nullopt;
    return Allowance{
        .origin = allows_any_origin(*rule) ? "*" : origin,
        .methods = join(rule->methods),
        .headers = asked,
        .exposed = join(rule->exposed),
        .max_age_seconds = rule->max_age_seconds ? std::to_string(*rule->max_age_seconds) : ""};
}

aws::S3Error bad_request(std::string message) {
    return {.code = "BadRequest", .status = 400, .message = std::move(message), .details = {}};
}

aws::S3Error forbidden(std::string message, std::string_view method) {
    return {.code = "AccessForbidden",
            .status = 403,
            .message = std::move(message),
            .details = {{"Method", std::string(method)}, {"ResourceType", "BUCKET"}}};
}

}  // namespace

Answer preflight(const http::Request& request, const CorsPolicy& policy) {
    const CorsQuestion question = question_of(request);
    if (question.origin.empty()) {
        return bad_request("Insufficient information. Origin request header needed.");
    }
    if (question.method.empty()) {
        return bad_request("Invalid Access-Control-Request-Method: the request header is needed.");
    }
    if (policy.page_origins.empty() && policy.rules.empty()) {
        return forbidden("CORSResponse: CORS is not enabled for this bucket.", question.method);
    }
    if (!find_allowance(question, policy)) {
        return forbidden(
            "CORSResponse: This CORS request is not allowed. This is usually because the "
            "evalution of Origin, request method / Access-Control-Request-Method or "
            "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
            question.method);
    }
    return http::Response();
}

void add_cors_headers(const http::Request& request, const CorsPolicy& policy,
                      http::Headers& headers) {
    if (policy.page_origins.empty() && policy.rules.empty()) return;
    // S3 says so only where it lets someone in; then a picture that an <img> put into the cache
    // (without an Origin) is found there by fetch() (with one) and is refused by the browser.
    headers.set("Vary", kVary);
    const auto allowance = find_allowance(question_of(request), policy);
    if (!allowance) return;
    headers.set("Access-Control-Allow-Origin", allowance->origin);
    // Fetch standard: with "*" a browser that sends credentials would refuse the answer anyway.
    if (allowance->origin != "*") headers.set("Access-Control-Allow-Credentials", "true");
    const std::pair<const char*, const std::string&> texts[] = {
        {"Access-Control-Allow-Methods", allowance->methods},
        {"Access-Control-Allow-Headers", allowance->headers},
        {"Access-Control-Expose-Headers", allowance->exposed},
        {"Access-Control-Max-Age", allowance->max_age_seconds}};
    for (const auto& [name, text] : texts) {
        if (!text.empty()) headers.set(name, text);
    }
}

}  // namespace imagemill::local::s3
