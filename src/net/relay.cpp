#include "net/relay.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "net/acceptor.h"

namespace imagemill::net {
namespace {

constexpr std::size_t kBufferBytes = 32 * 1024;

enum class Step { moved, waits, broken };

Step step_of_error() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? Step::waits : Step::broken;
}

// One direction.
class Flow final {
  public:
    Flow(int from, int to) : from_(from), to_(to) {}

    // As much as goes without waiting, up to a buffer.
    Step move() {
        if (has_ended_) return Step::waits;
        if (held_.empty() && !is_read_out_) {
            const ssize_t count = ::recv(from_, buffer_.data(), buffer_.size(), 0);
            if (count < 0) return step_of_error();
            is_read_out_ = count == 0;
            held_ = Bytes(buffer_).first(static_cast<std::size_t>(count));
        }
        if (held_.empty()) {
            has_ended_ = true;
            return ::shutdown(to_, SHUT_WR) == 0 ? Step::moved : Step::broken;
        }
        const ssize_t count = ::send(to_, held_.data(), held_.size(), MSG_NOSIGNAL);
        if (count < 0) return step_of_error();
        held_ = held_.subspan(static_cast<std::size_t>(count));
        return Step::moved;
    }

    bool has_ended() const { return has_ended_; }
    bool waits_for_source() const { return held_.empty() && !is_read_out_; }
    bool waits_for_sink() const { return !held_.empty(); }

  private:
    const int from_;
    const int to_;
    std::array<std::byte, kBufferBytes> buffer_;
    Bytes held_;  // Of the buffer: what is still to be sent.
    bool is_read_out_ = false;
    bool has_ended_ = false;
};

// One that nothing is expected of is not looked at: it would tell of its end again and again.
pollfd item_of(int fd, const Flow& from_it, const Flow& to_it) {
    int events = 0;
    if (from_it.waits_for_source()) events |= POLLIN;
    if (to_it.waits_for_sink()) events |= POLLOUT;
    return {events == 0 ? -1 : fd, static_cast<short>(events), 0};
}

// Until both directions have ended, one broke, or nothing has moved for `idle_timeout`.
void hand_on(int inner, int outer, Milliseconds idle_timeout) {
    Flow out(inner, outer);
    Flow back(outer, inner);
    while (!out.has_ended() || !back.has_ended()) {
        const Step first = out.move();
        const Step second = back.move();
        if (first == Step::broken || second == Step::broken) return;
        if (first == Step::moved || second == Step::moved) continue;
        std::array<pollfd, 2> items{item_of(inner, out, back), item_of(outer, back, out)};
        items[0].fd = inner;  // Whatever is expected of it: nobody is left to hand anything to.
        const int ready =
            ::poll(items.data(), items.size(), static_cast<int>(idle_timeout.count()));
        if (ready == 0 || (ready < 0 && errno != EINTR)) return;
        if ((items[0].revents & (POLLHUP | POLLERR)) != 0) return;
    }
}

class ByteRelay final : public Relay {
  public:
    ByteRelay(Listener listener, const RelayOptions& options, const Log& log)
        : options_(options),
          log_(log),
          acceptor_({.connections_max = options.connections_max,
                     .drain = Milliseconds(0),
                     .serve = [this](Acceptor::Peer& peer) { serve(peer); },
                     .refuse = [](const Fd&) {}},
                    std::move(listener), log) {}

    Result<void> start() { return acceptor_.start(); }
    int port() const override { return acceptor_.port(); }
    int connections() const override { return acceptor_.connections(); }
    void stop() override { acceptor_.stop(); }

  private:
    void serve(const Acceptor::Peer& peer) {
        const Endpoint& to = options_.to;
        const auto outer = connect_to(to.host, to.port, after(options_.connect_timeout));
        const bool was_failing = is_failing_.exchange(!outer);
        if (!outer) {
            if (!was_failing) log_.warn(outer.error().message, {{"by", "relay"}});
            return;
        }
        hand_on(peer.socket.fd(), outer->get(), options_.idle_timeout);
    }

    const RelayOptions options_;
    const Log& log_;
    std::atomic<bool> is_failing_ = false;
    Acceptor acceptor_;
};

}  // namespace

Result<std::unique_ptr<Relay>> make_relay(Listener listener, const RelayOptions& options,
                                          const Log& log) {
    auto relay = std::make_unique<ByteRelay>(std::move(listener), options, log);
    TRY(relay->start());
    return std::unique_ptr<Relay>(std::move(relay));
}

}  // namespace imagemill::net
