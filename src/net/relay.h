// relay: hands the bytes of each connection to a listener on to one endpoint, and back: for who can
// reach the listener alone.
//
// Shapes:  A connection for each that comes in. Bytes are not looked at: TLS goes through from end
//          to end. The end of one direction is handed on as such, and the other goes on. The
//          endpoint's name is looked up anew each time. Nothing is tried twice: where the endpoint
//          is not reached, the connection that came in is closed.
// Errors:  unavailable  no thread. That the endpoint cannot be reached is logged, once until it
// can. Threads: one per connection up to `connections_max`, above it they are closed at once.
// stop() cuts
//          all; it waits for a name that is being looked up.
// Cost:    two buffers of 32 KB per connection, and a copy of every byte.
#pragma once

#include <memory>

#include "base/log.h"
#include "net/client.h"
#include "net/server.h"

namespace imagemill::net {

struct RelayOptions {
    Endpoint to = {};
    int connections_max = 32;
    Milliseconds connect_timeout{3'000};
    // Without a byte in either direction: longer than a client waits for an answer.
    Milliseconds idle_timeout{90'000};
};

class Relay {
  public:
    virtual ~Relay() = default;  // Stops.
    virtual int port() const = 0;
    virtual int connections() const = 0;
    virtual void stop() = 0;
};

// `log` outlives the relay.
Result<std::unique_ptr<Relay>> make_relay(Listener listener, const RelayOptions& options,
                                          const Log& log);

}  // namespace imagemill::net
