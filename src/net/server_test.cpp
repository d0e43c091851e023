#include "net/server.h"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "base/random.h"
#include "http/problem.h"
#include "net/raw_peer.h"

namespace imagemill::net {
namespace {

constexpr std::string_view kHost = "Host: localhost\r\n";

class Lines final {
  public:
    Log log() {
        return Log(system_clock(), Level::debug, [this](std::string_view line) {
            const std::lock_guard lock(mutex_);
            text_ += line;
        });
    }
    bool has(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return text_.find(text) != std::string::npos;
    }
    std::size_t count(std::string_view text) {
        const std::lock_guard lock(mutex_);
        std::size_t count = 0;
        for (std::size_t at = 0; (at = text_.find(text, at)) != std::string::npos; ++at) ++count;
        return count;
    }

  private:
    std::mutex mutex_;
    std::string text_;  // Guarded by mutex_.
};

std::string text_of_body(http::Request& request) {
    const auto bytes = http::read_all(*request.body, INT64_C(1) << 30, "test");
    return bytes ? std::string(as_text(*bytes))
                 : "error: " + std::string(name_of(bytes.error().code));
}

http::Response ok(std::string_view text) {
    return http::Response::text(200, "text/plain", text);
}

// Says what it was asked: METHOD target length-of-body.
http::Response echo(http::Request& request) {
    const std::string body = text_of_body(request);
    return ok(request.method + " " + request.target() + " " + body);
}

struct Served {
    explicit Served(http::Handler handler, const ServerOptions& options = {})
        : log(lines.log()), server(*make_server(options, std::move(handler), log)) {}
    int port() const { return server->port(); }

