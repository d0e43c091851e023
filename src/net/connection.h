// connection: serves one client, request after request, until either side has enough.
//
// Threads: run() on the connection's own.
#pragma once

#include <string>

#include "net/server.h"
#include "net/stream.h"

namespace imagemill::net {

// What a connection tells its server, and is told.
class Lifecycle {
  public:
    virtual ~Lifecycle() = default;
    // Around a request whose head is complete. False once the server stops: close.
    virtual bool begin_request() = 0;
    virtual void end_request() = 0;
    virtual bool is_stopping() const = 0;
};

struct ConnectionContext {  // All of it outlives the connection.
    const ServerOptions& options;
    const http::Handler& handler;
    const Log& log;
};

void serve_connection(Socket& socket, const std::string& peer, const ConnectionContext& context,
                      Lifecycle& lifecycle);

}  // namespace imagemill::net
