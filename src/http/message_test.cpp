#include "http/message.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

namespace imagemill::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepOrder) {
    Headers headers{{"X-First", "1"}, {"content-type", "a/b"}, {"X-FIRST", "2"}};

    EXPECT_EQ(headers.get("x-first"), "1");
    EXPECT_EQ(headers.count("X-first"), 2U);
    EXPECT_EQ(headers.get_or("Content-Type", "c/d"), "a/b");
    EXPECT_EQ(headers.get_or("Absent", "c/d"), "c/d");
    EXPECT_FALSE(headers.get("Absent"));
    EXPECT_EQ(headers.fields()[2].second, "2");
}

TEST(Headers, SetReplacesAllOfThatName) {
    Headers headers{{"A", "1"}, {"B", "2"}, {"a", "3"}};

    headers.set("a", "4");

    EXPECT_EQ(headers.count("A"), 1U);
    EXPECT_EQ(headers.get("A"), "4");
    EXPECT_EQ(headers.get("B"), "2");
}

TEST(Body, GivesItsBytesOnceAndThenNothing) {
    const auto body = make_body("hello");
    std::array<std::byte, 3> piece{};

    EXPECT_EQ(*body->read(piece), 3U);
    EXPECT_EQ(as_text(piece), "hel");
    EXPECT_EQ(*body->read(piece), 2U);
    EXPECT_EQ(*body->read(piece), 0U);
    EXPECT_EQ(*body->read(piece), 0U);
}

TEST(Body, IsReadWholeUpToTheLimit) {
    EXPECT_EQ(as_text(*read_all(*make_body("12345"), 5, "max")), "12345");
    EXPECT_TRUE(read_all(*make_body(""), 0, "max")->empty());
    const std::string large(1'000'000, 'x');
    EXPECT_EQ(read_all(*make_body(large), 1'000'000, "max")->size(), large.size());
}

TEST(Body, IsTooLargeOneByteAboveTheLimit) {
    for (const auto& [text, limit] : {std::pair("123456", 5), std::pair("1", 0)}) {
        const auto bytes = read_all(*make_body(text), limit, "IMAGEMILL_MAX_X");
        ASSERT_FALSE(bytes);
        EXPECT_EQ(bytes.error().code, Code::too_large);
        EXPECT_EQ(bytes.error().exceeded, (Exceeded{"IMAGEMILL_MAX_X", limit, limit + 1}));
    }
}

TEST(Body, PassesTheReadersErrorOn) {
    class Broken final : public BodyReader {
        Result<std::size_t> read(std::span<std::byte>) override {
            return Error{Code::timeout, "Too slow."};
        }
    } broken;

    EXPECT_EQ(read_all(broken, 10, "max").error().code, Code::timeout);
}

TEST(Query, IsDecodedPairByPair) {
    const auto parameters = *parse_query("a=1&b=x%26y%3Dz&flag&empty=&&a=2&c=p=q", Plus::keep);

    const Parameters expected{{"a", "1"},    {"b", "x&y=z"}, {"flag", ""},
                              {"empty", ""}, {"a", "2"},     {"c", "p=q"}};
    EXPECT_EQ(parameters, expected);
    EXPECT_EQ(find(parameters, "a"), "1");
    EXPECT_EQ(find(parameters, "flag"), "");
    EXPECT_FALSE(find(parameters, "A"));
}

TEST(Query, TakesPlusAsToldTo) {
    EXPECT_EQ(find(*parse_query("q=a+b", Plus::keep), "q"), "a+b");
    EXPECT_EQ(find(*parse_query("q=a+b", Plus::space), "q"), "a b");
    EXPECT_EQ(find(*parse_query("q=a%2Bb", Plus::space), "q"), "a+b");
}

TEST(Query, EmptyHasNoParameters) {
    EXPECT_TRUE(parse_query("", Plus::keep)->empty());
    EXPECT_TRUE(parse_query("&&", Plus::keep)->empty());
}

TEST(Query, BadPercentsAreRefusedByName) {
    const auto parameters = parse_query("ok=1&bad=%4", Plus::keep);

    ASSERT_FALSE(parameters);
    EXPECT_EQ(parameters.error().code, Code::invalid_argument);
    EXPECT_NE(parameters.error().message.find("\"%4\""), std::string::npos);
}

TEST(Request, TargetIsPathAndQuery) {
    Request request;
    request.path = "/a%20b";
    EXPECT_EQ(request.target(), "/a%20b");
    request.query = "x=1";
    EXPECT_EQ(request.target(), "/a%20b?x=1");
}

TEST(Response, TextHasATypeAndABody) {
    const Response response = Response::text(404, "text/plain", "no");

    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.headers.get("Content-Type"), "text/plain");
    EXPECT_EQ(body_text(response), "no");
}

TEST(Response, BodyTextReadsFilesAndRunsProducers) {
    auto file = std::make_shared<Fd>(::memfd_create("body", MFD_CLOEXEC));
    ASSERT_EQ(::write(file->get(), "0123456789", 10), 10);

    EXPECT_EQ(body_text({.body = FileRange{file, 2, 3}}), "234");
    EXPECT_EQ(body_text({.body = FileRange{file, 8, 5}}), "89");
    EXPECT_EQ(body_text({.body = Producer([](BodyWriter& to) {
                             EXPECT_TRUE(to.write(as_bytes("one ")));
                             EXPECT_TRUE(to.write(as_bytes("two")));
                         })}),
              "one two");
}

TEST(Reason, KnowsTheCommonOnesAndNamesTheRest) {
    EXPECT_EQ(reason_of(200), "OK");
    EXPECT_EQ(reason_of(431), "Request Header Fields Too Large");
    EXPECT_EQ(reason_of(799), "Unknown");
}

}  // namespace
}  // namespace imagemill::http
