#include "net/tls.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "net/client.h"
#include "net/raw_peer.h"

namespace imagemill::net {
namespace {

template <auto function>
struct Deleter {
    template <typename T>
    void operator()(T* item) const {
        function(item);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;

// A key and a certificate for `names` ("DNS:a,IP:b") that vouches for itself.
struct Identity {
    explicit Identity(const std::string& names)
        : key(::EVP_EC_gen("P-256")), certificate(::X509_new()) {
        X509* x = certificate.get();
        ::X509_set_version(x, 2);
        ::ASN1_INTEGER_set(::X509_get_serialNumber(x), 1);
        ::X509_gmtime_adj(::X509_getm_notBefore(x), -3600);
        ::X509_gmtime_adj(::X509_getm_notAfter(x), 3600);
        ::X509_set_pubkey(x, key.get());
        const std::string name = "imagemill test";
        ::X509_NAME_add_entry_by_txt(::X509_get_subject_name(x), "CN", MBSTRING_ASC,
                                     reinterpret_cast<const unsigned char*>(name.data()), -1, -1,
                                     0);
        ::X509_set_issuer_name(x, ::X509_get_subject_name(x));
        extend(NID_subject_alt_name, names);
        extend(NID_basic_constraints, "critical,CA:TRUE");
        EXPECT_GT(::X509_sign(x, key.get(), ::EVP_sha256()), 0);
    }
    void extend(int nid, const std::string& value) {
        X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
        EXPECT_EQ(::X509_add_ext(certificate.get(), extension, -1), 1);
        ::X509_EXTENSION_free(extension);
    }

    Key key;
    Certificate certificate;
};

// The certificate in a file that is gone with it.
class AuthorityFile final {
  public:
    explicit AuthorityFile(const Identity& identity) {
        std::string pattern = testing::TempDir() + "imagemill-ca-XXXXXX";
        const Fd fd(::mkstemp(pattern.data()));
        path_ = pattern;
        std::FILE* file = ::fdopen(::dup(fd.get()), "w");
        EXPECT_EQ(::PEM_write_X509(file, identity.certificate.get()), 1);
        EXPECT_EQ(std::fclose(file), 0);
    }
    ~AuthorityFile() { ::unlink(path_.c_str()); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

// Answers every request with the server name it was asked for, keeping its connections.
class TlsServer final {
  public:
    explicit TlsServer(const Identity& identity) : context_(::SSL_CTX_new(::TLS_server_method())) {
        ::SSL_CTX_use_certificate(context_.get(), identity.certificate.get());
        ::SSL_CTX_use_PrivateKey(context_.get(), identity.key.get());
        listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(::bind(listener_.get(), generic, size), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        EXPECT_EQ(::getsockname(listener_.get(), generic, &size), 0);
        port_ = ntohs(address.sin_port);
        thread_ = std::jthread([this] { run(); });
    }
    ~TlsServer() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        ::shutdown(current_, SHUT_RDWR);
    }
    int port() const { return port_; }
    int connections() const { return connections_; }

  private:
    void run() {
        while (true) {
            const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!peer) return;
            ++connections_;
            current_ = peer.get();
            const std::unique_ptr<SSL, Deleter<SSL_free>> ssl(::SSL_new(context_.get()));
            ::SSL_set_fd(ssl.get(), peer.get());
            if (::SSL_accept(ssl.get()) == 1) answer(ssl.get());
            ::ERR_clear_error();
            current_ = -1;
        }
    }
    static void answer(SSL* ssl) {
        std::string request;
        std::array<char, 16 * 1024> bytes;
        int count = 0;
        while ((count = ::SSL_read(ssl, bytes.data(), static_cast<int>(bytes.size()))) > 0) {
            request.append(bytes.data(), static_cast<std::size_t>(count));
            const std::size_t head = request.find("\r\n\r\n");
            if (head == std::string::npos) continue;
            const std::size_t length = request.find("Content-Length: ");
            const std::size_t body =
                length < head ? std::stoul(request.substr(length + 16)) : std::size_t{0};
            if (request.size() < head + 4 + body) continue;
            const char* name = ::SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
            const std::string text =
                (name != nullptr ? name : "no name") + request.substr(head + 4);
            const std::string response =
                "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" +
                text;
            ::SSL_write(ssl, response.data(), static_cast<int>(response.size()));
            request.clear();
        }
    }

    Context context_;
    Fd listener_;
    int port_ = 0;
    std::atomic<int> connections_ = 0;
    std::atomic<int> current_ = -1;
    std::jthread thread_;
};

Endpoint endpoint_of(const TlsServer& server, const std::string& host) {
    return {.scheme = "https", .host = host, .port = server.port()};
}

const char kLocal[] = "DNS:localhost,IP:127.0.0.1";

TEST(Tls, TalksToAServerItTrustsAndNamesIt) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);
    const auto client = make_client({.connect_timeout = kPatience, .ca_file = authority.path()});

    const auto named = client->send(endpoint_of(server, "localhost"), {});
    ASSERT_TRUE(named) << named.error().message;
    EXPECT_EQ(as_text(named->body), "localhost");
}

TEST(Tls, ChecksAnAddressAsAnAddress) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);

