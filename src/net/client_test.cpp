#include "net/client.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <functional>
#include <latch>
#include <thread>

#include "net/raw_peer.h"
#include "net/server.h"

namespace imagemill::net {
namespace {

const Log& quiet_log() {
    static const Log log(system_clock(), Level::error, [](std::string_view) {});
    return log;
}

Endpoint endpoint_of(int port) {
    return {.scheme = "http", .host = "127.0.0.1", .port = port};
}

std::unique_ptr<Server> serve(http::Handler handler) {
    return *make_server({}, std::move(handler), quiet_log());
}

// A server that takes connections one after another, and answers the requests of each with the
// next of its answers, whatever they are. An empty answer closes.
class ScriptedServer final {
  public:
    using Script = std::vector<std::vector<std::string>>;  // Answers, connection by connection.

    explicit ScriptedServer(Script script) : script_(std::move(script)) {
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
    ~ScriptedServer() { ::shutdown(listener_.get(), SHUT_RDWR); }

    Endpoint endpoint() const { return endpoint_of(port_); }
    int requests() const { return requests_; }

  private:
    void run() {
        for (const auto& answers : script_) {
            const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!peer) return;
            for (const std::string& answer : answers) {
                if (!take_request(peer)) break;
                ++requests_;
                ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
            }
        }
    }
    // Requests here have no bodies but "x".
    static bool take_request(const Fd& peer) {
        std::string text;
        char c = 0;
        while (!text.ends_with("\r\n\r\n")) {
            if (::recv(peer.get(), &c, 1, 0) != 1) return false;
            text += c;
        }
        const bool has_body = text.find("Content-Length: 1\r\n") != std::string::npos;
        return !has_body || ::recv(peer.get(), &c, 1, 0) == 1;
    }

