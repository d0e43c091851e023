#include "aws/proxy_event.h"

#include <map>

#include "aws/proxy_body.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

const json::value* member(const json::value& value, std::string_view name) {
    const json::object* object = value.if_object();
    return object == nullptr ? nullptr : object->if_contains(name);
}

Result<std::string> text_or_empty(const JsonReader& object, std::string_view name) {
    const auto reader = TRY(object.find(name));
    if (!reader) return std::string();
    return reader->string();
}

// --- An event in.

// A path that came as it was: what no path can hold is escaped, what is escaped stays so.
std::string escape_path(std::string_view path) {
    constexpr std::string_view kKept = "%/:@!$&'()*+,;=-._~";
    std::string escaped;
    for (const char c : path) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool kept = letter || (c >= '0' && c <= '9') || kKept.find(c) != kKept.npos;
        escaped += kept ? std::string(1, c) : percent_encode(std::string_view(&c, 1), Slash::keep);
    }
    return escaped.empty() ? "/" : escaped;
}

std::string encode_path(std::string_view path) {
    return path.empty() ? "/" : percent_encode(path, Slash::keep);
}

// The execute-api address puts a named stage in front of the path; a domain of one's own does not.
Result<std::string_view> without_stage(std::string_view path, const JsonReader& context) {
    const std::string stage = TRY(text_or_empty(context, "stage"));
    const std::string api_id = TRY(text_or_empty(context, "apiId"));
    const std::string prefix = TRY(text_or_empty(context, "domainPrefix"));
    const std::string front = "/" + stage;
    if (stage.empty() || stage == "$default" || api_id != prefix) return path;
    if (path == front) return std::string_view("/");
    if (path.starts_with(front + "/")) return path.substr(front.size());
    return path;
}

Result<http::Headers> parse_headers(const JsonReader& event) {
    http::Headers headers;
    const auto single = TRY(event.find("headers"));
    const auto multiple = TRY(event.find("multiValueHeaders"));
    for (const auto& reader : {multiple, single}) {
        if (!reader) continue;
        const json::object* object = reader->value().if_object();
        if (object == nullptr) return reader->expected("an object");
        for (const auto& field : *object) {
            const std::string name(field.key());
            const JsonReader value(field.value(), reader->path() + "." + name);
            if (value.value().is_array()) {
                const std::vector<JsonReader> elements = TRY(value.elements());
                for (const JsonReader& element : elements) {
                    headers.add(name, TRY(element.string()));
                }
            } else if (!headers.get(name)) {
                // What multiValueHeaders has, "headers" repeats with its last value only.
                headers.add(name, TRY(value.string()));
            }
        }
    }
    return headers;
}

Result<void> add_cookies(const JsonReader& event, http::Headers& headers) {
    const auto cookies = TRY(event.find("cookies"));
    if (!cookies) return {};
    std::string joined;
    const std::vector<JsonReader> elements = TRY(cookies->elements());
    for (const JsonReader& cookie : elements) {
        joined += (joined.empty() ? "" : "; ") + TRY(cookie.string());
    }
    if (!joined.empty()) headers.set("cookie", joined);
    return {};
}

void append_pair(std::string& query, std::string_view name, std::string_view value) {
    query += (query.empty() ? "" : "&") + percent_encode(name, Slash::encode) + "=" +
             percent_encode(value, Slash::encode);
}

// 1.0 has the query in pieces only, decoded.
Result<std::string> parse_query_1(const JsonReader& event) {
    std::string query;
    auto reader = TRY(event.find("multiValueQueryStringParameters"));
    if (!reader) reader = TRY(event.find("queryStringParameters"));
    if (!reader) return query;
    const json::object* object = reader->value().if_object();
    if (object == nullptr) return reader->expected("an object");
    for (const auto& parameter : *object) {
        const JsonReader value(parameter.value(),
                               reader->path() + "." + std::string(parameter.key()));
        if (!value.value().is_array()) {
            append_pair(query, parameter.key(), TRY(value.string()));
            continue;
        }
        const std::vector<JsonReader> elements = TRY(value.elements());
        for (const JsonReader& element : elements) {
            append_pair(query, parameter.key(), TRY(element.string()));
        }
    }
    return query;
}

Result<ProxyRequest> parse_2(const JsonReader& event, const JsonReader& context) {
    const JsonReader http = TRY(context.at("http"));
    const JsonReader method = TRY(http.at("method"));
    const JsonReader raw_path = TRY(event.at("rawPath"));
    const std::string whole_path = TRY(raw_path.string());
    const std::string_view path = TRY(without_stage(whole_path, context));
    const std::string domain = TRY(text_or_empty(context, "domainName"));
    const bool function_url = domain.find(".lambda-url.") != std::string::npos;

    ProxyRequest parsed;
    parsed.version = ProxyVersion::v2;
    parsed.request.method = TRY(method.string());
    parsed.request.path = function_url ? escape_path(path) : encode_path(path);
    parsed.request.query = TRY(text_or_empty(event, "rawQueryString"));
    parsed.request.headers = TRY(parse_headers(event));
    TRY(add_cookies(event, parsed.request.headers));
    parsed.request.peer = TRY(text_or_empty(http, "sourceIp"));
    return parsed;
}

