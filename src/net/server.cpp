#include "net/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>

#include "http/problem.h"
#include "net/connection.h"
#include "net/response_writer.h"
#include "net/thread.h"

namespace imagemill::net {
namespace {

// Handlers parse JSON and XML and call SQLite; only touched pages cost memory.
constexpr std::size_t kStackBytes = 1 << 20;
constexpr int kBacklog = 1024;
constexpr int kPauseMs = 100;  // Between attempts while the system has no more descriptors.

std::string text_of(int error) {
    return std::generic_category().message(error);
}

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    sockaddr_in* v4() { return reinterpret_cast<sockaddr_in*>(&storage); }
    sockaddr_in6* v6() { return reinterpret_cast<sockaddr_in6*>(&storage); }
    int port() { return ntohs(storage.ss_family == AF_INET6 ? v6()->sin6_port : v4()->sin_port); }
    std::string host() {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const void* bytes = &v4()->sin_addr;
        if (storage.ss_family == AF_INET6) bytes = &v6()->sin6_addr;
        ::inet_ntop(storage.ss_family, bytes, text.data(), text.size());
        return text.data();
    }
};

std::optional<Address> parse_address(const std::string& host, int port) {
    Address address;
    if (::inet_pton(AF_INET, host.c_str(), &address.v4()->sin_addr) == 1) {
        address.storage.ss_family = AF_INET;
        address.v4()->sin_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof(sockaddr_in);
        return address;
    }
    if (::inet_pton(AF_INET6, host.c_str(), &address.v6()->sin6_addr) == 1) {
        address.storage.ss_family = AF_INET6;
        address.v6()->sin6_port = htons(static_cast<std::uint16_t>(port));
        address.size = sizeof(sockaddr_in6);
        return address;
    }
    return std::nullopt;
}

class HttpServer final : public Server {
  public:
    HttpServer(ServerOptions options, http::Handler handler, const Log& log, Listener listener)
        : options_(std::move(options)),
          handler_(std::move(handler)),
          log_(log),
          listener_(std::move(listener)) {}
    ~HttpServer() override { stop(); }

    Result<void> start();
    int port() const override { return listener_.port; }
    int connections() const override;
    void stop() override;

  private:
    // One connection; in peers_ from before its thread starts until just before that ends.
    struct Peer final : Lifecycle {
        Peer(HttpServer& server_given, Fd fd, std::string name_given)
            : server(server_given), socket(std::move(fd)), name(std::move(name_given)) {}
        bool begin_request() override;
        void end_request() override;
        bool is_stopping() const override;

        HttpServer& server;
        Socket socket;
        std::string name;
        bool is_busy = false;  // Guarded by the server's mutex_.
    };
    using Peers = std::list<Peer>;

    void accept_loop();
    bool accept_one();
    void admit(Fd fd, std::string peer);
    void refuse(const Fd& fd, std::string_view detail);
    void serve(Peers::iterator peer);
    void finish(Peers::iterator peer);
    void stop_once();

    const ServerOptions options_;
    const http::Handler handler_;
    const Log& log_;
    Listener listener_;
    Fd wake_;  // Readable once the server stops.
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

bool HttpServer::Peer::begin_request() {
    const std::lock_guard lock(server.mutex_);
    is_busy = true;
    return !server.is_stopping_;
}

void HttpServer::Peer::end_request() {
    const std::lock_guard lock(server.mutex_);
    is_busy = false;
    // The response before this may have said that the connection is kept, and it would wait for
    // the next request while stop() waits for it.
    if (server.is_stopping_) ::shutdown(socket.fd(), SHUT_RDWR);
}

bool HttpServer::Peer::is_stopping() const {
    const std::lock_guard lock(server.mutex_);
    return server.is_stopping_;
}

Result<void> HttpServer::start() {
    wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return Error{Code::unavailable, "No eventfd can be made: " + text_of(errno) + "."};
    acceptor_ = TRY(start_thread(kStackBytes, [this] { accept_loop(); }));
    return {};
}

int HttpServer::connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(peers_.size());
}

void HttpServer::accept_loop() {
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
bool HttpServer::accept_one() {
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

void HttpServer::admit(Fd fd, std::string peer) {
    std::unique_lock lock(mutex_);
    if (is_stopping_) return;
    if (std::cmp_greater_equal(peers_.size(), options_.connections_max)) {
        lock.unlock();
        refuse(fd, "The server has as many connections as it may (connections_max).");
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

// Without a thread and without waiting: what fits into the socket's buffer is the answer.
void HttpServer::refuse(const Fd& fd, std::string_view detail) {
    const http::Response response = http::problem(503, detail);
    const auto plan =
        plan_response(response, {.keeps_alive = false}, options_.name, system_clock().now());
    const std::string text = plan->head + http::body_text(response);
    ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
    ::shutdown(fd.get(), SHUT_WR);
    // Closing with bytes unread would reset the connection before the answer is seen.
    std::array<char, 4096> unread;
    for (int i = 0; i < 16 && ::recv(fd.get(), unread.data(), unread.size(), 0) > 0; ++i) {
    }
}

void HttpServer::serve(Peers::iterator peer) {
    try {
        serve_connection(peer->socket, peer->name,
                         {.options = options_, .handler = handler_, .log = log_}, *peer);
    } catch (const std::exception& exception) {
        log_.error("a connection broke off", {{"exception", exception.what()}});
    }
    finish(peer);
}

void HttpServer::finish(Peers::iterator peer) {
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

void HttpServer::stop() {
    std::call_once(stopped_, [this] { stop_once(); });
}

void HttpServer::stop_once() {
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

}  // namespace

Result<Listener> bind_listener(const std::string& host, int port) {
    const auto failed = [&](const std::string& reason) {
        return Error{Code::unavailable, "The address " + host + " port " + std::to_string(port) +
                                            " cannot be listened on: " + reason + "."};
    };
    auto address = port >= 0 && port <= 65'535 ? parse_address(host, port) : std::nullopt;
    if (!address) return failed("it is not a literal IPv4 or IPv6 address and a port up to 65535");
    Fd fd(::socket(address->storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed(text_of(errno));
    // A restart need not wait for the connections of the run before to be forgotten.
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), address->get(), address->size) != 0 || ::listen(fd.get(), kBacklog) != 0) {
        return failed(text_of(errno));
    }
    address->size = sizeof(sockaddr_storage);
    if (::getsockname(fd.get(), address->get(), &address->size) != 0) return failed(text_of(errno));
    return Listener{std::move(fd), address->port()};
}

Result<std::unique_ptr<Server>> make_server(const ServerOptions& options, http::Handler handler,
                                            const Log& log) {
    Listener listener = TRY(bind_listener(options.host, options.port));
    return make_server(std::move(listener), options, std::move(handler), log);
}

Result<std::unique_ptr<Server>> make_server(Listener listener, const ServerOptions& options,
                                            http::Handler handler, const Log& log) {
    auto server =
        std::make_unique<HttpServer>(options, std::move(handler), log, std::move(listener));
    TRY(server->start());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace imagemill::net
