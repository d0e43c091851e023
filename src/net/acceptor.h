// acceptor: the threads of a listener: one that lets connections in, one for each of them up to a
// bound, and their orderly end. Private to net: a server and a relay are made of it.
//
// Shapes:  start() accepts from then on. stop() lets nobody in any more, shuts idle connections
// down
//          at once, busy ones after `drain`, and returns when the last thread has ended. Once.
// Errors:  unavailable  no thread, no eventfd.
//          A lack of descriptors or threads is logged; connections wait, or are refused.
// Threads: `serve` runs on a connection's own, with SIGPIPE blocked; `refuse` on the acceptor's.
// Cost:    a stack of 1 MB, touched as needed, per connection.
#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.h"
#include "net/connection.h"
#include "net/server.h"
#include "net/stream.h"
#include "net/thread.h"

namespace imagemill::net {

class Acceptor final {
  public:
    // One connection; in peers_ from before its thread starts until just before that ends.
    struct Peer final : Lifecycle {
        Peer(Acceptor& acceptor_given, Fd fd, std::string name_given)
            : acceptor(acceptor_given), socket(std::move(fd)), name(std::move(name_given)) {}
        bool begin_request() override;
        void end_request() override;
        bool is_stopping() const override;

        Acceptor& acceptor;
        Socket socket;
        std::string name;      // Its address, no port.
        bool is_busy = false;  // Guarded by the acceptor's mutex_.
    };
    struct Options {
        int connections_max = 512;
        Milliseconds drain{5'000};
        std::function<void(Peer& peer)> serve = {};
        // One too many, or no thread for it: it may not wait. The connection is closed after it.
        std::function<void(const Fd& fd)> refuse = {};
    };

    // `log` outlives it.
    Acceptor(Options options, Listener listener, const Log& log)
        : options_(std::move(options)), log_(log), listener_(std::move(listener)) {}
    ~Acceptor() { stop(); }

    Result<void> start();
    void stop();
    int port() const { return listener_.port; }
    int connections() const;

  private:
    using Peers = std::list<Peer>;

    void accept_loop();
    bool accept_one();
    void admit(Fd fd, std::string peer);
    void serve(Peers::iterator peer);
    void finish(Peers::iterator peer);
    void stop_once();

    const Options options_;
    const Log& log_;
    Listener listener_;
    Fd wake_;  // Readable once it stops.
    std::optional<pthread_t> acceptor_;
    bool is_starved_ = false;  // The acceptor's: said once a shortage.
    std::once_flag stopped_;

    mutable std::mutex mutex_;
    std::condition_variable emptied_;
    Peers peers_;  // Guarded by mutex_, as are those below.
    bool is_stopping_ = false;
    // A thread cannot join itself, so each one that ends joins the one before and leaves itself.
    std::optional<pthread_t> last_finished_;
};

}  // namespace imagemill::net
