#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

class GetObject : public ServiceTest {
  protected:
    GetObject() {
        etag_ = header(put("/photos/k", "0123456789", {{"Content-Type", "image/svg+xml"}}), "ETag");
        clock_.advance(std::chrono::minutes(10));
    }

    std::string etag_;
};

TEST_F(GetObject, AnswersTheBytesAndWhatIsKnownOfThem) {
    const http::Response response = get("/photos/k");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(http::body_text(response), "0123456789");
    EXPECT_EQ(header(response, "ETag"), etag_);
    EXPECT_EQ(header(response, "Last-Modified"), "Tue, 01 Dec 2026 12:00:00 GMT");
    EXPECT_EQ(header(response, "Accept-Ranges"), "bytes");
    EXPECT_EQ(header(response, "Content-Type"), "image/svg+xml");
    EXPECT_EQ(header(response, "Content-Range"), "");
}

TEST_F(GetObject, SendsTheFileWithoutReadingIt) {
    EXPECT_TRUE(std::holds_alternative<http::FileRange>(get("/photos/k").body));
}

TEST_F(GetObject, LetsNothingThatIsStoredRunHere) {
    const http::Response response = get("/photos/k");
    EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
    EXPECT_NE(header(response, "Content-Security-Policy").find("sandbox"), std::string::npos);
    EXPECT_NE(header(response, "Content-Security-Policy").find("default-src 'none'"),
              std::string::npos);
}

TEST_F(GetObject, AnswersARange) {
    const http::Response response = get("/photos/k", {{"Range", "bytes=2-4"}});
    EXPECT_EQ(response.status, 206);
    EXPECT_EQ(http::body_text(response), "234");
    EXPECT_EQ(header(response, "Content-Range"), "bytes 2-4/10");

    const http::Response last = get("/photos/k", {{"Range", "bytes=-15"}});
    EXPECT_EQ(last.status, 206);
    EXPECT_EQ(header(last, "Content-Range"), "bytes 0-9/10");
}

TEST_F(GetObject, AnswersItAllWhereARangeIsNone) {
    for (const char* range : {"bytes=1-0", "bytes=0-1,3-4", "lines=0-1"}) {
        const http::Response response = get("/photos/k", {{"Range", range}});
        EXPECT_EQ(response.status, 200) << range;
        EXPECT_EQ(http::body_text(response), "0123456789");
    }
}

TEST_F(GetObject, RefusesARangeThatIsNotThere) {
    const http::Response response = get("/photos/k", {{"Range", "bytes=100-200"}});
    EXPECT_EQ(outcome(response), "416 InvalidRange");
    EXPECT_EQ(element(response, "RangeRequested"), "bytes=100-200");
    EXPECT_EQ(element(response, "ActualObjectSize"), "10");
    EXPECT_EQ(header(response, "Content-Range"), "bytes */10");
}

TEST_F(GetObject, KeepsARangeToItsVersion) {
    const http::Headers same{{"Range", "bytes=2-4"}, {"If-Range", etag_}};
    EXPECT_EQ(get("/photos/k", same).status, 206);
    const http::Headers other{{"Range", "bytes=2-4"}, {"If-Range", "\"other\""}};
    EXPECT_EQ(get("/photos/k", other).status, 200);
}

TEST_F(GetObject, SaysWhenNothingChanged) {
    const http::Response response = get("/photos/k", {{"If-None-Match", etag_}});
    EXPECT_EQ(response.status, 304);
    EXPECT_EQ(http::body_text(response), "");
    EXPECT_EQ(header(response, "ETag"), etag_);
    EXPECT_EQ(get("/photos/k", {{"If-Modified-Since", "Tue, 01 Dec 2026 12:00:00 GMT"}}).status,
              304);
    EXPECT_EQ(get("/photos/k", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(GetObject, ComparesDatesInWholeSeconds) {
    clock_.advance(Milliseconds(1'234));
    ASSERT_EQ(put("/photos/k", "0123456789").status, 200);
    const std::string modified = header(get("/photos/k"), "Last-Modified");
    EXPECT_EQ(get("/photos/k", {{"If-Unmodified-Since", modified}}).status, 200);
    EXPECT_EQ(get("/photos/k", {{"If-Modified-Since", modified}}).status, 304);
}

TEST_F(GetObject, RefusesWhatIsNotTheVersionAskedFor) {
    const http::Response response = get("/photos/k", {{"If-Match", "\"other\""}});
    EXPECT_EQ(outcome(response), "412 PreconditionFailed");
    EXPECT_EQ(element(response, "Condition"), "If-Match");
    const http::Response older =
        get("/photos/k", {{"If-Unmodified-Since", "Tue, 01 Dec 2026 11:59:59 GMT"}});
    EXPECT_EQ(outcome(older), "412 PreconditionFailed");
    EXPECT_EQ(get("/photos/k", {{"If-Match", etag_}}).status, 200);
}

TEST_F(GetObject, SaysWhichKeyIsMissing) {
    const http::Response response = get("/photos/none");
    EXPECT_EQ(outcome(response), "404 NoSuchKey");
    EXPECT_EQ(element(response, "Key"), "none");
}

TEST_F(GetObject, AnswersWithTheHeadersItIsTold) {
    const std::string query =
        aws::presign_query("GET", "/photos/k", kHost,
                           {{"response-content-disposition", "attachment; filename=\"cat.svg\""},
                            {"response-content-type", "text/plain"},
                            {"response-content-language", "de"},
                            {"response-cache-control", "no-store"},
                            {"response-content-encoding", "identity"},
                            {"response-expires", "0"}},
                           60, {.credentials = keys_.root()}, clock_.now());
    const http::Response response = send_unsigned({.path = "/photos/k", .query = query});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Content-Disposition"), "attachment; filename=\"cat.svg\"");
    EXPECT_EQ(header(response, "Content-Type"), "text/plain");
    EXPECT_EQ(response.headers.count("Content-Type"), 1U);
    EXPECT_EQ(header(response, "Content-Language"), "de");
    EXPECT_EQ(header(response, "Cache-Control"), "no-store");
    EXPECT_EQ(header(response, "Content-Encoding"), "identity");
    EXPECT_EQ(header(response, "Expires"), "0");
}

TEST_F(GetObject, HasAHeadThatSaysTheSame) {
    const http::Response response = head("/photos/k");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(http::body_text(response), "");
    EXPECT_EQ(header(response, "Content-Length"), "10");
    EXPECT_EQ(header(response, "ETag"), etag_);
    EXPECT_EQ(header(response, "Last-Modified"), "Tue, 01 Dec 2026 12:00:00 GMT");

    const http::Response part = head("/photos/k", {{"Range", "bytes=2-4"}});
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(header(part, "Content-Length"), "3");
    EXPECT_EQ(header(part, "Content-Range"), "bytes 2-4/10");
    EXPECT_EQ(head("/photos/k", {{"If-None-Match", etag_}}).status, 304);
    EXPECT_EQ(head("/photos/k", {{"If-Match", "\"other\""}}).status, 412);
    EXPECT_EQ(head("/photos/k", {{"Range", "bytes=100-"}}).status, 416);
}

TEST_F(GetObject, KeepsTheVersionThatWasOpened) {
    const http::Response before = get("/photos/k");
    ASSERT_EQ(put("/photos/k", "another").status, 200);
    EXPECT_EQ(http::body_text(before), "0123456789");
}

}  // namespace
}  // namespace imagemill::local::s3
