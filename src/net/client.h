// client: sends one HTTP request over a kept connection, TLS or plain, within a deadline.
//
// Shapes:  An Endpoint is scheme, host and port; the request's path and query go as they are. The
//          response's body is read whole, up to `response_bytes_max`.
// Errors:  invalid_argument  the request would break its own head: a target with a space, a header
//                            with a line break, another Content-Length than the body has.
//          timeout       the deadline passed; the request may have been acted on.
//          unavailable   no connection, refused, a certificate that does not fit, cut in the
//                        middle, or an answer that is not HTTP.
//          too_large     the response is larger than asked for.
//          A kept connection that turns out dead before any byte of an answer is replaced once,
//          when the request may be sent twice (not POST, and `is_repeatable`). What says that it
//          may not goes over a connection used within `unrepeatable_idle_max`, or over a fresh one.
// Threads: any; connections are pooled (`idle_connections_max` per endpoint) and no longer used
//          after `idle_timeout` (a frozen Lambda wakes up with dead ones: they are checked before
//          use). No thread watches them: old ones are closed by the next request.
// Cost:    one connection and one buffer per request in flight. The first https request reads the
//          certificate authorities. Looking up a host's name takes the time the system's resolver
//          takes, whatever the deadline.
#pragma once

#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "http/message.h"

namespace imagemill::net {

struct Endpoint {
    std::string scheme = "http";  // or "https"
    std::string host = {};
    int port = 80;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// "https://host[:port][/]"; anything more is invalid_argument.
Result<Endpoint> parse_endpoint(std::string_view url);
// The Host header: the port only where it is not the scheme's own.
std::string host_header(const Endpoint& endpoint);

struct ClientOptions {
    Milliseconds connect_timeout{3'000};
    Milliseconds timeout{60'000};  // A whole exchange, unless `send` is told otherwise; zero: none.
    int idle_connections_max = 8;
    Milliseconds idle_timeout{20'000};
    Milliseconds unrepeatable_idle_max{2'000};  // No server hangs up so soon.
    std::int64_t response_bytes_max = INT64_C(1) << 30;
    std::string ca_file = {};  // Empty: the system's, wherever it keeps them.
    // Who is reached through another that hands the bytes on (relay.h): TLS, the Host header and
    // the messages of errors are those of the endpoint itself, whose name is not looked up.
    std::map<Endpoint, Endpoint> relays = {};
};

struct ClientResponse {
    int status = 0;
    http::Headers headers = {};
    Buffer body = {};
};

struct ClientRequest {
    std::string method = "GET";
    std::string target = "/";    // Path and query, encoded.
    http::Headers headers = {};  // Host and Content-Length are added where missing.
    Bytes body = {};             // Borrowed for the call.
    // Of this answer, where less is wanted than the options allow.
    std::int64_t response_bytes_max = INT64_MAX;
    // A conditional PUT may not be sent twice either: it could meet what its first sending did.
    bool is_repeatable = true;
    // Ends a connected exchange early, as unavailable.
    std::stop_token stopping = {};
};

class Client {
  public:
    virtual ~Client() = default;
    virtual Result<ClientResponse> send(const Endpoint& endpoint, const ClientRequest& request) = 0;
    // With another time than the options'; Milliseconds::zero() waits for ever (Lambda's /next).
    virtual Result<ClientResponse> send(const Endpoint& endpoint, const ClientRequest& request,
                                        Milliseconds timeout) = 0;
    // Reads now what the first request to it would read: the certificate authorities, for https.
    virtual Result<void> prepare(const Endpoint& endpoint) = 0;
};

std::unique_ptr<Client> make_client(const ClientOptions& options);

// Where the system may keep its certificate authorities, the first first: SSL_CERT_FILE's file, if
// set, then Debian's, Amazon Linux's and Alpine's.
std::vector<std::string> authority_files();

}  // namespace imagemill::net
