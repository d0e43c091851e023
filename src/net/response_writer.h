// response_writer: a Response on the wire. First the head is planned, purely; then it is sent.
//
// Shapes:  Content-Length is what the body has. A HEAD, a 204 and a 304 send no body: then the
//          handler's own Content-Length stays, where the body is empty. A producer is sent chunked;
//          with the handler's Content-Length as it is; up to the end of the connection to HTTP/1.0.
// Errors:  internal  the response cannot be sent: a status outside 200 to 599, or a header that
//                    would break the head. Nothing was sent.
// Threads: one connection's.
// Source:  RFC 9110 8.6 and 9.3.2 (Content-Length, HEAD), RFC 9112 6 and 7.1 (framing, chunks).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "net/stream.h"

namespace imagemill::net {

struct RequestFacts {
    bool is_head = false;
    int version_minor = 1;
    bool keeps_alive = true;
};

struct ResponsePlan {
    std::string head;
    bool sends_body = true;
    bool is_chunked = false;
    std::optional<std::int64_t> length;  // Absent where chunked or up to the end.
    bool keeps_alive = true;
};

Result<ResponsePlan> plan_response(const http::Response& response, const RequestFacts& facts,
                                   std::string_view server_name, Time now);

// Sends it all. unavailable, timeout: the peer is gone or slow; corrupt: the body broke its own
// length. After an error the connection is of no use. A producer may throw: so does this.
Result<void> send_response(Socket& socket, const http::Response& response, const ResponsePlan& plan,
                           Pace pace);

}  // namespace imagemill::net
