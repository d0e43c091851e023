// request_head: what a server makes of the head of a request, strictly. Pure.
//
// Errors:  a Refusal, with the status it is answered with. 400 malformed or ambiguous · 413 a
//          Content-Length over the limit · 417 an expectation · 501 a method in small letters,
//          CONNECT, or a transfer coding besides chunked · 505 not HTTP/1.0 or 1.1.
// Threads: pure functions.
// Source:  RFC 9112 2.2 (bare LF), 3 (request line), 3.2 (target, Host), 5.1 and 5.2 (white space),
//          6.1 and 6.3 (what ends a body); RFC 9110 10.1.1 (Expect).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/message.h"

namespace imagemill::net {

struct Refusal {
    int status = 400;
    std::string detail;
    std::optional<Exceeded> exceeded = std::nullopt;
};

struct RequestPlan {
    std::string method;
    std::string path;
    std::string query = {};
    http::Headers headers = {};
    std::optional<std::int64_t> content_length;  // Absent where the body is chunked.
    int version_minor = 1;
    bool keeps_alive = true;
    bool expects_continue = false;

    bool has_body() const { return content_length != 0; }
};

// `text` is the whole head, with its empty line.
std::variant<RequestPlan, Refusal> plan_request(std::string_view text, std::int64_t body_bytes_max);

}  // namespace imagemill::net
