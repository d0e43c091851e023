#include "net/client.h"

#include <algorithm>
#include <mutex>

#include "net/connection_pool.h"
#include "net/exchange.h"
#include "net/tls.h"

namespace imagemill::net {
namespace {

class HttpClient final : public Client {
  public:
    explicit HttpClient(const ClientOptions& options)
        : options_(options), pool_(options.idle_connections_max, options.idle_timeout) {}

    Result<ClientResponse> send(const Endpoint& endpoint, const ClientRequest& request) override {
        return send(endpoint, request, options_.timeout);
    }
    Result<ClientResponse> send(const Endpoint& endpoint, const ClientRequest& request,
                                Milliseconds timeout) override;
    Result<void> prepare(const Endpoint& endpoint) override {
        if (endpoint.scheme == "https") TRY(tls());
        return {};
    }

  private:
    Result<std::unique_ptr<Stream>> connect(const Endpoint& endpoint, SteadyTime deadline);
    Result<TlsContext*> tls();

    const ClientOptions options_;
    ConnectionPool pool_;
    std::mutex mutex_;
    std::unique_ptr<TlsContext> tls_;  // Made when first needed. Guarded by mutex_.
};

// Says which exchange it was that failed.
Error named(const Endpoint& endpoint, const ClientRequest& request, Milliseconds timeout,
            Error error) {
    const std::string what = request.method + " " + endpoint.scheme + "://" +
                             host_header(endpoint) +
                             request.target.substr(0, request.target.find('?'));
    if (error.code == Code::timeout) {
        error.message = "The exchange took longer than " + std::to_string(timeout.count()) + " ms";
    }
    error.message = what + ": " + error.message;
    return error;
}

Result<ClientResponse> HttpClient::send(const Endpoint& endpoint, const ClientRequest& request,
                                        Milliseconds timeout) {
    const std::string head = TRY(format_request_head(endpoint, request));
    const SteadyTime deadline = timeout == Milliseconds::zero() ? kNever : after(timeout);
    const auto bytes_max = std::min(options_.response_bytes_max, request.response_bytes_max);
    auto kept = pool_.take(
        endpoint, request.is_repeatable ? options_.idle_timeout : options_.unrepeatable_idle_max);
    if (kept) {
        auto result = run_exchange(*kept, head, request, deadline, bytes_max);
        if (result.keeps_alive) pool_.put(endpoint, std::move(kept));
        if (result.response) return std::move(result.response);
        // It may have died just as it was used. Not POST: it may have been acted on.
        const bool may_repeat = result.is_untouched && request.is_repeatable &&
                                request.method != "POST" &&
                                result.response.error().code == Code::unavailable;
        if (!may_repeat) return named(endpoint, request, timeout, result.response.error());
    }
    auto fresh = connect(endpoint, deadline);
    if (!fresh) return std::move(fresh).error();
    auto result = run_exchange(**fresh, head, request, deadline, bytes_max);
    if (result.keeps_alive) pool_.put(endpoint, *std::move(fresh));
    if (result.response) return std::move(result.response);
    return named(endpoint, request, timeout, result.response.error());
}

Result<std::unique_ptr<Stream>> HttpClient::connect(const Endpoint& endpoint, SteadyTime deadline) {
    TlsContext* tls_context = nullptr;
    if (endpoint.scheme == "https") tls_context = TRY(tls());
    // Reading the authorities, once, is not the server's time.
    const SteadyTime connected_by = std::min(deadline, after(options_.connect_timeout));
    const auto relay = options_.relays.find(endpoint);
    const Endpoint& peer = relay == options_.relays.end() ? endpoint : relay->second;
    Fd fd = TRY(connect_to(peer.host, peer.port, connected_by));
    if (tls_context != nullptr) {
        return tls_context->connect(std::move(fd), endpoint.host, connected_by);
    }
    return std::unique_ptr<Stream>(std::make_unique<Socket>(std::move(fd)));
}

Result<TlsContext*> HttpClient::tls() {
    const std::lock_guard lock(mutex_);
    if (!tls_) tls_ = TRY(make_tls_context(options_.ca_file));
    return tls_.get();
}

}  // namespace

std::unique_ptr<Client> make_client(const ClientOptions& options) {
    return std::make_unique<HttpClient>(options);
}

}  // namespace imagemill::net
