// server: an HTTP/1.1 server that runs one Handler on bounded blocking threads.
//
// Shapes:  make_server binds and listens; requests are served from then on. stop() refuses new
//          work, closes idle connections at once, lets what runs finish within `drain`, then cuts,
//          and returns when the last handler has. The destructor stops. Never from a handler.
//          A body a handler left unread is read over if it is small, else the connection closes.
// Errors:  unavailable  the address cannot be bound; says which and why.
//          A malformed or oversized request is answered (400, 408, 413, 417, 431, 501, 505) and the
//          connection closed; the handler never sees it. Two Content-Lengths, Content-Length with
//          Transfer-Encoding, obs-fold and bare LF are malformed: none is guessed at.
//          A handler reads too_large from a chunked body over `body_bytes_max`, timeout from a slow
//          one, corrupt or unavailable from one that breaks off.
//          A response no client should see (a status such as 42, a header with a line break), a
//          file that ends early and a producer that breaks its Content-Length are logged.
// Threads: one per connection up to `connections_max`, 503 above it; the Handler runs on them, with
//          SIGPIPE blocked.
// Cost:    a 64 KB buffer and a 1 MB stack, touched as needed, per connection; idle connections
//          cost no CPU.
// Source:  RFC 9112.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "http/message.h"

namespace imagemill::net {

// A port that is taken but not yet served: whoever connects waits.
struct Listener {
    Fd fd;
    int port = 0;
};
// `host` is a literal IPv4 or IPv6 address; port 0 picks a free one.
Result<Listener> bind_listener(const std::string& host, int port);

struct ServerOptions {
    std::string host = "127.0.0.1";  // As bind_listener has them.
    int port = 0;
    int connections_max = 512;
    int header_bytes_max = 16 * 1024;  // Request line and headers.
    std::int64_t body_bytes_max =
        INT64_C(5) << 30;  // 413 above it; a handler may have a smaller bound of its own.
    Milliseconds header_timeout{10'000};  // From the first byte of a request to its last header.
    Milliseconds idle_timeout{60'000};    // Between requests of a kept connection.
    Milliseconds read_timeout{60'000};    // A body must bring some byte within this, and
    std::int64_t read_bytes_per_second_min =
        1'024;                           // on average this many after the first `read_timeout`.
    Milliseconds write_timeout{60'000};  // Likewise, with the same average, for a response.
    Milliseconds drain{5'000};
    std::string name = {};  // The Server header; empty for none.
};

class Server {
  public:
    virtual ~Server() = default;
    virtual int port() const = 0;
    virtual int connections() const = 0;
    virtual void stop() = 0;
};

// `handler` answers every request, `100-continue` is sent when its body is first read. Whatever it
// throws becomes 500 and a log line. `log` outlives the server.
Result<std::unique_ptr<Server>> make_server(const ServerOptions& options, http::Handler handler,
                                            const Log& log);
// The same on a port taken before; `options.host` and `port` are not asked.
Result<std::unique_ptr<Server>> make_server(Listener listener, const ServerOptions& options,
                                            http::Handler handler, const Log& log);

}  // namespace imagemill::net
