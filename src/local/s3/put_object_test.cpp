#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

class PutObject : public ServiceTest {};

// Fails after `text`, as a connection that breaks does.
class BrokenBody final : public http::BodyReader {
  public:
    BrokenBody(std::string text, Code code) : text_(std::move(text)), code_(code) {}
    Result<std::size_t> read(std::span<std::byte> to) override {
        if (text_.empty()) return Error{code_, "The connection broke off."};
        const std::size_t count = std::min(to.size(), text_.size());
        std::ranges::copy(as_bytes(text_).first(count), to.begin());
        text_.erase(0, count);
        return count;
    }

  private:
    std::string text_;
    Code code_;
};

TEST_F(PutObject, StoresTheBytesAndAnswersTheirEtag) {
    const http::Response response = put("/photos/cat.jpg", "meow");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "ETag"), "\"" + format_hex(md5(as_bytes("meow"))) + "\"");
    EXPECT_EQ(http::body_text(get("/photos/cat.jpg")), "meow");
}

TEST_F(PutObject, TakesNoBytesAtAll) {
    EXPECT_EQ(put("/photos/empty", "").status, 200);
    EXPECT_EQ(http::body_text(get("/photos/empty")), "");
}

TEST_F(PutObject, TellsTheFunctionWhoDidIt) {
    const std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    ASSERT_EQ(put("/photos/cat.jpg", "meow", {{"X-Amzn-Trace-Id", trace}}).status, 200);
    const auto event = store_->events().take("processor");
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->trace_id, trace);
    EXPECT_NE((*event)->payload.find("ObjectCreated:Put"), std::string::npos);
    EXPECT_NE((*event)->payload.find("cat.jpg"), std::string::npos);
    EXPECT_NE((*event)->payload.find("192.0.2.7"), std::string::npos);
}

TEST_F(PutObject, TakesAnyKeyAsItIs) {
    const struct {
        const char* path;
        const char* key;
    } rows[] = {{"/photos/..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"},
                {"/photos/../../etc/passwd", "../../etc/passwd"},
                {"/photos/a%0Ab", "a\nb"},
                {"/photos/a%20b%2B%C3%BC%2520.jpg", "a b+\xC3\xBC%20.jpg"},
                {"/photos/dir/", "dir/"},
                {"/photos//", "/"},
                {"/photos/%2Fetc%2Fpasswd", "/etc/passwd"}};
    for (const auto& row : rows) {
        ASSERT_EQ(put(row.path, row.key).status, 200) << row.path;
        EXPECT_TRUE(has(row.key)) << row.path;
        EXPECT_EQ(http::body_text(get(row.path)), row.key);
    }
}