    Lines lines;
    Log log;
    std::unique_ptr<Server> server;
};

std::string get(std::string_view target, std::string_view more = "") {
    return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(kHost) + std::string(more) +
           "\r\n";
}

std::string put(std::string_view body, std::string_view more = "") {
    return "PUT /p HTTP/1.1\r\n" + std::string(kHost) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n" + std::string(more) + "\r\n" +
           std::string(body);
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

TEST(Server, AnswersWithLengthDateAndName) {
    Served served(echo, {.name = "imagemill"});
    RawPeer peer(served.port());

    peer.send(get("/a%20b?x=1"));
    const std::string response = peer.read_response();

    EXPECT_TRUE(response.starts_with("HTTP/1.1 200 OK\r\n")) << response;
    EXPECT_TRUE(has(response, "\r\nContent-Length: 15\r\n")) << response;
    EXPECT_TRUE(has(response, "\r\nServer: imagemill\r\n"));
    EXPECT_TRUE(has(response, "\r\nDate: "));
    EXPECT_FALSE(has(response, "Connection:"));
    EXPECT_TRUE(response.ends_with("GET /a%20b?x=1 ")) << response;
}

TEST(Server, TellsTheHandlerWhoAsks) {
    Served served([](http::Request& request) {
        return ok(request.peer + " " + std::string(request.headers.get_or("x-a", "")) + " " +
                  std::to_string(request.content_length.value_or(-1)));
    });
    RawPeer peer(served.port());

    peer.send(put("12345", "X-A: b\r\n"));

    EXPECT_TRUE(peer.read_response().ends_with("127.0.0.1 b 5"));
}

TEST(Server, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
    Served served(echo);
    RawPeer peer(served.port());

    peer.send(get("/1") + put("two") + get("/3") +
              "PUT /4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\nabc\r\n0\r\n\r\n" +
              get("/5", "Connection: close\r\n"));

    EXPECT_TRUE(peer.read_response().ends_with("GET /1 "));
    EXPECT_TRUE(peer.read_response().ends_with("PUT /p two"));
    EXPECT_TRUE(peer.read_response().ends_with("GET /3 "));
    EXPECT_TRUE(peer.read_response().ends_with("PUT /4 abc"));
    const std::string last = peer.read_response();
    EXPECT_TRUE(last.ends_with("GET /5 "));
    EXPECT_TRUE(has(last, "Connection: close\r\n"));
    EXPECT_TRUE(peer.is_closed());
}

TEST(Server, TakesARequestByteByByte) {
    Served served(echo);
    RawPeer peer(served.port());

    for (const char c : "\r\n\r\n" + put("hello") +
                            "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "0\r\n\r\n" +
                            get("/x")) {
        ASSERT_TRUE(peer.send(std::string(1, c)));
    }

    EXPECT_TRUE(peer.read_response().ends_with("PUT /p hello"));
    EXPECT_TRUE(peer.read_response().ends_with("PUT /c "));
    EXPECT_TRUE(peer.read_response().ends_with("GET /x "));
}

TEST(Server, HttpOneZeroIsAnsweredAndClosed) {
    Served served(echo);
    RawPeer peer(served.port());
    peer.send("GET /old HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(peer.read_to_end().ends_with("GET /old "));

    RawPeer kept(served.port());
    kept.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_TRUE(has(kept.read_response(), "Connection: keep-alive\r\n"));
    kept.send("GET /2 HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(kept.read_to_end().ends_with("GET /2 "));
}

TEST(Server, HeadHasNoBodyButItsLength) {
    Served served([](http::Request& request) {
        http::Response response = ok(request.path == "/empty" ? "" : "hello");
        if (request.path == "/empty") response.headers.add("Content-Length", "12345");
        return response;
    });
    RawPeer peer(served.port());

    peer.send("HEAD /a HTTP/1.1\r\nHost: a\r\n\r\nHEAD /empty HTTP/1.1\r\nHost: a\r\n\r\n" +
              get("/a"));

    EXPECT_TRUE(has(peer.read_until("\r\n\r\n"), "Content-Length: 5\r\n"));
    EXPECT_TRUE(has(peer.read_until("\r\n\r\n"), "Content-Length: 12345\r\n"));
    EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nhello"));
}

TEST(Server, MalformedRequestsAreAnsweredAndClosed) {
    std::atomic<int> calls = 0;
    Served served([&](http::Request&) {
        ++calls;
        return ok("");
    });
    const std::pair<std::string, int> rows[] = {
        {"GET / HTTP/1.1\r\n\r\n", 400},
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
        {"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
         "0\r\n\r\n",
         400},
        {"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400},
        {"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
        {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
        {"\x16\x03\x01\x02\r\n\r\n", 400},
    };
    for (const auto& [text, status] : rows) {
        RawPeer peer(served.port());
        peer.send(text + get("/smuggled"));
        const std::string answer = peer.read_to_end();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::to_string(status))) << text << answer;
        EXPECT_TRUE(has(answer, "application/problem+json")) << text;
        EXPECT_TRUE(has(answer, "Connection: close\r\n")) << text;
        EXPECT_FALSE(has(answer, "HTTP/1.1 200")) << text;
    }
    EXPECT_EQ(calls, 0);
}

TEST(Server, HeadersMayHaveExactlyTheirLimit) {
    Served served(echo, {.header_bytes_max = 300});
    const auto request_of = [](std::size_t size) {
        const std::string rest = get("/", "X: \r\n");
        return get("/", "X: " + std::string(size - rest.size(), 'x') + "\r\n");
    };
    ASSERT_EQ(request_of(300).size(), 300U);
    RawPeer peer(served.port());
    peer.send(request_of(300));
    EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 200"));

    for (const std::size_t size : {301, 400, 100'000}) {
        RawPeer large(served.port());
        large.send(request_of(size));
        const std::string answer = large.read_to_end();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 431")) << answer;
        EXPECT_TRUE(has(answer, "\"setting\":\"header_bytes_max\",\"limit\":300")) << answer;
    }
}

TEST(Server, BodiesMayHaveExactlyTheirLimit) {
    Served served(echo, {.body_bytes_max = 5});
    RawPeer peer(served.port());
    peer.send(put("12345"));
    EXPECT_TRUE(peer.read_response().ends_with("12345"));

    RawPeer large(served.port());
    large.send(put("123456"));
    const std::string answer = large.read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 413")) << answer;
    EXPECT_TRUE(has(answer, "\"setting\":\"body_bytes_max\",\"limit\":5,\"measured\":6")) << answer;

    const std::string chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    RawPeer exact(served.port());
    exact.send(chunked + "3\r\n123\r\n2\r\n45\r\n0\r\n\r\n");
    EXPECT_TRUE(exact.read_response().ends_with("12345"));
    RawPeer above(served.port());
    above.send(chunked + "3\r\n123\r\n3\r\n456\r\n0\r\n\r\n");
    EXPECT_TRUE(above.read_to_end().ends_with("error: too_large"));
}

TEST(Server, TenMegabytesPassBothWays) {
    Served served([](http::Request& request) {
        auto bytes = http::read_all(*request.body, INT64_C(1) << 30, "test");
        return http::Response{.body = *std::move(bytes)};
    });
    std::string body(10'000'000, '\0');
    for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * i >> 7);
    RawPeer peer(served.port());

    std::jthread sender([&] { peer.send(put(body) + put("next")); });
    const std::string response = peer.read_response();

    EXPECT_EQ(response.substr(response.find("\r\n\r\n") + 4), body);
    EXPECT_TRUE(peer.read_response().ends_with("next"));
}

TEST(Server, ProducersAreSentInChunks) {
    Served served([](http::Request&) {
        return http::Response{.body = http::Producer([](http::BodyWriter& to) {
                                  EXPECT_TRUE(to.write(as_bytes("hello")));
                                  EXPECT_TRUE(to.write({}));
                                  EXPECT_TRUE(to.write(Buffer(100'000, std::byte{'x'})));
                              })};
    });
    RawPeer peer(served.port());
    peer.send(get("/"));
    const std::string head = peer.read_until("\r\n\r\n");
    EXPECT_TRUE(has(head, "Transfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(has(head, "Content-Length"));
    EXPECT_EQ(peer.read_until("0\r\n\r\n"),
              "5\r\nhello\r\n186a0\r\n" + std::string(100'000, 'x') + "\r\n0\r\n\r\n");

    RawPeer old(served.port());
    old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const std::string response = old.read_to_end();
    EXPECT_TRUE(has(response, "Connection: close\r\n"));
    EXPECT_TRUE(response.ends_with("\r\n\r\nhello" + std::string(100'000, 'x')));
}

TEST(Server, AProducerOfKnownLengthIsSentAsItIs) {
    std::atomic<bool> took_too_much = false;
    Served served([&](http::Request& request) {
        const std::string text = request.query;
        return http::Response{.headers = {{"Content-Length", "5"}},
                              .body = http::Producer([&, text](http::BodyWriter& to) {
                                  took_too_much = to.write(as_bytes(text)) && text.size() > 5;
                              })};
    });
    RawPeer peer(served.port());
    peer.send(get("/?hello") + get("/?again"));
    EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nhello"));
    EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\nagain"));

    for (const char* wrong : {"/?four", "/?longer"}) {
        RawPeer cut(served.port());
        cut.send(get(wrong));
        const std::string answer = cut.read_to_end();
        EXPECT_TRUE(has(answer, "Content-Length: 5\r\n"));
        EXPECT_LT(answer.size() - answer.find("\r\n\r\n") - 4, 5U) << answer;
    }
    EXPECT_TRUE(comes_true([&] { return served.lines.count("a response broke off") == 2; }));
    EXPECT_FALSE(took_too_much);
}

TEST(Server, AProducerLearnsThatItsClientIsGone) {
    std::latch gone(1);
    Served served([&](http::Request&) {
        return http::Response{.body = http::Producer([&](http::BodyWriter& to) {
                                  const Buffer bytes(64 * 1024);
                                  while (to.write(bytes)) {
                                  }
                                  gone.count_down();
                              })};
    });
    {
        RawPeer peer(served.port());
        peer.send(get("/"));
        peer.read_until("\r\n\r\n");
    }
    gone.wait();
}

struct TestFile {
    explicit TestFile(std::string_view text)
        : fd(std::make_shared<Fd>(::memfd_create("served", MFD_CLOEXEC))) {
        EXPECT_EQ(::write(fd->get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    std::shared_ptr<Fd> fd;  // shared: as FileRange has it.
};

TEST(Server, RangesOfFilesAreSent) {
    std::string text(5'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 >> 3);
    const TestFile file(text);
    Served served([&](http::Request& request) {
        if (request.path == "/part")
            return http::Response{.body = http::FileRange{file.fd, 1'000, 10}};
        if (request.path == "/none") return http::Response{.body = http::FileRange{file.fd, 0, 0}};
        return http::Response{.body = http::FileRange{file.fd, 0, 5'000'000}};
    });
    RawPeer peer(served.port());
    peer.send(get("/part") + get("/none") + get("/all"));

    EXPECT_TRUE(peer.read_response().ends_with("\r\n\r\n" + text.substr(1'000, 10)));
    EXPECT_TRUE(has(peer.read_response(), "\r\nContent-Length: 0\r\n"));
    const std::string all = peer.read_response();
    EXPECT_EQ(all.substr(all.find("\r\n\r\n") + 4), text);
}

TEST(Server, AFileThatEndsEarlyBreaksTheConnection) {
    const TestFile file("short");
    Served served([&](http::Request&) {
        return http::Response{.body = http::FileRange{file.fd, 0, 100}};
    });
    RawPeer peer(served.port());
    peer.send(get("/"));

    EXPECT_TRUE(peer.read_to_end().ends_with("\r\n\r\nshort"));
    EXPECT_TRUE(comes_true([&] { return served.lines.has("95 bytes before its range"); }));
}

TEST(Server, AsksForABodyWhenItIsFirstRead) {
    Served served(
        [](http::Request& request) { return request.path == "/p" ? echo(request) : ok("unread"); });
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("hello");
    EXPECT_TRUE(peer.read_response().ends_with("PUT /p hello"));

    peer.send("PUT /no HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const std::string refused = peer.read_to_end();
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 200 OK")) << refused;
    EXPECT_TRUE(has(refused, "Connection: close\r\n"));
}

TEST(Server, DoesNotAskForABodyThatIsThere) {
    Served served(echo);
    RawPeer peer(served.port());
    peer.send(put("hello", "Expect: 100-continue\r\n"));

    EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 200 OK"));
}

TEST(Server, ReadsOverASmallBodyNobodyRead) {
    Served served([](http::Request& request) { return ok(request.path); });
    RawPeer peer(served.port());
    peer.send(put(std::string(200'000, 'x')) +
              "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\nabc\r\n0\r\n\r\n" +
              get("/next"));

    EXPECT_TRUE(peer.read_response().ends_with("/p"));
    EXPECT_TRUE(peer.read_response().ends_with("/c"));
    EXPECT_TRUE(peer.read_response().ends_with("/next"));
}

TEST(Server, ClosesAfterALargeBodyNobodyRead) {
    Served served([](http::Request& request) { return ok(request.path); });
    RawPeer peer(served.port());
    std::jthread sender([&] { peer.send(put(std::string(4'000'000, 'x')) + get("/next")); });

    const std::string answer = peer.read_to_end();

    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    EXPECT_TRUE(answer.ends_with("/p")) << answer;
}

TEST(Server, ABodyThatEndsEarlyIsCorrupt) {
    Served served(echo);
    for (const char* text :
         {"PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc",
          "PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc",
          "PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
          "PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnot a chunk\r\n"}) {
        RawPeer peer(served.port());
        peer.send(text);
        peer.finish_sending();
        const std::string answer = peer.read_to_end();
        EXPECT_TRUE(answer.ends_with("PUT /p error: corrupt")) << answer;
        EXPECT_TRUE(has(answer, "Connection: close\r\n"));
    }
}

TEST(Server, AChunksFirstLineIsBounded) {
    Served served(echo);
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;" +
              std::string(100'000, 'x'));

    EXPECT_TRUE(peer.read_to_end().ends_with("error: corrupt"));
}

TEST(Server, HeadersThatDoNotArriveAreNotWaitedFor) {
    Served served(echo, {.header_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send("GET / HTTP/1.1\r\nHost:");

    const std::string answer = peer.read_to_end();

    EXPECT_TRUE(answer.starts_with("HTTP/1.1 408")) << answer;
    EXPECT_TRUE(has(answer, "header_timeout"));
}

TEST(Server, IdleConnectionsAreClosedWithoutAWord) {
    Served served(echo, {.idle_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    EXPECT_TRUE(peer.is_closed());

    RawPeer kept(served.port());
    kept.send(get("/"));
    EXPECT_TRUE(kept.read_response().starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(kept.is_closed());
}

TEST(Server, ASlowBodyTimesOut) {
    Served served(echo, {.read_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");

    EXPECT_TRUE(peer.read_to_end().ends_with("error: timeout"));
}

TEST(Server, ABodyMayNotTrickle) {
    // Each byte comes well within the timeout; all together are too slow.
    Served served(echo, {.read_timeout = Milliseconds(300), .read_bytes_per_second_min = 100'000});
    RawPeer peer(served.port());
    peer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    std::atomic<bool> is_over = false;
    std::jthread sender([&] {
        while (!is_over && peer.send("x")) std::this_thread::sleep_for(Milliseconds(5));
    });

    EXPECT_TRUE(peer.read_response().ends_with("error: timeout"));
    is_over = true;
}

TEST(Server, AClientThatTakesNothingIsGivenUp) {
    std::latch given_up(1);
    Served served(
        [&](http::Request&) {
            return http::Response{.body = http::Producer([&](http::BodyWriter& to) {
                                      const Buffer bytes(1 << 20);
                                      while (to.write(bytes)) {
                                      }
                                      given_up.count_down();
                                  })};
        },
        {.write_timeout = Milliseconds(50)});
    RawPeer peer(served.port());
    peer.send(get("/"));

    given_up.wait();
}

TEST(Server, ASlowHandlerIsNoSlowClient) {
    // The body is there; that the handler takes longer than `read_timeout` is not its fault.
    Served served(
        [](http::Request& request) {
            std::byte first{};
            EXPECT_EQ(*request.body->read({&first, 1}), 1U);
            std::this_thread::sleep_for(Milliseconds(120));
            return echo(request);
        },
        {.read_timeout = Milliseconds(100), .read_bytes_per_second_min = 1'000'000});
    RawPeer peer(served.port());
    peer.send(put(std::string(100, 'x')));

    EXPECT_TRUE(peer.read_response().ends_with("PUT /p " + std::string(99, 'x')));
}

TEST(Server, WhatAHandlerThrowsIsFiveHundredAndALogLine) {
    Served served([](http::Request& request) -> http::Response {
        if (request.path == "/odd") throw 42;
        throw std::runtime_error("the secret reason");
    });
    RawPeer peer(served.port());
    peer.send(get("/a"));
    const std::string answer = peer.read_response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
    EXPECT_FALSE(has(answer, "secret"));
    EXPECT_TRUE(served.lines.has("the secret reason"));

    peer.send(get("/odd"));
    EXPECT_TRUE(peer.read_response().starts_with("HTTP/1.1 500"));
}

TEST(Server, WhatAProducerThrowsCutsTheResponse) {
    Served served([](http::Request&) {
        return http::Response{.body = http::Producer([](http::BodyWriter& to) {
                                  to.write(as_bytes("some"));
                                  throw std::runtime_error("no more");
                              })};
    });
    RawPeer peer(served.port());
    peer.send(get("/"));

    EXPECT_TRUE(peer.read_to_end().ends_with("4\r\nsome\r\n"));
    EXPECT_TRUE(comes_true([&] { return served.lines.has("no more"); }));
}

TEST(Server, AResponseThatWouldBreakTheHeadIsNotSent) {
    Served served([](http::Request& request) {
        http::Response response = ok("");
        if (request.path == "/status") response.status = 42;
        if (request.path == "/value") response.headers.add("X", "a\r\nSet-Cookie: b");
        if (request.path == "/name") response.headers.add("X Y", "a");
        return response;
    });
    RawPeer peer(served.port());
    for (const char* path : {"/status", "/value", "/name"}) {
        peer.send(get(path));
        const std::string answer = peer.read_response();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 500")) << answer;
        EXPECT_FALSE(has(answer, "Set-Cookie"));
    }
    EXPECT_EQ(served.lines.count("cannot be sent"), 3U);
}

TEST(Server, ConnectionsAboveTheCapAreToldSo) {
    Served served(echo, {.connections_max = 2});
    auto first = std::make_unique<RawPeer>(served.port());
    RawPeer second(served.port());
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 2; }));

    RawPeer third(served.port());
    EXPECT_TRUE(third.read_to_end().starts_with("HTTP/1.1 503"));
    EXPECT_EQ(served.server->connections(), 2);

    first.reset();
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 1; }));
    RawPeer fourth(served.port());
    fourth.send(get("/4"));
    EXPECT_TRUE(fourth.read_response().ends_with("GET /4 "));
}

TEST(Server, ACapOfZeroRefusesEveryone) {
    Served served(echo, {.connections_max = 0});
    RawPeer peer(served.port());
    EXPECT_TRUE(peer.read_to_end().starts_with("HTTP/1.1 503"));
}

TEST(Server, ServesManyAtOnce) {
    Served served(echo);
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int i = 0; i < 16; ++i) {
        clients.emplace_back([&, i] {
            RawPeer peer(served.port());
            for (int k = 0; k < 50; ++k) {
                const std::string target = "/" + std::to_string(i * 100 + k);
                peer.send(get(target));
                if (peer.read_response().ends_with("GET " + target + " ")) ++right;
            }
        });
    }
    clients.clear();

    EXPECT_EQ(right, 16 * 50);
}

TEST(Server, StopClosesIdleConnectionsAtOnce) {
    Served served(echo, {.drain = Milliseconds(600'000)});
    RawPeer fresh(served.port());
    RawPeer kept(served.port());
    kept.send(get("/"));
    kept.read_response();
    ASSERT_TRUE(comes_true([&] { return served.server->connections() == 2; }));

    served.server->stop();  // Returns long before `drain`, or the test runs into its own limit.

    EXPECT_TRUE(fresh.is_closed());
    EXPECT_TRUE(kept.is_closed());
    EXPECT_EQ(served.server->connections(), 0);
    EXPECT_FALSE(connect_to("127.0.0.1", served.port(), after(kPatience)));
    served.server->stop();
}

TEST(Server, StopLetsARunningHandlerFinish) {
    std::latch running(1);
    std::latch may_finish(1);
    Served served(
        [&](http::Request&) {
            running.count_down();
            may_finish.wait();
            return ok("done");
        },
        {.drain = Milliseconds(600'000)});
    RawPeer peer(served.port());
    peer.send(get("/"));
    running.wait();

    std::jthread stopper([&] { served.server->stop(); });
    ASSERT_TRUE(
        comes_true([&] { return !connect_to("127.0.0.1", served.port(), after(kPatience)); }));
    may_finish.count_down();

    const std::string answer = peer.read_to_end();
    EXPECT_TRUE(answer.ends_with("done")) << answer;
    EXPECT_TRUE(has(answer, "Connection: close\r\n"));
}

TEST(Server, StopCutsWhatOutlastsTheDrain) {
    std::latch running(2);
    Served served(
        [&](http::Request& request) {
            running.count_down();
            if (request.path == "/p") return echo(request);  // Waits for a body that never comes.
            return http::Response{.body = http::Producer([](http::BodyWriter& to) {
                                      while (to.write(Buffer(1000)))
                                          std::this_thread::sleep_for(Milliseconds(1));
                                  })};
        },
        {.drain = Milliseconds(20)});
    RawPeer reader(served.port());
    RawPeer writer(served.port());
    reader.send(get("/"));
    writer.send("PUT /p HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    running.wait();

    served.server->stop();

    EXPECT_EQ(served.server->connections(), 0);
}

std::size_t open_files() {
    std::size_t count = 0;
    DIR* directory = ::opendir("/proc/self/fd");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

std::size_t threads() {
    std::size_t count = 0;
    DIR* directory = ::opendir("/proc/self/task");
    while (::readdir(directory) != nullptr) ++count;
    ::closedir(directory);
    return count;
}

TEST(Server, LeavesNoThreadAndNoFileOpen) {
    const std::size_t files_before = open_files();
    const std::size_t threads_before = threads();
    for (int round = 0; round < 5; ++round) {
        Served served(echo);
        std::vector<std::unique_ptr<RawPeer>> peers;
        for (int i = 0; i < 20; ++i) {
            peers.push_back(std::make_unique<RawPeer>(served.port()));
            peers.back()->send(i % 2 == 0 ? get("/") : "GET");
        }
        peers.resize(10);
        EXPECT_TRUE(peers[0]->read_response().ends_with("GET / "));
        // Without leftovers there are an acceptor and a thread per connection, and at most one that
        // has ended and is not yet joined.
        EXPECT_TRUE(comes_true([&] {
            return served.server->connections() == 10 && threads() <= threads_before + 12;
        }));
    }
    EXPECT_EQ(open_files(), files_before);
    EXPECT_TRUE(comes_true([&] { return threads() == threads_before; }));
}

TEST(Server, GoesOnAfterRunningOutOfFileDescriptors) {
    Served served(echo);
    RawPeer waiting(served.port());
    waiting.send(get("/1"));
    waiting.read_response();
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    // One more file may be opened, which is the client's own socket.
    Fd lowest(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit tight{static_cast<rlim_t>(lowest.get()) + 1, limit.rlim_max};
    lowest.reset();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);

    RawPeer peer(served.port());
    peer.send(get("/2"));
    EXPECT_TRUE(comes_true([&] { return served.lines.has("connections wait"); }));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);

    EXPECT_TRUE(peer.read_response().ends_with("GET /2 "));
    EXPECT_EQ(served.lines.count("connections wait"), 1U);
}

TEST(Server, ServesAPortTakenBefore) {
    Lines lines;
    const Log log = lines.log();
    Listener listener = *bind_listener("127.0.0.1", 0);
    const int port = listener.port;
    RawPeer early(port);  // Waits until somebody serves.
    early.send(get("/early"));

    const auto server = *make_server(std::move(listener), {}, echo, log);

    EXPECT_EQ(server->port(), port);
    EXPECT_TRUE(early.read_response().ends_with("GET /early "));
}

TEST(Server, SaysWhichAddressItCannotHave) {
    Lines lines;
    const Log log = lines.log();
    const auto first = make_server({}, echo, log);
    ASSERT_TRUE(first);

    for (const ServerOptions& options :
         {ServerOptions{.port = (*first)->port()}, ServerOptions{.host = "localhost"},
          ServerOptions{.host = "192.0.2.1"}, ServerOptions{.port = 65'536},
          ServerOptions{.port = -1}}) {
        const auto second = make_server(options, echo, log);
        ASSERT_FALSE(second);
        EXPECT_EQ(second.error().code, Code::unavailable);
        EXPECT_TRUE(has(second.error().message, options.host)) << second.error().message;
        EXPECT_TRUE(has(second.error().message, std::to_string(options.port)));
    }
}

TEST(Server, SpeaksIpv6) {
    Lines lines;
    const Log log = lines.log();
    const auto server = make_server(
        {.host = "::1"}, [](http::Request& request) { return ok(request.peer); }, log);
    if (!server) GTEST_SKIP() << server.error().message;
    Socket socket(*connect_to("::1", (*server)->port(), after(kPatience)));
    ASSERT_TRUE(write_all(socket, as_bytes(get("/", "Connection: close\r\n")), after(kPatience)));

    std::string text;
    std::array<std::byte, 4096> bytes;
    while (const std::size_t count = *socket.read_some(bytes, after(kPatience))) {
        text += as_text(Bytes(bytes).first(count));
    }
    EXPECT_TRUE(text.ends_with("::1")) << text;
}

}  // namespace
}  // namespace imagemill::net
