// connection_pool: kept connections of a client, by endpoint.
//
// Threads: any.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "net/client.h"
#include "net/stream.h"

namespace imagemill::net {

class ConnectionPool final {
  public:
    ConnectionPool(int per_endpoint_max, Milliseconds idle_timeout)
        : per_endpoint_max_(per_endpoint_max), idle_timeout_(idle_timeout) {}

    // The one used last that is still alive, if it was used within `idle_max`; nullptr where there
    // is none. Closes what is too old, of any endpoint.
    std::unique_ptr<Stream> take(const Endpoint& endpoint, Milliseconds idle_max);
    // Keeps it, and closes the oldest of that endpoint above the maximum.
    void put(const Endpoint& endpoint, std::unique_ptr<Stream> stream);

  private:
    struct Kept {
        std::unique_ptr<Stream> stream;
        SteadyTime since;
        Time time;  // The same: while a process is frozen, a steady clock may stand still.

        bool is_within(Milliseconds idle_max) const;
    };

    const int per_endpoint_max_;
    const Milliseconds idle_timeout_;
    std::mutex mutex_;
    std::map<Endpoint, std::vector<Kept>> kept_;  // Oldest first. Guarded by mutex_.
};

}  // namespace imagemill::net