TEST_F(PutObject, RefusesKeysThatCannotBe) {
    EXPECT_EQ(put("/photos/" + std::string(1024, 'k'), "x").status, 200);
    const http::Response too_long = put("/photos/" + std::string(1025, 'k'), "x");
    EXPECT_EQ(outcome(too_long), "400 KeyTooLongError");
    EXPECT_EQ(element(too_long, "Size"), "1025");
    EXPECT_EQ(outcome(put("/photos/a%00b", "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(put("/photos/%FF", "x")), "400 InvalidArgument");
}

TEST_F(PutObject, NeedsALength) {
    http::Request request = sign({.method = "PUT", .path = "/photos/k", .body = "x"}, keys_.root());
    request.content_length.reset();
    EXPECT_EQ(outcome(send(std::move(request))), "411 MissingContentLength");
    EXPECT_FALSE(has("k"));
}

TEST_F(PutObject, StoresNothingOfABodyOfAnotherLength) {
    const auto of_length = [&](std::int64_t length) {
        return outcome(send(Ask{.method = "PUT",
                                .path = "/photos/k",
                                .body = "12345",
                                .content_length = length,
                                .payload_hash = "UNSIGNED-PAYLOAD"}));
    };
    EXPECT_EQ(of_length(6), "400 IncompleteBody");
    EXPECT_EQ(of_length(4), "400 IncompleteBody");
    EXPECT_EQ(of_length(0), "400 IncompleteBody");
    EXPECT_FALSE(has("k"));
    EXPECT_FALSE(has_leftovers());
    EXPECT_EQ(of_length(5), "200");
}

TEST_F(PutObject, StoresNothingOfAConnectionThatBreaks) {
    for (const Code code : {Code::corrupt, Code::unavailable, Code::timeout}) {
        http::Request request =
            sign({.method = "PUT", .path = "/photos/k", .body = "12345"}, keys_.root());
        request.body = std::make_unique<BrokenBody>("123", code);
        EXPECT_EQ(outcome(send(std::move(request))),
                  code == Code::timeout ? "400 RequestTimeout" : "400 IncompleteBody");
        EXPECT_FALSE(has("k"));
        EXPECT_FALSE(has_leftovers());
    }
}

TEST_F(PutObject, TakesAsManyBytesAsItMay) {
    EXPECT_EQ(put("/photos/k", std::string(1000, 'x')).status, 200);
    const http::Response response = put("/photos/more", std::string(1001, 'x'));
    EXPECT_EQ(outcome(response), "400 EntityTooLarge");
    EXPECT_EQ(element(response, "MaxSizeAllowed"), "1000");
    EXPECT_EQ(element(response, "ProposedSize"), "1001");
    EXPECT_FALSE(has("more"));
}

TEST_F(PutObject, StoresNothingThatDoesNotAddUp) {
    const auto with = [&](const http::Headers& headers) {
        return outcome(put("/photos/k", "123456789", headers));
    };
    EXPECT_EQ(outcome(send(Ask{.method = "PUT",
                               .path = "/photos/k",
                               .body = "123456789",
                               .payload_hash = std::string(aws::kEmptySha256)})),
              "400 XAmzContentSHA256Mismatch");
    EXPECT_EQ(with({{"Content-MD5", "!"}}), "400 InvalidDigest");
    EXPECT_EQ(with({{"Content-MD5", "AAAAAAAAAAAAAAAAAAAAAA=="}}), "400 BadDigest");
    EXPECT_EQ(with({{"x-amz-checksum-crc32", "AAAAAA=="}}), "400 BadDigest");
    EXPECT_EQ(with({{"x-amz-checksum-sha1", "AAAA"}}), "400 InvalidRequest");
    EXPECT_FALSE(has("k"));
    EXPECT_FALSE(has_leftovers());
}

TEST_F(PutObject, SaysBackTheChecksumItChecked) {
    const http::Response response =
        put("/photos/k", "123456789",
            {{"x-amz-checksum-crc32", "y/Q5Jg=="}, {"x-amz-sdk-checksum-algorithm", "CRC32"}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "x-amz-checksum-crc32"), "y/Q5Jg==");
}

TEST_F(PutObject, KeepsTheMetadataAsItIs) {
    ASSERT_EQ(put("/photos/k", "x",
                  {{"Content-Type", "image/png"},
                   {"Content-Encoding", "gzip"},
                   {"Content-Language", "de"},
                   {"Content-Disposition", "inline; filename=\"\xC3\xA4.png\""},
                   {"Cache-Control", "max-age=60"},
                   {"Expires", "never"},
                   {"X-Amz-Meta-Author", "Janet  L"},
                   {"x-amz-meta-empty", ""}})
                  .status,
              200);
    const http::Response response = head("/photos/k");
    EXPECT_EQ(header(response, "Content-Type"), "image/png");
    EXPECT_EQ(header(response, "Content-Encoding"), "gzip");
    EXPECT_EQ(header(response, "Content-Language"), "de");
    EXPECT_EQ(header(response, "Content-Disposition"), "inline; filename=\"\xC3\xA4.png\"");
    EXPECT_EQ(header(response, "Cache-Control"), "max-age=60");
    EXPECT_EQ(header(response, "Expires"), "never");
    EXPECT_EQ(header(response, "x-amz-meta-author"), "Janet  L");
    EXPECT_EQ(response.headers.count("x-amz-meta-empty"), 1U);
}

TEST_F(PutObject, TakesMetadataFromAPresignedUrl) {
    const std::string query =
        aws::presign_query("PUT", "/photos/k", kHost, {{"x-amz-meta-author", "Janet"}}, 60,
                           {.credentials = keys_.root()}, clock_.now());
    ASSERT_EQ(
        send_unsigned({.method = "PUT", .path = "/photos/k", .query = query, .body = "x"}).status,
        200);
    EXPECT_EQ(header(head("/photos/k"), "x-amz-meta-author"), "Janet");
}

TEST_F(PutObject, HasATypeWhenNoneIsSaid) {
    ASSERT_EQ(put("/photos/k", "x").status, 200);
    EXPECT_EQ(header(head("/photos/k"), "Content-Type"), "binary/octet-stream");
}

TEST_F(PutObject, BoundsTheMetadata) {
    const auto with_size = [&](std::size_t size) {
        return put("/photos/k", "x", {{"x-amz-meta-name", std::string(size - 4, 'v')}});
    };
    EXPECT_EQ(with_size(2048).status, 200);
    const http::Response response = with_size(2049);
    EXPECT_EQ(outcome(response), "400 MetadataTooLarge");
    EXPECT_EQ(element(response, "Size"), "2049");
    EXPECT_EQ(element(response, "MaxSizeAllowed"), "2048");
}

TEST_F(PutObject, LetsNoPresignedValueBreakAHeader) {
    const std::string query =
        aws::presign_query("PUT", "/photos/k", kHost, {{"x-amz-meta-a", "b\r\nSet-Cookie: c"}}, 60,
                           {.credentials = keys_.root()}, clock_.now());
    EXPECT_EQ(
        outcome(send_unsigned({.method = "PUT", .path = "/photos/k", .query = query, .body = "x"})),
        "400 InvalidArgument");
    EXPECT_FALSE(has("k"));
}

TEST_F(PutObject, WritesOnlyWhereThereIsNothing) {
    const http::Headers if_absent{{"If-None-Match", "*"}};
    EXPECT_EQ(put("/photos/k", "first", if_absent).status, 200);
    const http::Response response = put("/photos/k", "second", if_absent);
    EXPECT_EQ(outcome(response), "412 PreconditionFailed");
    EXPECT_EQ(element(response, "Condition"), "If-None-Match");
    EXPECT_EQ(http::body_text(get("/photos/k")), "first");
}

TEST_F(PutObject, WritesOnlyOverWhatItKnows) {
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"If-Match", "\"abc\""}})), "404 NoSuchKey");
    const std::string etag = header(put("/photos/k", "first"), "ETag");
    const http::Response response = put("/photos/k", "second", {{"If-Match", "\"abc\""}});
    EXPECT_EQ(outcome(response), "412 PreconditionFailed");
    EXPECT_EQ(element(response, "Condition"), "If-Match");
    EXPECT_EQ(put("/photos/k", "second", {{"If-Match", etag}}).status, 200);
    EXPECT_EQ(http::body_text(get("/photos/k")), "second");
}

