#include "net/server.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>

#include "http/problem.h"
#include "net/acceptor.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/response_writer.h"

namespace imagemill::net {
namespace {

constexpr int kBacklog = 1024;

std::string text_of(int error) {
    return std::generic_category().message(error);
}

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
          acceptor_({.connections_max = options_.connections_max,
                     .drain = options_.drain,
                     .serve = [this](Acceptor::Peer& peer) { serve(peer); },
                     .refuse = [this](const Fd& fd) { refuse(fd); }},
                    std::move(listener), log) {}
    ~HttpServer() override { stop(); }

    Result<void> start() { return acceptor_.start(); }
    int port() const override { return acceptor_.port(); }
    int connections() const override { return acceptor_.connections(); }
    void stop() override { acceptor_.stop(); }

  private:
    void serve(Acceptor::Peer& peer) {
        serve_connection(peer.socket, peer.name,
                         {.options = options_, .handler = handler_, .log = log_}, peer);
    }
    void refuse(const Fd& fd);

    const ServerOptions options_;
    const http::Handler handler_;
    const Log& log_;
    Acceptor acceptor_;
};

// Without a thread and without waiting: what fits into the socket's buffer is the answer.
void HttpServer::refuse(const Fd& fd) {
    const http::Response response =
        http::problem(503, "The server has as many connections as it may (connections_max).");
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
