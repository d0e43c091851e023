#include <algorithm>
#include <map>

#include "aws/proxy_body.h"
#include "aws/proxy_event.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// --- An answer out.

using Values = std::vector<std::string>;

// By lower-case name, in order of the names; the gateway knows the length itself.
std::map<std::string, Values> values_of(const http::Response& response) {
    std::map<std::string, Values> values;
    for (const auto& [name, value] : response.headers.fields()) {
        const std::string lower = to_lower(name);
        if (!is_hop_header(lower)) values[lower].push_back(json_text(value));
    }
    return values;
}

json::array array_of(const Values& values) {
    return json::array(values.begin(), values.end());
}

std::string joined(const Values& values) {
    std::string text;
    for (const std::string& value : values) text += (text.empty() ? "" : ",") + value;
    return text;
}

json::object envelope_2(const http::Response& response) {
    json::object headers;
    json::array cookies;
    for (const auto& [name, values] : values_of(response)) {
        // Cookies must not be joined by commas: their dates hold some.
        if (name == "set-cookie") {
            cookies = array_of(values);
        } else {
            headers[name] = joined(values);
        }
    }
    json::object envelope{{"statusCode", response.status}, {"headers", std::move(headers)}};
    if (!cookies.empty()) envelope["cookies"] = std::move(cookies);
    return envelope;
}

// A REST API answers 502 to any member it does not know, `cookies` among them. A name is in one of
// the two maps only: the gateway sends what both have twice.
json::object envelope_1(const http::Response& response) {
    json::object headers;
    json::object multiple;
    for (const auto& [name, values] : values_of(response)) {
        if (values.size() == 1) {
            headers[name] = values[0];
        } else {
            multiple[name] = array_of(values);
        }
    }
    json::object envelope{{"statusCode", response.status}, {"headers", std::move(headers)}};
    if (!multiple.empty()) envelope["multiValueHeaders"] = std::move(multiple);
    return envelope;
}

// --- An answer in.

bool is_header_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return c > ' ' && c < 0x7F &&
               std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
    });
}

// A line end in a value would let a function write headers, or an answer, of its own.
bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) {
        return (static_cast<unsigned char>(c) >= ' ' && c != 0x7F) || c == '\t';
    });
}

Result<std::string> header_value(const JsonReader& reader) {
    const json::value& value = reader.value();
    const bool plain = value.is_string() || value.is_bool() || value.is_number();
    if (!plain) return reader.expected("a text");
    std::string text = value.is_string() ? std::string(value.get_string()) : json::serialize(value);
    if (!is_header_value(text)) return reader.expected("a text without control characters");
    return text;
}

Result<void> add_headers(const JsonReader& answer, http::Headers& headers) {
    const auto reader = TRY(answer.find("headers"));
    if (!reader) return {};
    const json::object* object = reader->value().if_object();
    if (object == nullptr) return reader->expected("an object");
    for (const auto& field : *object) {
        const std::string name(field.key());
        const JsonReader value(field.value(), "headers." + name);
        if (!is_header_name(name)) return reader->expected("names that are tokens");
        std::string text = TRY(header_value(value));
        if (!is_hop_header(name)) headers.add(name, std::move(text));
    }
    return {};
}

Result<void> add_cookies(const JsonReader& answer, http::Headers& headers) {
    const auto cookies = TRY(answer.find("cookies"));
    if (!cookies) return {};
    const std::vector<JsonReader> elements = TRY(cookies->elements());
    for (const JsonReader& cookie : elements) {
        headers.add("Set-Cookie", TRY(header_value(cookie)));
    }
    return {};
}

// A number, or its text.
Result<int> parse_status(const JsonReader& reader) {
    constexpr std::int64_t kMin = 200;  // A 1xx is no answer: the client would wait for another.
    constexpr std::int64_t kMax = 599;
    const json::string* text = reader.value().if_string();
    auto status = text == nullptr ? reader.integer(kMin, kMax) : parse_count(*text);
    if (!status || *status < kMin || *status > kMax) {
        return reader.expected("a status from 200 to 599");
    }
    return static_cast<int>(*status);
}

}  // namespace

std::string format_proxy_response(const http::Response& response, ProxyVersion version) {
    const json::object envelope =
        version == ProxyVersion::v1 ? envelope_1(response) : envelope_2(response);
    const std::string_view type = response.headers.get_or("Content-Type", "");
    if (const auto* bytes = std::get_if<Buffer>(&response.body)) {
        return format_envelope(envelope, type, *bytes);
    }
    return format_envelope(envelope, type, as_bytes(http::body_text(response)));
}

Result<http::Response> parse_proxy_response(std::string_view text) {
    const json::value document = TRY(parse_json(text));
    const JsonReader answer(document);
    const json::object* object = document.if_object();
    const json::value* status = object == nullptr ? nullptr : object->if_contains("statusCode");
    if (status == nullptr) {
        // Anything else is the body of a 200; a text without its quotes.
        const json::string* plain = document.if_string();
        return http::Response::text(200, "application/json",
                                    plain == nullptr ? text : std::string_view(*plain));
    }

    http::Response response;
    response.status = TRY(parse_status(JsonReader(*status, "statusCode")));
    TRY(add_headers(answer, response.headers));
    TRY(add_cookies(answer, response.headers));
    if (!response.headers.get("Content-Type")) {
        response.headers.add("Content-Type", "application/json");
    }
    response.body = TRY(parse_body(answer));
    return response;
}

}  // namespace imagemill::aws