TEST_F(PutObject, TakesNoOtherCondition) {
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"If-None-Match", "\"abc\""}})), "501 NotImplemented");
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"If-Match", "*"}})), "501 NotImplemented");
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"If-Match", "abc"}, {"If-None-Match", "*"}})),
              "501 NotImplemented");
}

// Put, form, copy and delete each hand it to their event.
TEST_F(PutObject, TheEventHasTheTraceOfTheRequest) {
    const std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    const http::Headers headers{{"X-Amzn-Trace-Id", trace}};
    put("/photos/a", "a", headers);
    http::Headers copy = headers;
    copy.set("x-amz-copy-source", "/photos/a");
    put("/photos/b", "", copy);
    remove("/photos/a", headers);
    const std::string body = "<Delete><Object><Key>b</Key></Object></Delete>";
    http::Headers bulk = headers;
    bulk.set("Content-MD5", format_base64(md5(as_bytes(body))));
    send(
        Ask{.method = "POST", .path = "/photos", .query = "delete", .headers = bulk, .body = body});
    for (const char* name : {"ObjectCreated:Put", "ObjectCreated:Copy", "ObjectRemoved:Delete",
                             "ObjectRemoved:Delete"}) {
        const auto event = store_->events().take("processor");
        ASSERT_TRUE(event && *event) << name;
        EXPECT_NE((*event)->payload.find(name), std::string::npos);
        EXPECT_EQ((*event)->trace_id, trace) << name;
    }
    put("/photos/c", "c");
    EXPECT_TRUE((*store_->events().take("processor"))->trace_id.starts_with("Root=1-"));
}

}  // namespace
}  // namespace imagemill::local::s3
