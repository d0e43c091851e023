// test_client: asks the api of a World as an HTTP client would. For tests only.
#pragma once

#include <string>

#include "base/json.h"
#include "functions/api.h"
#include "functions/test_world.h"

namespace imagemill::functions {

struct Answer {
    int status = 0;
    http::Headers headers;
    std::string text;

    json::value json() const {
        auto value = parse_json(text);
        return value ? *std::move(value) : json::value("not JSON: " + text);
    }
    // The value at a JSON pointer as text; "" for what is not there.
    std::string at(std::string_view pointer) const {
        const json::value document = json();
        json::error_code error;
        const json::value* found = document.find_pointer(pointer, error);
        if (found == nullptr) return "";
        return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
    }
};

struct Ask {
    std::string method = "GET";
    std::string target = "/";
    http::Headers headers = {};
    std::string body = {};
};

inline Answer ask(World& world, const Ask& ask) {
    http::Request request;
    request.method = ask.method;
    const std::size_t mark = ask.target.find('?');
    request.path = ask.target.substr(0, mark);
    if (mark != std::string::npos) request.query = ask.target.substr(mark + 1);
    request.headers = ask.headers;
    request.headers.add("Host", "127.0.0.1:8080");
    request.body = http::make_body(std::string_view(ask.body));
    request.content_length = std::ssize(ask.body);
    const http::Response response = handle(request, world.api());
    return {
        .status = response.status, .headers = response.headers, .text = http::body_text(response)};
}

inline Answer get(World& world, const std::string& target) {
    return ask(world, {.target = target});
}

inline Answer post_raw(World& world, const std::string& filename, const std::string& body) {
    return ask(world, {.method = "POST",
                       .target = "/upload?filename=" + percent_encode(filename, Slash::keep),
                       .headers = {{"Content-Type", "image/png"}},
                       .body = body});
}

inline Answer post_json(World& world, const std::string& body) {
    return ask(world, {.method = "POST",
                       .target = "/upload",
                       .headers = {{"Content-Type", "application/json"}},
                       .body = body});
}

struct FormFile {
    std::string filename;
    std::string body;
};

inline Answer post_form(World& world, const std::vector<FormFile>& files) {
    std::string body;
    for (const auto& [filename, content] : files) {
        body += "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + filename +
                "\"\r\nContent-Type: text/plain\r\n\r\n" + content + "\r\n";
    }
    body += "--edge--\r\n";
    return ask(world, {.method = "POST",
                       .target = "/upload",
                       .headers = {{"Content-Type", "multipart/form-data; boundary=edge"}},
                       .body = body});
}

}  // namespace imagemill::functions