Result<ProxyRequest> parse_1(const JsonReader& event, const JsonReader& context) {
    const JsonReader method = TRY(event.at("httpMethod"));
    const JsonReader path_reader = TRY(event.at("path"));
    const std::string path = TRY(path_reader.string());
    // Only an HTTP API writes a version into 1.0, and only it decodes the path.
    const auto version = TRY(event.find("version"));

    ProxyRequest parsed;
    parsed.version = ProxyVersion::v1;
    parsed.request.method = TRY(method.string());
    parsed.request.path = version ? encode_path(path) : escape_path(path);
    parsed.request.query = TRY(parse_query_1(event));
    parsed.request.headers = TRY(parse_headers(event));
    const auto identity = TRY(context.find("identity"));
    if (identity) parsed.request.peer = TRY(text_or_empty(*identity, "sourceIp"));
    return parsed;
}

// --- An event out.

std::string decoded_path(const http::Request& request) {
    auto decoded = percent_decode(request.path);
    return decoded && is_utf8(*decoded) ? std::move(*decoded) : json_text(request.path);
}

// "12/Mar/2020:19:03:58 +0000"
std::string format_log_time(Time time) {
    const std::string date = format_http_date(time);  // Thu, 12 Mar 2020 19:03:58 GMT
    return date.substr(5, 2) + "/" + date.substr(8, 3) + "/" + date.substr(12, 4) + ":" +
           date.substr(17, 8) + " +0000";
}

// Lower-case names, values of one name joined with commas; cookies go elsewhere.
std::map<std::string, std::string> joined_headers(const http::Request& request) {
    std::map<std::string, std::string> joined;
    for (const auto& [name, value] : request.headers.fields()) {
        const std::string lower = to_lower(name);
        if (lower == "cookie" || is_hop_header(lower)) continue;
        const auto [entry, added] = joined.try_emplace(lower, json_text(value));
        if (!added) entry->second += "," + json_text(value);
    }
    return joined;
}

json::object headers_of(const http::Request& request, Bytes body, const ProxyContext& context) {
    auto joined = joined_headers(request);
    joined["content-length"] = std::to_string(body.size());
    if (!context.trace_id.empty()) joined["x-amzn-trace-id"] = context.trace_id;
    if (!request.peer.empty()) {
        std::string& forwarded = joined["x-forwarded-for"];
        forwarded += (forwarded.empty() ? "" : ", ") + request.peer;
    }
    json::object headers;
    for (const auto& [name, value] : joined) headers[name] = value;
    return headers;
}

json::array cookies_of(const http::Request& request) {
    json::array cookies;
    for (const auto& [name, value] : request.headers.fields()) {
        if (!equal_ignoring_case(name, "cookie")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view cookie = trim(rest.substr(0, end));
            if (!cookie.empty()) cookies.emplace_back(json_text(cookie));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return cookies;
}

json::object query_of(const http::Request& request) {
    json::object parameters;
    const auto query = http::parse_query(request.query, http::Plus::space);
    if (!query) return parameters;
    for (const auto& [name, value] : *query) {
        const std::string key = json_text(name);
        json::value& place = parameters[key];
        place = place.is_null() ? json_text(value)
                                : std::string(place.get_string()) + "," + json_text(value);
    }
    return parameters;
}

// Without the port; an IPv6 address keeps its brackets and colons.
std::string domain_of(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    const bool port = colon != std::string_view::npos && !host.ends_with(']');
    return json_text(port ? host.substr(0, colon) : host);
}

json::object context_of(const http::Request& request, const std::string& path,
                        const ProxyContext& context) {
    const std::string domain = domain_of(context.domain);
    return {{"accountId", "000000000000"},
            {"apiId", "imagemill"},
            {"domainName", domain},
            {"domainPrefix", domain.substr(0, domain.find('.'))},
            {"http",
             {{"method", request.method},
              {"path", path},
              {"protocol", "HTTP/1.1"},
              {"sourceIp", request.peer},
              {"userAgent", json_text(request.headers.get_or("User-Agent", ""))}}},
            {"requestId", context.request_id},
            {"routeKey", context.route},
            {"stage", "$default"},
            {"time", format_log_time(context.now)},
            {"timeEpoch", context.now.time_since_epoch().count()}};
}

}  // namespace

bool is_proxy_event(const json::value& event) {
    const json::value* context = member(event, "requestContext");
    if (context == nullptr) return false;
    return member(event, "httpMethod") != nullptr || member(*context, "http") != nullptr;
}

Result<ProxyRequest> parse_proxy_event(const json::value& event) {
    const JsonReader reader(event);
    const JsonReader context = TRY(reader.at("requestContext"));
    const bool first = member(event, "httpMethod") != nullptr;
    ProxyRequest parsed = first ? TRY(parse_1(reader, context)) : TRY(parse_2(reader, context));
    Buffer body = TRY(parse_body(reader));
    parsed.request.content_length = static_cast<std::int64_t>(body.size());
    parsed.request.body = http::make_body(std::move(body));
    parsed.request_id = TRY(text_or_empty(context, "requestId"));
    return parsed;
}

std::string format_proxy_event(const http::Request& request, Bytes body,
                               const ProxyContext& context) {
    const std::string path = decoded_path(request);
    json::object event{{"version", "2.0"},
                       {"routeKey", context.route},
                       {"rawPath", path},
                       {"rawQueryString", json_text(request.query)}};
    json::array cookies = cookies_of(request);
    json::object query = query_of(request);
    // Members with nothing in them are absent, not null.
    if (!cookies.empty()) event["cookies"] = std::move(cookies);
    event["headers"] = headers_of(request, body, context);
    if (!query.empty()) event["queryStringParameters"] = std::move(query);
    event["requestContext"] = context_of(request, path, context);
    return format_envelope(event, request.headers.get_or("Content-Type", ""), body);
}

}  // namespace imagemill::aws
