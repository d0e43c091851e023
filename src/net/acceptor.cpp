#include "net/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "net/address.h"

namespace imagemill::net {
namespace {

// Handlers parse JSON and XML and call SQLite; only touched pages cost memory.
constexpr std::size_t kStackBytes = 1 << 20;
constexpr int kPauseMs = 100;  // Between attempts while the system has no more descriptors.

std::string text_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

bool Acceptor::Peer::begin_request() {
    const std::lock_guard lock(acceptor.mutex_);
    is_busy = true;
    return !acceptor.is_stopping_;
}

void Acceptor::Peer::end_request() {
    const std::lock_guard lock(acceptor.mutex_);
    is_busy = false;
    // The response before this may have said that the connection is kept, and it would wait for
    // the next request while stop() waits for it.
    if (acceptor.is_stopping_) ::shutdown(socket.fd(), SHUT_RDWR);
}

bool Acceptor::Peer::is_stopping() const {
    const std::lock_guard lock(acceptor.mutex_);
    return acceptor.is_stopping_;
}

Result<void> Acceptor::start() {
    wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return Error{Code::unavailable, "No eventfd can be made: " + text_of(errno) + "."};
    acceptor_ = TRY(start_thread(kStackBytes, [this] { accept_loop(); }));
    return {};
}

int Acceptor::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(peers_.size());
}

void Acceptor::accept_loop() {
    while (true) {
        std::array<pollfd, 2> items{pollfd{wake_.get(), POLLIN, 0},
                                    pollfd{listener_.fd.get(), POLLIN, 0}};
        ::poll(items.data(), items.size(), -1);
        if (items[0].revents != 0) return;
        if (items[1].revents == 0) continue;
        while (accept_one()) {
        }
    }
}

// False where nobody else waits, or nobody can be let in.
bool Acceptor::accept_one() {
    Address address;
    Fd fd(
        ::accept4(listener_.fd.get(), address.get(), &address.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd) {
        is_starved_ = false;
        const int on = 1;
        ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        admit(std::move(fd), address.host());
        return true;
    }
    const int error = errno;
    if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
        // The waiting connection keeps the listener readable, so without a pause this would spin.
        if (!is_starved_) log_.error("connections wait", {{"reason", text_of(error)}});
        is_starved_ = true;
        pollfd stop{wake_.get(), POLLIN, 0};
        ::poll(&stop, 1, kPauseMs);
        return false;
    }
    // Others are the one connection's misfortune (accept(2)).
    return error != EAGAIN && error != EWOULDBLOCK;
}

void Acceptor::admit(Fd fd, std::string peer) {
    std::unique_lock lock(mutex_);
    if (is_stopping_) return;
    if (std::cmp_greater_equal(peers_.size(), options_.connections_max)) {
        lock.unlock();
        options_.refuse(fd);
        return;
    }
    const auto it = peers_.emplace(peers_.end(), *this, std::move(fd), std::move(peer));
    lock.unlock();
    const auto thread = start_thread(kStackBytes, [this, it] { serve(it); });
    if (thread) return;
    log_.error("a connection is refused", {{"reason", thread.error().message}});
    Peers refused;
    lock.lock();
    refused.splice(refused.end(), peers_, it);
    lock.unlock();
    emptied_.notify_all();
    ::shutdown(refused.front().socket.fd(), SHUT_RDWR);
}

void Acceptor::serve(Peers::iterator peer) {
    try {
        options_.serve(*peer);
    } catch (const std::exception& exception) {
        log_.error("a connection broke off", {{"exception", exception.what()}});
    }
    finish(peer);
}

void Acceptor::finish(Peers::iterator peer) {
    Peers finished;  // Its socket is closed when no longer in peers_, for stop() may use those.
    std::optional<pthread_t> previous;
    {
        const std::lock_guard lock(mutex_);
        finished.splice(finished.end(), peers_, peer);
        previous = std::exchange(last_finished_, ::pthread_self());
        if (peers_.empty()) emptied_.notify_all();
    }
    if (previous) join_thread(*previous);
}

void Acceptor::stop() {
    std::call_once(stopped_, [this] { stop_once(); });
}

void Acceptor::stop_once() {
    {
        const std::lock_guard lock(mutex_);
        is_stopping_ = true;
    }
    if (acceptor_) {
        ::eventfd_write(wake_.get(), 1);
        join_thread(*acceptor_);
    }
    listener_.fd.reset();
    std::unique_lock lock(mutex_);
    for (const Peer& peer : peers_) {
        if (!peer.is_busy) ::shutdown(peer.socket.fd(), SHUT_RDWR);
    }
    const auto is_empty = [this] { return peers_.empty(); };
    if (!emptied_.wait_for(lock, options_.drain, is_empty)) {
        for (const Peer& peer : peers_) ::shutdown(peer.socket.fd(), SHUT_RDWR);
        emptied_.wait(lock, is_empty);
    }
    const auto last = std::exchange(last_finished_, std::nullopt);
    lock.unlock();
    if (last) join_thread(*last);
}

}  // namespace imagemill::net
