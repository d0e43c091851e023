#include "net/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "net/client.h"

namespace imagemill::net {
namespace {

template <auto function>
struct Deleter {
    template <typename T>
    void operator()(T* item) const {
        function(item);
    }
};
using SslContext = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Ssl = std::unique_ptr<SSL, Deleter<SSL_free>>;
using BioMethod = std::unique_ptr<BIO_METHOD, Deleter<BIO_meth_free>>;

std::string last_reason() {
    const unsigned long code = ::ERR_peek_last_error();
    const char* reason = code != 0 ? ::ERR_reason_error_string(code) : nullptr;
    return reason != nullptr ? reason : "the connection was closed";
}

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE when the peer is gone.
int bio_write(BIO* bio, const char* data, int size) {
    const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio)));
    ::BIO_clear_retry_flags(bio);
    const ssize_t count = ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) ::BIO_set_retry_write(bio);
    return static_cast<int>(count);
}

int bio_read(BIO* bio, char* data, int size) {
    const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(::BIO_get_data(bio)));
    ::BIO_clear_retry_flags(bio);
    const ssize_t count = ::recv(fd, data, static_cast<std::size_t>(size), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) ::BIO_set_retry_read(bio);
    if (count == 0) ::BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(count);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return ::BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BioMethod make_bio_method() {
    BioMethod method(::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
    ::BIO_meth_set_write(method.get(), bio_write);
    ::BIO_meth_set_read(method.get(), bio_read);
    ::BIO_meth_set_ctrl(method.get(), bio_control);
    return method;
}

class TlsStream final : public Stream {
  public:
    TlsStream(Fd fd, Ssl ssl) : fd_(std::move(fd)), ssl_(std::move(ssl)) {}
    ~TlsStream() override {
        // The goodbye goes out if it fits; nobody waits for the peer's.
        if (!is_broken_) ::SSL_shutdown(ssl_.get());
        ::ERR_clear_error();
    }

    Result<void> handshake(const std::string& host, SteadyTime deadline) {
        const auto done = run(deadline, [this] { return ::SSL_connect(ssl_.get()); });
        if (done) return {};
        std::string reason = done.error().message;
        const long verified = ::SSL_get_verify_result(ssl_.get());
        if (verified != X509_V_OK) reason = ::X509_verify_cert_error_string(verified);
        return Error{done.error().code, "No TLS connection to " + host + ": " + reason + "."};
    }

    Result<std::size_t> read_some(std::span<std::byte> to, SteadyTime deadline) override {
        const int size = static_cast<int>(std::min<std::size_t>(to.size(), INT_MAX));
        return run(deadline, [&] { return ::SSL_read(ssl_.get(), to.data(), size); });
    }

    Result<std::size_t> write_some(Bytes bytes, SteadyTime deadline) override {
        const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
        auto count = run(deadline, [&] { return ::SSL_write(ssl_.get(), bytes.data(), size); });
        if (!count || *count > 0) return count;
        return Error{Code::unavailable, "The server has closed the TLS connection."};
    }

    // Readable is not yet loud: session tickets come when it pleases the server.
    bool is_quiet() override {
        char byte = 0;
        ::ERR_clear_error();
        const int count = ::SSL_peek(ssl_.get(), &byte, 1);
        const bool waits = count <= 0 && ::SSL_get_error(ssl_.get(), count) == SSL_ERROR_WANT_READ;
        ::ERR_clear_error();
        return waits;
    }

    int fd() const override { return fd_.get(); }

  private:
    template <typename Call>
    Result<std::size_t> run(SteadyTime deadline, Call call) {
        while (true) {
            ::ERR_clear_error();
            const int count = call();
            if (count > 0) return static_cast<std::size_t>(count);
            const int error = ::SSL_get_error(ssl_.get(), count);
            if (error == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
            if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
                is_broken_ = true;  // Nothing may be asked of it any more, not even a goodbye.
                return Error{Code::unavailable, "TLS failed: " + last_reason()};
            }
            const auto ready = wait_until_ready(
                fd_.get(), error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline);
            if (!ready) return ready.error();
        }
    }

    Fd fd_;
    Ssl ssl_;
    bool is_broken_ = false;
};

bool is_address(const std::string& host) {
    in6_addr bytes{};
    return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

// OpenSSL's macro SSL_set_tlsext_host_name, without its C cast.
bool set_server_name(SSL* ssl, std::string host) {
    return ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data()) ==
           1;
}

class OpenSslContext final : public TlsContext {
  public:
    explicit OpenSslContext(SslContext context)
        : context_(std::move(context)), bio_method_(make_bio_method()) {}

    Result<std::unique_ptr<Stream>> connect(Fd fd, const std::string& host,
                                            SteadyTime deadline) override {
        Ssl ssl(::SSL_new(context_.get()));
        BIO* bio = ::BIO_new(bio_method_.get());
        if (!ssl || bio == nullptr) {
            return Error{Code::unavailable,
                         "No TLS connection can be made: " + last_reason() + "."};
        }
        ::BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd.get())));
        ::BIO_set_init(bio, 1);
        ::SSL_set_bio(ssl.get(), bio, bio);  // The Ssl's now.
        const bool is_named =
            is_address(host)
                ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl.get()), host.c_str()) == 1
                : ::SSL_set1_host(ssl.get(), host.c_str()) == 1 && set_server_name(ssl.get(), host);
        if (!is_named) {
            return Error{Code::unavailable,
                         "No certificate can be checked for the name " + host + "."};
        }
        auto stream = std::make_unique<TlsStream>(std::move(fd), std::move(ssl));
        TRY(stream->handshake(host, deadline));
        return std::unique_ptr<Stream>(std::move(stream));
    }

  private:
    SslContext context_;
    BioMethod bio_method_;
};

// The first bundle that is there.
Result<void> load_system_authorities(SSL_CTX* context) {
    for (const std::string& file : authority_files()) {
        if (::SSL_CTX_load_verify_file(context, file.c_str()) == 1) return {};
    }
    return Error{Code::unavailable,
                 "No certificate authorities are found on this system; SSL_CERT_FILE may name a "
                 "file of them."};
}

}  // namespace

std::vector<std::string> authority_files() {
    std::vector<std::string> files{"/etc/ssl/certs/ca-certificates.crt",
                                   "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};
    const char* const named = std::getenv("SSL_CERT_FILE");
    if (named != nullptr && *named != '\0') files.insert(files.begin(), named);
    return files;
}

Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& ca_file) {
    SslContext context(::SSL_CTX_new(::TLS_client_method()));
    if (!context) return Error{Code::unavailable, "OpenSSL does not start: " + last_reason() + "."};
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    if (ca_file.empty()) {
        TRY(load_system_authorities(context.get()));
    } else if (::SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
        return Error{Code::unavailable, "No certificate authorities can be read from " + ca_file +
                                            ": " + last_reason() + "."};
    }
    return std::unique_ptr<TlsContext>(std::make_unique<OpenSslContext>(std::move(context)));
}

}  // namespace imagemill::net
