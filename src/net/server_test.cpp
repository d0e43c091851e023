#include "net/server.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <latch>
#include <thread>

#include "net/raw_peer.h"
#include "net/test_server.h"

namespace imagemill::net {
namespace {

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

TEST(Server, AnswersWhoeverWaitsForABodyOfNoBytesInStep) {
    Served served(
        [](http::Request& request) { return request.path == "/p" ? echo(request) : ok("unread"); });
    RawPeer peer(served.port());
    for (const char* length : {"Content-Length: 0\r\n", ""}) {
        peer.send("PUT /p HTTP/1.1\r\nHost: a\r\n" + std::string(length) +
                  "Expect: 100-continue\r\n\r\n");
        EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
        EXPECT_TRUE(peer.read_response().ends_with("PUT /p "));
    }

    peer.send("PUT /no HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
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

}  // namespace
}  // namespace imagemill::net
