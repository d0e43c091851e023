// exchange: one request and its response over a connected Stream.
//
// Errors:  those of client.h. `is_untouched` of a Failure: not one byte of an answer had come.
// Threads: one.
// Source:  RFC 9112 6.3 (what ends a response's body), RFC 9110 15.2 (interim responses).
#pragma once

#include "net/client.h"
#include "net/stream.h"

namespace imagemill::net {

struct ExchangeResult {
    Result<ClientResponse> response;
    bool keeps_alive = false;   // The stream may serve another exchange.
    bool is_untouched = false;  // Failed before any byte of an answer.
};

// The request's head, with Host and Content-Length; invalid_argument for what would break it.
Result<std::string> format_request_head(const Endpoint& endpoint, const ClientRequest& request);

ExchangeResult run_exchange(Stream& stream, std::string_view head, const ClientRequest& request,
                            SteadyTime deadline, std::int64_t response_bytes_max);

}  // namespace imagemill::net