    const Script script_;
    Fd listener_;
    int port_ = 0;
    std::atomic<int> requests_ = 0;
    std::jthread thread_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Says what it was asked; its connections can be counted.
struct CountingServer {
    CountingServer()
        : server(serve([](http::Request& request) {
              const auto body = http::read_all(*request.body, INT64_C(1) << 30, "test");
              http::Response response = http::Response::text(200, "text/plain", request.method);
              response.headers.add("X-Length", std::to_string(body ? body->size() : 0));
              response.headers.add("X-Host", std::string(request.headers.get_or("Host", "")));
              response.headers.add("X-Target", request.target());
              return response;
          })) {}
    std::unique_ptr<Server> server;
};

TEST(Endpoint, IsSchemeHostAndPort) {
    const std::pair<const char*, Endpoint> rows[] = {
        {"http://a.b", {"http", "a.b", 80}},
        {"https://a.b/", {"https", "a.b", 443}},
        {"HTTP://A.B:81", {"http", "a.b", 81}},
        {"http://127.0.0.1:9000/", {"http", "127.0.0.1", 9000}},
        {"http://[::1]:9000", {"http", "::1", 9000}},
        {"https://[::1]", {"https", "::1", 443}},
        {"http://a:65535", {"http", "a", 65'535}},
    };
    for (const auto& [url, endpoint] : rows) {
        const auto parsed = parse_endpoint(url);
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ(*parsed, endpoint) << url;
    }
}

TEST(Endpoint, AnythingMoreIsInvalid) {
    for (const char* url :
         {"",           "a.b",          "//a.b",       "ftp://a",    "http://",    "http:///",
          "http://a/b", "http://a//",   "http://a?q",  "http://u@a", "http://a:0", "http://a:65536",
          "http://a:",  "http://a:x",   "http://[::1", "http://[a",  "http://[]",  "http://::1",
          "http://a b", "http://[::1]x"}) {
        const auto parsed = parse_endpoint(url);
        ASSERT_FALSE(parsed) << url;
        EXPECT_EQ(parsed.error().code, Code::invalid_argument);
    }
}

TEST(Endpoint, TheHostHeaderLeavesTheSchemesPortOut) {
    EXPECT_EQ(host_header({"http", "a.b", 80}), "a.b");
    EXPECT_EQ(host_header({"http", "a.b", 443}), "a.b:443");
    EXPECT_EQ(host_header({"https", "a.b", 443}), "a.b");
    EXPECT_EQ(host_header({"http", "::1", 9000}), "[::1]:9000");
}

TEST(Client, SendsMethodTargetHeadersAndBody) {
    const CountingServer counting;
    const auto client = make_client({});
    const Endpoint endpoint = endpoint_of(counting.server->port());

    const auto response = client->send(
        endpoint, {.method = "PUT", .target = "/a%20b?x=1", .body = as_bytes("hello")});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(as_text(response->body), "PUT");
    EXPECT_EQ(response->headers.get("x-length"), "5");
    EXPECT_EQ(response->headers.get("X-Target"), "/a%20b?x=1");
    EXPECT_EQ(response->headers.get("X-Host"), host_header(endpoint));
    const auto other =
        client->send(endpoint, {.method = "DELETE", .headers = {{"Host", "other.example"}}});
    EXPECT_EQ(other->headers.get("X-Host"), "other.example");
}

TEST(Client, TenMegabytesPassBothWays) {
    const auto server = serve([](http::Request& request) {
        return http::Response{.body = *http::read_all(*request.body, INT64_C(1) << 30, "test")};
    });
    Buffer body(10'000'000);
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(i * i >> 7);

    const auto response = make_client({.timeout = Milliseconds::zero()})
                              ->send(endpoint_of(server->port()), {.method = "PUT", .body = body});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, body);
}

TEST(Client, KeepsItsConnection) {
    const ScriptedServer server({{kOk, kOk, kOk}});
    const auto client = make_client({});

    for (int i = 0; i < 3; ++i) {
        const auto response = client->send(server.endpoint(), {});
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(as_text(response->body), "ok");
    }
    EXPECT_EQ(server.requests(), 3);
}

TEST(Client, KeepsNoMoreConnectionsThanItMay) {
    const auto client = make_client({.idle_connections_max = 2});
    std::latch started(5);
    const auto waiting = serve([&](http::Request&) {
        started.arrive_and_wait();
        return http::Response::text(200, "text/plain", "");
    });
    std::vector<std::jthread> threads;
    for (int i = 0; i < 5; ++i) {
        threads.emplace_back([&] { EXPECT_TRUE(client->send(endpoint_of(waiting->port()), {})); });
    }
    threads.clear();

    EXPECT_TRUE(comes_true([&] { return waiting->connections() == 2; }));
}

TEST(Client, KeepsNothingWhereNothingMayBeKept) {
    const CountingServer counting;
    const Endpoint endpoint = endpoint_of(counting.server->port());
    const auto none = make_client({.idle_connections_max = 0});
    ASSERT_TRUE(none->send(endpoint, {}));
    EXPECT_TRUE(comes_true([&] { return counting.server->connections() == 0; }));

    const auto client = make_client({});
    ASSERT_TRUE(client->send(endpoint, {.headers = {{"Connection", "close"}}}));
    EXPECT_TRUE(comes_true([&] { return counting.server->connections() == 0; }));
}

TEST(Client, ClosesWhatWasIdleTooLong) {
    const CountingServer counting;
    const auto client = make_client({.idle_timeout = Milliseconds(0)});
    const Endpoint endpoint = endpoint_of(counting.server->port());
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(client->send(endpoint, {}));

    EXPECT_TRUE(comes_true([&] { return counting.server->connections() == 1; }));
}

TEST(Client, ReadsEveryKindOfBody) {
    const std::pair<std::string, std::string> rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: "
         "1\r\n"
         "\r\n",
         "hello"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
        {"HTTP/1.1 200 OK\r\n\r\nup to the end", "up to the end"},
        {"HTTP/1.0 200 OK\r\n\r\nold", "old"},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal",
         "final"},
        {"HTTP/1.1 204 No Content\r\n\r\n", ""},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n", ""},
    };
    for (const auto& [answer, body] : rows) {
        const ScriptedServer server({{answer}});
        const auto response = make_client({})->send(server.endpoint(), {});
        ASSERT_TRUE(response) << answer << response.error().message;
        EXPECT_EQ(as_text(response->body), body) << answer;
    }
}

TEST(Client, AHeadsLengthBringsNoBody) {
    const ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", kOk}});
    const auto client = make_client({});

    const auto head = client->send(server.endpoint(), {.method = "HEAD"});
    EXPECT_TRUE(head->body.empty());
    EXPECT_EQ(head->headers.get("Content-Length"), "100");
    EXPECT_EQ(as_text(client->send(server.endpoint(), {})->body), "ok");
}

TEST(Client, WhatIsNoAnswerIsUnavailable) {
    for (const char* answer :
         {"", "HTTP/1.1", "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
          "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n",
          "HTTP/1.1 101 Switching Protocols\r\n\r\n"}) {
        const ScriptedServer server({{answer}});
        const auto response =
            make_client({})->send(server.endpoint(), {.method = "POST", .body = as_bytes("x")});
        ASSERT_FALSE(response) << answer;
        EXPECT_EQ(response.error().code, Code::unavailable) << answer;
    }
}

TEST(Client, HeadersWithoutEndAreUnavailable) {
    const ScriptedServer server({{"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x')}});
    EXPECT_EQ(make_client({})->send(server.endpoint(), {}).error().code, Code::unavailable);

    std::string interim;
    for (int i = 0; i < 30; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    const ScriptedServer endless({{interim + kOk}});
    EXPECT_EQ(make_client({})->send(endless.endpoint(), {}).error().code, Code::unavailable);
}

TEST(Client, AResponseMayHaveExactlyItsLimit) {
    const std::string bodies[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello",
    };
    for (const std::string& answer : bodies) {
        for (const int limit : {5, 4, 0}) {
            const ScriptedServer server({{answer}});
            const auto response =
                make_client({.response_bytes_max = limit})->send(server.endpoint(), {});
            ASSERT_EQ(response.has_value(), limit == 5) << answer;
            if (response) continue;
            EXPECT_EQ(response.error().code, Code::too_large);
            EXPECT_EQ(response.error().exceeded->setting, "response_bytes_max");
            EXPECT_EQ(response.error().exceeded->limit, limit);
        }
    }
}

TEST(Client, ARequestMayBoundItsOwnAnswer) {
    const ScriptedServer server({{kOk, kOk}});
    const auto client = make_client({});

    EXPECT_TRUE(client->send(server.endpoint(), {.response_bytes_max = 2}));
    const auto response = client->send(server.endpoint(), {.response_bytes_max = 1});
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().exceeded, (Exceeded{"response_bytes_max", 1, 2}));
}

TEST(Client, TheDeadlineIsOfTheWholeExchange) {
    std::latch finish(1);
    const auto server = serve([&](http::Request&) {
        finish.wait();
        return http::Response::text(200, "text/plain", "late");
    });
    const auto client = make_client({.timeout = Milliseconds(700)});

    const auto response = client->send(endpoint_of(server->port()), {.target = "/slow?secret=1"});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::timeout);
    EXPECT_NE(response.error().message.find("/slow"), std::string::npos);
    EXPECT_EQ(response.error().message.find("secret"), std::string::npos);
    finish.count_down();
}

TEST(Client, AnExchangeEndsEarlyWhenItIsToldTo) {
    std::latch begun(1);
    std::latch finish(1);
    const auto server = serve([&](http::Request&) {
        begun.count_down();
        finish.wait();
        return http::Response::text(200, "text/plain", "late");
    });
    const auto client = make_client({.timeout = kPatience});
    std::stop_source stop;
    const std::jthread stopper([&] {
        begun.wait();
        stop.request_stop();
    });

    const ClientRequest request{.method = "POST", .stopping = stop.get_token()};
    const auto response = client->send(endpoint_of(server->port()), request);

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    finish.count_down();
}

TEST(Client, ZeroWaitsForEver) {
    const auto server = serve([](http::Request&) {
        std::this_thread::sleep_for(Milliseconds(100));
        return http::Response::text(200, "text/plain", "late");
    });
    const auto client = make_client({.timeout = Milliseconds(20)});

    const auto response = client->send(endpoint_of(server->port()), {}, Milliseconds::zero());

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(as_text(response->body), "late");
}

TEST(Client, NobodyThereIsUnavailable) {
    int port = 0;
    {
        port = serve([](http::Request&) { return http::Response(); })->port();
    }

    const auto response = make_client({})->send(endpoint_of(port), {});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_NE(response.error().message.find(std::to_string(port)), std::string::npos);
    EXPECT_EQ(make_client({})->send({"http", "no-such-host.invalid", 80}, {}).error().code,
              Code::unavailable);
}

// The server takes the second request and closes without an answer.
TEST(Client, AKeptConnectionThatDiesIsReplacedOnce) {
    const ScriptedServer server({{kOk, ""}, {kOk}});
    const auto client = make_client({});
    ASSERT_TRUE(client->send(server.endpoint(), {}));

    const auto response = client->send(server.endpoint(), {.method = "PUT", .body = as_bytes("x")});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(server.requests(), 3);
}

TEST(Client, APostIsNotSentTwice) {
    const ScriptedServer server({{kOk, ""}, {kOk}});
    const auto client = make_client({});
    ASSERT_TRUE(client->send(server.endpoint(), {}));

    const auto response =
        client->send(server.endpoint(), {.method = "POST", .body = as_bytes("x")});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_EQ(server.requests(), 2);
}

TEST(Client, WhatIsNotRepeatableIsNotSentTwice) {
    const ScriptedServer server({{kOk, ""}, {kOk}});
    const auto client = make_client({.unrepeatable_idle_max = Milliseconds(20'000)});
    ASSERT_TRUE(client->send(server.endpoint(), {}));

    const auto response = client->send(
        server.endpoint(), {.method = "PUT", .body = as_bytes("x"), .is_repeatable = false});

    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Code::unavailable);
    EXPECT_EQ(server.requests(), 2);
}

// It cannot be told whether a server that has just hung up acted before.
TEST(Client, WhatIsNotRepeatableTrustsNoConnectionThatWasIdle) {
    const CountingServer counting;
    const Endpoint endpoint = endpoint_of(counting.server->port());
    const auto client = make_client({.unrepeatable_idle_max = Milliseconds(0)});
    ASSERT_TRUE(client->send(endpoint, {}));

    ASSERT_TRUE(client->send(endpoint, {.method = "PUT", .is_repeatable = false}));
    EXPECT_EQ(counting.server->connections(), 2);
    ASSERT_TRUE(client->send(endpoint, {.method = "PUT"}));
    EXPECT_EQ(counting.server->connections(), 2);
}

TEST(Client, ABegunAnswerIsNotAskedForAgain) {
    const ScriptedServer server({{kOk, "HTTP/1.1 200"}, {kOk}});
    const auto client = make_client({});
    ASSERT_TRUE(client->send(server.endpoint(), {}));

    EXPECT_EQ(client->send(server.endpoint(), {}).error().code, Code::unavailable);
    EXPECT_EQ(server.requests(), 2);
}

TEST(Client, AFreshConnectionThatDiesIsNotReplaced) {
    const ScriptedServer server({{""}, {kOk}});

    EXPECT_FALSE(make_client({})->send(server.endpoint(), {}));
    EXPECT_EQ(server.requests(), 1);
}

TEST(Client, BytesAfterAnAnswerSpoilTheConnection) {
    const ScriptedServer server({{kOk + "stray"}, {kOk}});
    const auto client = make_client({});
    ASSERT_TRUE(client->send(server.endpoint(), {}));

    const auto response =
        client->send(server.endpoint(), {.method = "POST", .body = as_bytes("x")});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(as_text(response->body), "ok");
}

TEST(Client, AnEarlyAnswerIsHeardThoughTheBodyIsRefused) {
    const auto server = *make_server(
        {.body_bytes_max = 1'000},
        [](http::Request&) { return http::Response::text(200, "text/plain", ""); }, quiet_log());
    const Buffer body(20'000'000);

    const auto response = make_client({.timeout = Milliseconds::zero()})
                              ->send(endpoint_of(server->port()), {.method = "PUT", .body = body});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 413);
}

TEST(Client, RequestsThatWouldBreakTheHeadAreInvalid) {
    const ClientRequest rows[] = {
        {.method = "G T"},
        {.method = ""},
        {.target = ""},
        {.target = "no-slash"},
        {.target = "/a b"},
        {.target = "/a\r\nX: y"},
        {.headers = {{"X", "a\r\nY: b"}}},
        {.headers = {{"X Y", "a"}}},
        {.headers = {{"Content-Length", "7"}}, .body = as_bytes("x")},
        {.headers = {{"Transfer-Encoding", "chunked"}}},
    };
    for (const ClientRequest& request : rows) {
        const auto response = make_client({})->send(endpoint_of(1), request);
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, Code::invalid_argument) << response.error().message;
    }
}

TEST(Client, ServesManyThreadsAtOnce) {
    const CountingServer counting;
    const auto client = make_client({});
    const Endpoint endpoint = endpoint_of(counting.server->port());
    std::atomic<int> right = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 50; ++k) {
                const std::string target = "/" + std::to_string(i * 100 + k);
                const auto response = client->send(endpoint, {.target = target});
                if (response && response->headers.get("X-Target") == target) ++right;
            }
        });
    }
    threads.clear();

    EXPECT_EQ(right, 8 * 50);
    EXPECT_LE(counting.server->connections(), 8);
}

TEST(Client, ADeadKeptConnectionIsSeenBeforeUse) {
    auto server = serve([](http::Request&) { return http::Response::text(200, "text/plain", ""); });
    const int port = server->port();
    const auto client = make_client({});
    ASSERT_TRUE(client->send(endpoint_of(port), {}));
    server.reset();
    server = *make_server(
        {.port = port}, [](http::Request&) { return http::Response::text(201, "text/plain", ""); },
        quiet_log());

    // A POST is never sent twice, so this one can only succeed on a connection seen to be alive.
    const auto response =
        client->send(endpoint_of(port), {.method = "POST", .body = as_bytes("x")});

    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
}

}  // namespace
}  // namespace imagemill::net
