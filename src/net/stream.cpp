#include "net/stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace imagemill::net {
namespace {

std::string text_of(int error) {
    return std::generic_category().message(error);
}

bool is_not_ready(int error) {
    return error == EAGAIN || error == EWOULDBLOCK;
}

// Repeats `call` until it is ready, fails or is too late. `call` returns as a system call does.
template <typename Call>
Result<std::size_t> when_ready(int fd, short events, SteadyTime deadline, Call call) {
    while (true) {
        const ssize_t count = call();
        if (count >= 0) return static_cast<std::size_t>(count);
        if (errno == EINTR) continue;
        if (!is_not_ready(errno)) {
            return Error{Code::unavailable, "The connection broke: " + text_of(errno) + "."};
        }
        TRY(wait_until_ready(fd, events, deadline));
    }
}

struct AddressesDeleter {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;

Result<Addresses> resolve(const std::string& host, int port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
    if (error != 0) {
        return Error{Code::unavailable,
                     "The host " + host + " has no address: " + ::gai_strerror(error) + "."};
    }
    return Addresses(list);
}

Result<Fd> connect_address(const addrinfo& address, SteadyTime deadline) {
    Fd fd(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return Error{Code::unavailable, "No socket can be made: " + text_of(errno) + "."};
    // Requests go out in one piece; waiting for more would only delay the last packet.
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return fd;
    if (errno != EINPROGRESS) return Error{Code::unavailable, text_of(errno)};
    TRY(wait_until_ready(fd.get(), POLLOUT, deadline));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Error{Code::unavailable, text_of(error)};
    return fd;
}

}  // namespace

SteadyTime steady_now() {
    return system_clock().steady();
}

SteadyTime after(Milliseconds duration) {
    return steady_now() + duration;
}

Result<void> wait_until_ready(int fd, short events, SteadyTime deadline) {
    while (true) {
        int wait_ms = -1;
        if (deadline != kNever) {
            const auto left = (deadline - steady_now()).count();
            wait_ms = static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
        }
        pollfd item{fd, events, 0};
        const int ready = ::poll(&item, 1, wait_ms);
        if (ready > 0) return {};  // POLLERR and POLLHUP are told by the next call on `fd`.
        if (ready < 0 && errno != EINTR) {
            return Error{Code::unavailable, "Waiting for a peer failed: " + text_of(errno) + "."};
        }
        if (ready == 0 && steady_now() >= deadline) {
            return Error{Code::timeout, "The peer was not ready in time."};
        }
    }
}

Result<std::size_t> Socket::read_some(std::span<std::byte> to, SteadyTime deadline) {
    return when_ready(fd_.get(), POLLIN, deadline,
                      [&] { return ::recv(fd_.get(), to.data(), to.size(), 0); });
}

Result<std::size_t> Socket::write_some(Bytes bytes, SteadyTime deadline) {
    return when_ready(fd_.get(), POLLOUT, deadline,
                      [&] { return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
}

bool Socket::is_quiet() {
    char byte = 0;
    return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && is_not_ready(errno);
}

Result<std::size_t> Socket::send_file(int file, std::int64_t offset, std::size_t count,
                                      SteadyTime deadline) {
    off_t from = static_cast<off_t>(offset);
    return when_ready(fd_.get(), POLLOUT, deadline,
                      [&] { return ::sendfile(fd_.get(), file, &from, count); });
}

Result<void> write_all(Stream& stream, Bytes bytes, SteadyTime deadline) {
    while (!bytes.empty()) {
        bytes = bytes.subspan(TRY(stream.write_some(bytes, deadline)));
    }
    return {};
}

Result<Fd> connect_to(const std::string& host, int port, SteadyTime deadline) {
    const Addresses addresses = TRY(resolve(host, port));
    int left = 0;
    for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next) ++left;
    Error last{Code::unavailable, "no address"};
    for (const addrinfo* a = addresses.get(); a != nullptr; a = a->ai_next, --left) {
        // An address that does not answer leaves time for those after it.
        const SteadyTime now = steady_now();
        auto fd = connect_address(*a, deadline == kNever ? kNever : now + (deadline - now) / left);
        if (fd) return fd;
        last = std::move(fd).error();
    }
    const std::string reason = last.code == Code::timeout ? "no answer in time" : last.message;
    return Error{last.code, "No connection to " + host + " port " + std::to_string(port) + ": " +
                                reason + "."};
}

SteadyTime Pace::deadline(SteadyTime now) const {
    if (bytes_per_second_min_ <= 0) return now + timeout_;
    const Milliseconds earned(bytes_ / bytes_per_second_min_ * 1000 +
                              bytes_ % bytes_per_second_min_ * 1000 / bytes_per_second_min_);
    return now + std::min(timeout_, timeout_ + earned - waited_);
}

void Pace::add(std::size_t bytes, Milliseconds waited) {
    bytes_ += static_cast<std::int64_t>(bytes);
    waited_ += waited;
}

Result<void> write_paced(Stream& stream, Bytes bytes, Pace& pace) {
    while (!bytes.empty()) {
        const SteadyTime start = steady_now();
        const std::size_t count = TRY(stream.write_some(bytes, pace.deadline(start)));
        pace.add(count, steady_now() - start);
        bytes = bytes.subspan(count);
    }
    return {};
}

}  // namespace imagemill::net
