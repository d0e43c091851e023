#include "net/response_writer.h"

#include <gtest/gtest.h>

namespace imagemill::net {
namespace {

using http::Response;

const Time kNow = *parse_rfc3339("2026-12-01T12:00:00Z");

ResponsePlan plan_of(const Response& response, const RequestFacts& facts = {}) {
    return *plan_response(response, facts, "", kNow);
}

Response sized(int status, std::size_t size, http::Headers headers = {}) {
    return {.status = status, .headers = std::move(headers), .body = Buffer(size)};
}

Response produced(http::Headers headers = {}) {
    return {.headers = std::move(headers), .body = http::Producer([](http::BodyWriter&) {})};
}

bool has(const ResponsePlan& plan, std::string_view line) {
    return plan.head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

TEST(ResponsePlan, IsTheWholeHead) {
    const Response response = sized(200, 3, {{"Content-Type", "a/b"}, {"X", "1"}, {"X", "2"}});

    EXPECT_EQ(plan_response(response, {}, "imagemill", kNow)->head,
              "HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nX: 1\r\nX: 2\r\nContent-Length: 3\r\n"
              "Date: Tue, 01 Dec 2026 12:00:00 GMT\r\nServer: imagemill\r\n\r\n");
}

TEST(ResponsePlan, TheBodySaysItsLengthWhateverTheHandlerSays) {
    const auto plan = plan_of(sized(200, 3, {{"Content-Length", "7"}, {"content-length", "8"}}));
    EXPECT_TRUE(has(plan, "Content-Length: 3"));
    EXPECT_FALSE(has(plan, "Content-Length: 7"));
    EXPECT_TRUE(has(plan_of(sized(200, 0)), "Content-Length: 0"));
}

TEST(ResponsePlan, AHandlerHasNoSayInFraming) {
    const auto plan =
        plan_of(sized(200, 3, {{"Transfer-Encoding", "chunked"}, {"Connection", "keep-alive"}}));
    EXPECT_FALSE(has(plan, "Transfer-Encoding: chunked"));
    EXPECT_FALSE(has(plan, "Connection: keep-alive"));
}

TEST(ResponsePlan, AHandlerMayClose) {
    const auto plan = plan_of(sized(200, 0, {{"connection", "Close"}}));
    EXPECT_FALSE(plan.keeps_alive);
    EXPECT_TRUE(has(plan, "Connection: close"));
}

TEST(ResponsePlan, SomeStatusesAndHeadHaveNoBody) {
    EXPECT_FALSE(plan_of(sized(204, 5)).sends_body);
    EXPECT_FALSE(has(plan_of(sized(204, 5)), "Content-Length: 5"));
    EXPECT_FALSE(has(plan_of(sized(204, 0)), "Content-Length: 0"));
    EXPECT_FALSE(plan_of(sized(304, 0)).sends_body);
    EXPECT_FALSE(has(plan_of(sized(304, 0)), "Content-Length: 0"));
    EXPECT_TRUE(has(plan_of(sized(304, 0, {{"Content-Length", "9"}})), "Content-Length: 9"));

    const RequestFacts head{.is_head = true};
    EXPECT_FALSE(plan_of(sized(200, 5), head).sends_body);
    EXPECT_TRUE(has(plan_of(sized(200, 5), head), "Content-Length: 5"));
    EXPECT_TRUE(has(plan_of(sized(200, 0, {{"Content-Length", "9"}}), head), "Content-Length: 9"));
    EXPECT_TRUE(has(plan_of(sized(404, 0), head), "Content-Length: 0"));
    EXPECT_TRUE(plan_of(produced(), head).keeps_alive);
    EXPECT_FALSE(plan_of(produced(), head).is_chunked);
}

TEST(ResponsePlan, AProducerIsChunkedSizedOrOpen) {
    const auto chunked = plan_of(produced());
    EXPECT_TRUE(chunked.is_chunked);
    EXPECT_TRUE(has(chunked, "Transfer-Encoding: chunked"));
    EXPECT_TRUE(chunked.keeps_alive);

    const auto known = plan_of(produced({{"Content-Length", "5"}}));
    EXPECT_FALSE(known.is_chunked);
    EXPECT_EQ(known.length, 5);

    const auto open = plan_of(produced(), {.version_minor = 0});
    EXPECT_FALSE(open.is_chunked);
    EXPECT_FALSE(open.keeps_alive);
    EXPECT_TRUE(has(open, "Connection: close"));
}

TEST(ResponsePlan, RefusesWhatWouldBreakTheHead) {
    for (const int status : {0, 42, 100, 199, 600, -1}) {
        const auto plan = plan_response(sized(status, 0), {}, "", kNow);
        ASSERT_FALSE(plan) << status;
        EXPECT_EQ(plan.error().code, Code::internal);
    }
    for (const http::Headers& headers : {http::Headers{{"X", "a\r\nY: b"}},
                                         {{"X", "a\nb"}},
                                         {{"X\r\nY", "a"}},
                                         {{"", "a"}},
                                         {{"X Y", "a"}},
                                         {{"X", std::string(1, '\0')}}}) {
        EXPECT_FALSE(plan_response(sized(200, 0, headers), {}, "", kNow));
    }
    EXPECT_TRUE(plan_response(sized(200, 0, {{"X", "tab\tand ümlaut"}}), {}, "", kNow));
}

}  // namespace
}  // namespace imagemill::net