    const auto response = make_client({.connect_timeout = kPatience, .ca_file = authority.path()})
                              ->send(endpoint_of(server, "127.0.0.1"), {});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(as_text(response->body), "no name");
}

TEST(Tls, KeepsItsConnectionThoughTicketsArrive) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);
    const auto client = make_client({.connect_timeout = kPatience, .ca_file = authority.path()});
    for (int i = 0; i < 4; ++i) ASSERT_TRUE(client->send(endpoint_of(server, "localhost"), {}));

    EXPECT_EQ(server.connections(), 1);
}

TEST(Tls, MegabytesPassBothWays) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);
    Buffer body(2'000'000);
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(i * i >> 7);

    const auto response =
        make_client({.connect_timeout = kPatience,
                     .timeout = Milliseconds::zero(),
                     .ca_file = authority.path()})
            ->send(endpoint_of(server, "localhost"), {.method = "PUT", .body = body});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(as_text(response->body), "localhost" + std::string(as_text(body)));
}

TEST(Tls, RefusesAnotherName) {
    const Identity identity("DNS:other.example,IP:127.0.0.2");
    const AuthorityFile authority(identity);
    const TlsServer server(identity);
    const auto client = make_client({.connect_timeout = kPatience, .ca_file = authority.path()});

    for (const char* host : {"localhost", "127.0.0.1"}) {
        const auto response = client->send(endpoint_of(server, host), {});
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, Code::unavailable);
        EXPECT_NE(response.error().message.find("mismatch"), std::string::npos)
            << response.error().message;
    }
}

TEST(Tls, RefusesWhomItDoesNotTrust) {
    const Identity identity(kLocal);
    const Identity stranger(kLocal);
    const AuthorityFile authority(stranger);
    const TlsServer server(identity);

    const auto response = make_client({.connect_timeout = kPatience, .ca_file = authority.path()})
                              ->send(endpoint_of(server, "localhost"), {});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_NE(response.error().message.find("certificate"), std::string::npos)
        << response.error().message;
}

TEST(Tls, TheSystemsAuthoritiesDoNotKnowATest) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);
    EXPECT_FALSE(
        make_client({.connect_timeout = kPatience})->send(endpoint_of(server, "localhost"), {}));

    ASSERT_EQ(::setenv("SSL_CERT_FILE", authority.path().c_str(), 1), 0);
    const auto response =
        make_client({.connect_timeout = kPatience})->send(endpoint_of(server, "localhost"), {});
    ::unsetenv("SSL_CERT_FILE");
    EXPECT_TRUE(response) << response.error().message;
}

TEST(Tls, SaysWhichFileHasNoAuthorities) {
    const Identity identity(kLocal);
    const TlsServer server(identity);

    const auto response = make_client({.connect_timeout = kPatience, .ca_file = "/nowhere/ca.pem"})
                              ->send(endpoint_of(server, "localhost"), {});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_NE(response.error().message.find("/nowhere/ca.pem"), std::string::npos);
}

TEST(Tls, AHandshakeHasADeadline) {
    const Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(listener.get(), generic, size), 0);
    ASSERT_EQ(::listen(listener.get(), 8), 0);
    ASSERT_EQ(::getsockname(listener.get(), generic, &size), 0);
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);

    const auto response =
        make_client({.connect_timeout = Milliseconds(50), .ca_file = authority.path()})
            ->send({"https", "localhost", ntohs(address.sin_port)}, {});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::timeout) << response.error().message;
}

TEST(Tls, PlainHttpIsNoTls) {
    const Identity identity(kLocal);
    const AuthorityFile authority(identity);
    const TlsServer server(identity);

    const auto response =
        make_client({.connect_timeout = kPatience})->send({"http", "127.0.0.1", server.port()}, {});

    EXPECT_EQ(response.error().code, Code::unavailable);
}

}  // namespace
}  // namespace imagemill::net
