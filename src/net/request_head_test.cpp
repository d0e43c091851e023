#include "net/request_head.h"

#include <gtest/gtest.h>

#include "net/input.h"
#include "net/wire.h"

namespace imagemill::net {
namespace {

constexpr std::int64_t kMax = 1'000;

std::variant<RequestPlan, Refusal> plan_of(const std::string& line, const std::string& headers) {
    return plan_request(line + "\r\n" + headers + "\r\n", kMax);
}

// The status a head is refused with; 200 where it is taken.
int status_of(const std::string& headers, const std::string& line = "PUT /a HTTP/1.1") {
    const auto plan = plan_of(line, headers);
    const auto* refusal = std::get_if<Refusal>(&plan);
    EXPECT_TRUE(refusal == nullptr || !refusal->detail.empty());
    return refusal != nullptr ? refusal->status : 200;
}

TEST(RequestHead, SplitsTheTargetAndKeepsTheHeaders) {
    const auto plan = std::get<RequestPlan>(plan_of(
        "GET /a%20b/c?x=1&y=?z HTTP/1.1", "Host: h:1\r\nX-One:  two words \t\r\nx-one:\r\n"));

    EXPECT_EQ(plan.method, "GET");
    EXPECT_EQ(plan.path, "/a%20b/c");
    EXPECT_EQ(plan.query, "x=1&y=?z");
    EXPECT_EQ(plan.headers.get("host"), "h:1");
    EXPECT_EQ(plan.headers.get("x-one"), "two words");
    EXPECT_EQ(plan.headers.count("X-ONE"), 2U);
    EXPECT_EQ(plan.content_length, 0);
    EXPECT_FALSE(plan.has_body());
    EXPECT_TRUE(plan.keeps_alive);
}

TEST(RequestHead, TakesEveryFormOfTarget) {
    const auto absolute =
        std::get<RequestPlan>(plan_of("GET HTTP://Example.com:81/p?q HTTP/1.1", "Host: other\r\n"));
    EXPECT_EQ(absolute.path, "/p");
    EXPECT_EQ(absolute.query, "q");
    EXPECT_EQ(absolute.headers.get("Host"), "Example.com:81");

    const auto bare = std::get<RequestPlan>(plan_of("GET http://a?q HTTP/1.1", "Host: a\r\n"));
    EXPECT_EQ(bare.path, "/");
    EXPECT_EQ(bare.query, "q");

    EXPECT_EQ(std::get<RequestPlan>(plan_of("OPTIONS * HTTP/1.1", "Host: a\r\n")).path, "*");
    EXPECT_EQ(std::get<RequestPlan>(plan_of("GET //x//y HTTP/1.1", "Host: a\r\n")).path, "//x//y");
}

TEST(RequestHead, RequestLinesAreChecked) {
    const std::pair<const char*, int> rows[] = {
        {"GET / HTTP/1.1", 200},
        {"GET  / HTTP/1.1", 400},
        {"GET / HTTP/1.1 ", 400},
        {" GET / HTTP/1.1", 400},
        {"GET /", 400},
        {"GET", 400},
        {"", 400},
        {"GET\t/ HTTP/1.1", 400},
        {"GET /a b HTTP/1.1", 400},
        {"GET /a\x01 HTTP/1.1", 400},
        {"GET /a\x7F HTTP/1.1", 400},
        {"GET a HTTP/1.1", 400},
        {"GET * HTTP/1.1", 400},
        {"GET /#f HTTP/1.1", 400},
        {"GET http:///a HTTP/1.1", 400},
        {"GET http://u@h/a HTTP/1.1", 400},
        {"GET ftp://h/a HTTP/1.1", 400},
        {"G{T / HTTP/1.1", 400},
        {"GET / http/1.1", 400},
        {"GET / HTTP/1.1x", 400},
        {"GET / HTTP/11", 400},
        {"GET / HTTP/2.0", 505},
        {"GET / HTTP/1.2", 505},
        {"GET / HTTP/0.9", 505},
        {"get / HTTP/1.1", 501},
        {"CONNECT h:1 HTTP/1.1", 501},
        {"PROPFIND / HTTP/1.1", 200},
        {"GET / HTTP/1.0", 200},
    };
    for (const auto& [line, status] : rows)
        EXPECT_EQ(status_of("Host: a\r\n", line), status) << line;
}

// Each of these means one thing to some servers and another to others.
TEST(RequestHead, WhatCouldSmuggleARequestIsRefused) {
    const std::string host = "Host: a\r\n";
    const std::pair<std::string, int> rows[] = {
        {"", 400},
        {"Host: a\r\nHost: a\r\n", 400},
        {"Host: a\r\nhost: b\r\n", 400},
        {"Host: a, b\r\n", 400},
        {"Host: a/b\r\n", 400},
        {"Host: u@a\r\n", 400},
        {host + "Content-Length: 5\r\nContent-Length: 5\r\n", 400},
        {host + "Content-Length: 5\r\ncontent-length: 6\r\n", 400},
        {host + "Content-Length: 5, 5\r\n", 400},
        {host + "Content-Length: +5\r\n", 400},
        {host + "Content-Length: -5\r\n", 400},
        {host + "Content-Length: 0x5\r\n", 400},
        {host + "Content-Length: 5 5\r\n", 400},
        {host + "Content-Length: 5.0\r\n", 400},
        {host + "Content-Length:\r\n", 400},
        {host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
        {host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
        {host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
        {host + "Transfer-Encoding: chunked, chunked\r\n", 400},
        {host + "Transfer-Encoding: chunked, identity\r\n", 400},
        {host + "Transfer-Encoding: identity\r\n", 400},
        {host + "Transfer-Encoding: xchunked\r\n", 400},
        {host + "Transfer-Encoding: chunkedx\r\n", 400},
        {host + "Transfer-Encoding: \"chunked\"\r\n", 400},
        {host + "Transfer-Encoding: chunked;q=1\r\n", 400},
        {host + "Transfer-Encoding:\r\n", 400},
        {host + "Transfer-Encoding: gzip, chunked\r\n", 501},
        {host + "Transfer-Encoding : chunked\r\n", 400},
        {host + "Content-Length : 5\r\n", 400},
        {host + "X: a\r\n b\r\n", 400},
        {host + "X: a\r\n\tb\r\n", 400},
        {" Host: a\r\n", 400},
        {host + "X: a\nContent-Length: 5\r\n", 400},
        {host + "X: a\rContent-Length: 5\r\n", 400},
        {host + "X: a" + std::string(1, '\0') + "b\r\n", 400},
        {host + "X" + std::string(1, '\0') + ": b\r\n", 400},
        {host + "X\x01: b\r\n", 400},
        {host + "no colon\r\n", 400},
        {host + ": no name\r\n", 400},
        {host + "b@d: name\r\n", 400},
        {host + "Expect: 200-ok\r\n", 417},
    };
    for (const auto& [headers, status] : rows) EXPECT_EQ(status_of(headers), status) << headers;
    EXPECT_EQ(status_of("Transfer-Encoding: chunked\r\n", "PUT / HTTP/1.0"), 400);
}

TEST(RequestHead, HttpOneZeroNeedsNoHost) {
    const auto plan = std::get<RequestPlan>(plan_of("GET / HTTP/1.0", ""));
    EXPECT_EQ(plan.version_minor, 0);
    EXPECT_FALSE(plan.keeps_alive);
    EXPECT_TRUE(std::get<RequestPlan>(plan_of("GET / HTTP/1.0", "Connection: x, Keep-Alive\r\n"))
                    .keeps_alive);
}

TEST(RequestHead, TheBodysLengthIsChecked) {
    const auto length_of = [](const char* text) {
        return plan_of("PUT / HTTP/1.1",
                       "Host: a\r\nContent-Length: " + std::string(text) + "\r\n");
    };
    EXPECT_EQ(std::get<RequestPlan>(length_of("1000")).content_length, 1000);
    EXPECT_EQ(std::get<RequestPlan>(length_of("0")).content_length, 0);
    const auto above = std::get<Refusal>(length_of("1001"));
    EXPECT_EQ(above.status, 413);
    EXPECT_EQ(above.exceeded, (Exceeded{"body_bytes_max", kMax, 1001}));
    EXPECT_EQ(std::get<Refusal>(length_of("9223372036854775807")).status, 413);
    EXPECT_EQ(std::get<Refusal>(length_of("18000000000000000000")).status, 413);
    EXPECT_EQ(std::get<Refusal>(length_of("99999999999999999999999")).status, 400);
}

TEST(RequestHead, ChunkedHasNoLength) {
    const auto plan = std::get<RequestPlan>(
        plan_of("PUT / HTTP/1.1", "Host: a\r\nTransfer-Encoding: Chunked\r\n"));
    EXPECT_FALSE(plan.content_length);
    EXPECT_TRUE(plan.has_body());
}

TEST(RequestHead, ContinueIsExpectedAlsoWithoutABodyButNotByHttp10) {
    const std::string expect = "Host: a\r\nExpect: 100-Continue\r\n";
    EXPECT_TRUE(std::get<RequestPlan>(plan_of("PUT / HTTP/1.1", expect + "Content-Length: 1\r\n"))
                    .expects_continue);
    EXPECT_TRUE(std::get<RequestPlan>(plan_of("PUT / HTTP/1.1", expect)).expects_continue);
    EXPECT_FALSE(std::get<RequestPlan>(plan_of("PUT / HTTP/1.0", expect + "Content-Length: 1\r\n"))
                     .expects_continue);
}

TEST(RequestHead, CloseIsAWordOfAList) {
    const auto keeps = [](const char* value) {
        return std::get<RequestPlan>(
                   plan_of("GET / HTTP/1.1",
                           std::string("Host: a\r\nConnection: ") + value + "\r\n"))
            .keeps_alive;
    };
    EXPECT_FALSE(keeps("close"));
    EXPECT_FALSE(keeps("upgrade , CLOSE"));
    EXPECT_TRUE(keeps("closed"));
    EXPECT_TRUE(keeps("keep-alive"));
}

TEST(HeadScan, FindsTheEmptyLineInAnyPieces) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nrest";
    std::size_t scanned = 0;
    for (std::size_t size = 0; size < text.size() - 4; ++size) {
        const HeadScan scan = scan_head(std::string_view(text).substr(0, size), scanned);
        ASSERT_EQ(scan.state, HeadScan::State::incomplete) << size;
        scanned = scan.size;
    }
    const HeadScan scan = scan_head(text, scanned);
    EXPECT_EQ(scan.state, HeadScan::State::complete);
    EXPECT_EQ(scan.size, text.size() - 4);
}

TEST(HeadScan, SeesABareLineFeedAtOnce) {
    EXPECT_EQ(scan_head("GET / HTTP/1.1\n", 0).state, HeadScan::State::bare_line_feed);
    EXPECT_EQ(scan_head("A\r\nB\r\n\n", 0).state, HeadScan::State::bare_line_feed);
    EXPECT_EQ(scan_head("\n", 0).state, HeadScan::State::bare_line_feed);
}

std::string decode(const std::string& text, std::size_t step) {
    ChunkDecoder decoder;
    std::string out;
    std::string held;
    std::array<std::byte, 3> to{};
    for (std::size_t next = 0; next < text.size() && !decoder.is_done(); next += step) {
        held += text.substr(next, step);
        while (!decoder.is_done() && !held.empty()) {
            const auto done = decoder.decode(as_bytes(held), to);
            if (!done) return "error";
            held.erase(0, done->consumed);
            out += as_text(Bytes(to).first(done->produced));
            if (done->produced == 0) break;
        }
    }
    return decoder.is_done() ? out : out + "...";
}

TEST(Chunks, AreDecodedInPiecesOfAnySize) {
    const std::string text =
        "5\r\nhello\r\n1;ext=\"v\"\r\n,\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t step = 1; step <= text.size(); ++step) {
        EXPECT_EQ(decode(text, step), "hello,0123456789") << step;
    }
    EXPECT_EQ(decode("0\r\n\r\n", 1), "");
    EXPECT_EQ(decode("00\r\n\r\n", 5), "");
    EXPECT_EQ(decode("5\r\nhello\r", 3), "hel...");
}

TEST(Chunks, BrokenOnesAreRefused) {
    for (const char* text :
         {"\r\n\r\n\r\n", "x\r\n\r\n", "-1\r\nx\r\n0\r\n\r\n", "+1\r\nx\r\n0\r\n\r\n",
          "0x1\r\nx\r\n0\r\n\r\n", " 1\r\nx\r\n0\r\n\r\n", "1\nx\r\n0\r\n\r\n",
          "1\r\nxx\r\n0\r\n\r\n", "1\r\nx0\r\n\r\n", "1\r\nx\n0\r\n\r\n",
          "10000000000000001\r\nx\r\n0\r\n\r\n", "1 1\r\nx\r\n0\r\n\r\n", "1;\nx\r\n0\r\n\r\n",
          "0\r\nbad trailer\r\n\r\n"}) {
        EXPECT_EQ(decode(text, 1000).substr(0, 5), "error") << text;
    }
}

}  // namespace
}  // namespace imagemill::net
