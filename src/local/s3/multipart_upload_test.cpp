// The multipart operations, as clients call them one after the other.
#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {
namespace {

class MultipartUpload : public ServiceTest {
  protected:
    MultipartUpload() {
        options_.part_bytes_min = 4;
        start();
    }
    http::Response ask(const std::string& method, const std::string& query,
                       const std::string& body = "", http::Headers headers = {},
                       const std::string& path = "/photos/big") {
        return send(Ask{.method = method,
                        .path = path,
                        .query = query,
                        .headers = std::move(headers),
                        .body = body});
    }
    std::string create(http::Headers headers = {}, const std::string& path = "/photos/big") {
        return element(ask("POST", "uploads", "", std::move(headers), path), "UploadId");
    }
    http::Response part(const std::string& id, int number, const std::string& bytes,
                        http::Headers headers = {}) {
        return ask("PUT", "partNumber=" + std::to_string(number) + "&uploadId=" + id, bytes,
                   std::move(headers));
    }
    static std::string etag_of(const std::string& bytes) {
        return format_hex(md5(as_bytes(bytes)));
    }
    static std::string list(const std::vector<std::pair<int, std::string>>& parts) {
        std::string xml = "<CompleteMultipartUpload>";
        for (const auto& [number, bytes] : parts) {
            xml += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>&quot;" +
                   etag_of(bytes) + "&quot;</ETag></Part>";
        }
        return xml + "</CompleteMultipartUpload>";
    }
    http::Response complete(const std::string& id,
                            const std::vector<std::pair<int, std::string>>& parts,
                            http::Headers headers = {}) {
        return ask("POST", "uploadId=" + id, list(parts), std::move(headers));
    }
};

TEST_F(MultipartUpload, SaysItsAttributes) {
    options_.part_bytes_min = 1;
    start();
    const std::string id = create();
    part(id, 1, "hello ");
    part(id, 2, "world");
    ASSERT_EQ(outcome(complete(id, {{1, "hello "}, {2, "world"}})), "200");
    const auto attributes = [&](const std::string& asked, const std::string& path) {
        return ask("GET", "attributes", "", {{"x-amz-object-attributes", asked}}, path);
    };

    const http::Response all =
        attributes("ETag,Checksum, ObjectParts ,StorageClass,ObjectSize", "/photos/big");
    const std::string etag = header(get("/photos/big"), "ETag");
    EXPECT_EQ("\"" + element(all, "ETag") + "\"", etag);
    EXPECT_EQ(element(all, "PartsCount"), "2");
    EXPECT_EQ(element(all, "StorageClass"), "STANDARD");
    EXPECT_EQ(element(all, "ObjectSize"), "11");
    EXPECT_EQ(element(all, "ChecksumType"), "FULL_OBJECT");

    const http::Response one = attributes("ObjectSize", "/photos/big");
    EXPECT_EQ(element(one, "ObjectSize"), "11");
    EXPECT_EQ(http::body_text(one).find("ETag"), std::string::npos);
    EXPECT_EQ(outcome(attributes("Size", "/photos/big")), "400 InvalidArgument");
    EXPECT_EQ(outcome(attributes("", "/photos/big")), "400 InvalidRequest");
    EXPECT_EQ(outcome(attributes("ETag", "/photos/none")), "404 NoSuchKey");
}

TEST_F(MultipartUpload, BecomesAnObjectWithWhatItsCreationSaid) {
    const std::string id = create({{"Content-Type", "image/png"},
                                   {"x-amz-meta-by", "me"},
                                   {"x-amz-tagging", "kind=cat"},
                                   {"x-amz-metadata-directive", "REPLACE"},
                                   {"Cache-Control", "no-store"}});
    const http::Response one = part(id, 1, "hello ");
    EXPECT_EQ(header(one, "ETag"), "\"" + etag_of("hello ") + "\"");
    EXPECT_EQ(outcome(part(id, 2, "world")), "200");
    EXPECT_FALSE(has("big"));

    const http::Response done = complete(id, {{1, "hello "}, {2, "world"}});

    EXPECT_EQ(outcome(done), "200");
    const std::string etag = multipart_etag({etag_of("hello "), etag_of("world")});
    EXPECT_EQ(element(done, "ETag"), "&quot;" + etag + "&quot;");
    EXPECT_EQ(element(done, "Location"), "http://127.0.0.1:9000/photos/big");
    EXPECT_EQ(element(done, "ChecksumType"), "FULL_OBJECT");
    const http::Response read = get("/photos/big");
    EXPECT_EQ(http::body_text(read), "hello world");
    EXPECT_EQ(header(read, "ETag"), "\"" + etag + "\"");
    EXPECT_EQ(header(read, "Content-Type"), "image/png");
    EXPECT_EQ(header(read, "Cache-Control"), "no-store");
    EXPECT_EQ(header(read, "x-amz-meta-by"), "me");
    EXPECT_EQ(header(read, "x-amz-tagging-count"), "1");
    const auto event = store_->events().take("processor");
    ASSERT_TRUE(event && *event);
    EXPECT_NE((*event)->payload.find("ObjectCreated:CompleteMultipartUpload"), std::string::npos);
    EXPECT_FALSE(has_leftovers());
}

TEST_F(MultipartUpload, AnswersACompletionThatComesAgainTheSame) {
    const std::string id = create();
    part(id, 1, "hello");
    const std::string first = http::body_text(complete(id, {{1, "hello"}}));
    EXPECT_EQ(http::body_text(complete(id, {{1, "hello"}})), first);
    EXPECT_EQ(http::body_text(complete(id, {{1, "hello"}}, {{"If-None-Match", "*"}})), first);
    EXPECT_EQ(outcome(complete(id, {{1, "other"}})), "404 NoSuchUpload");
    EXPECT_EQ(outcome(ask("DELETE", "uploadId=" + id)), "404 NoSuchUpload");
}

TEST_F(MultipartUpload, KeepsToItsConditions) {
    const std::string id = create();
    part(id, 1, "hello");
    ASSERT_EQ(put("/photos/big", "there").status, 200);
    const http::Response refused = complete(id, {{1, "hello"}}, {{"If-None-Match", "*"}});
    EXPECT_EQ(outcome(refused), "412 PreconditionFailed");
    EXPECT_EQ(element(refused, "Condition"), "If-None-Match");
    EXPECT_EQ(outcome(complete(id, {{1, "hello"}}, {{"If-Match", "\"abc\""}})),
              "412 PreconditionFailed");
    EXPECT_EQ(http::body_text(get("/photos/big")), "there");
    EXPECT_EQ(outcome(complete(id, {{1, "hello"}}, {{"If-Match", etag_of("there")}})), "200");
    EXPECT_EQ(outcome(ask("POST", "uploads", "", {{"If-Match", "\"abc\""}})), "501 NotImplemented");
    EXPECT_EQ(outcome(ask("POST", "uploads", "", {{"x-amz-checksum-crc32", "AAAAAA=="}})),
              "400 InvalidRequest");
}

TEST_F(MultipartUpload, RefusesWhatIsNotThere) {
    const std::string id = create();
    part(id, 1, "hel");
    part(id, 2, "lo");
    EXPECT_EQ(outcome(complete(id, {{1, "hel"}, {2, "other"}})), "400 InvalidPart");
    EXPECT_EQ(outcome(complete(id, {{1, "hel"}, {2, "lo"}})), "400 EntityTooSmall");
    EXPECT_EQ(outcome(complete(id, {{2, "lo"}, {1, "hel"}})), "400 InvalidPartOrder");
    EXPECT_EQ(outcome(complete(id, {})), "400 InvalidRequest");
    EXPECT_EQ(outcome(ask("POST", "uploadId=" + id, "<no")), "400 MalformedXML");
    EXPECT_EQ(outcome(complete("nothing", {{1, "hel"}})), "404 NoSuchUpload");
    EXPECT_EQ(outcome(part("nothing", 1, "x")), "404 NoSuchUpload");
    EXPECT_EQ(outcome(part(id, 0, "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(part(id, 10'001, "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(ask("PUT", "uploadId=" + id, "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(ask("PUT", "partNumber=1", "x")), "501 NotImplemented");
    EXPECT_EQ(outcome(ask("POST", "uploads", "", {}, "/nobody/big")), "404 NoSuchBucket");
    EXPECT_EQ(outcome(ask("POST", "uploadId=" + id, std::string((4 << 20) + 1, ' '))),
              "400 InvalidRequest");
    EXPECT_FALSE(has("big"));
}

TEST_F(MultipartUpload, ChecksThePartsAndKeepsWhatTheyAddUpTo) {
    const std::string id =
        create({{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", "FULL_OBJECT"}});
    EXPECT_EQ(outcome(part(id, 1, "12345", {{"x-amz-checksum-crc32", "AAAAAA=="}})),
              "400 BadDigest");
    EXPECT_EQ(outcome(part(id, 1, "123456789", {{"x-amz-checksum-crc32c", "4waSgw=="}})),
              "400 InvalidRequest");
    EXPECT_EQ(outcome(part(id, 1, "x", {{"Content-MD5", "AAAA"}})), "400 InvalidDigest");
    const http::Response one = part(id, 1, "123456789", {{"x-amz-checksum-crc32", "y/Q5Jg=="}});
    EXPECT_EQ(header(one, "x-amz-checksum-crc32"), "y/Q5Jg==");
    EXPECT_EQ(element(ask("GET", "uploadId=" + id), "ChecksumCRC32"), "y/Q5Jg==");
    EXPECT_EQ(outcome(complete(id, {{1, "123456789"}}, {{"x-amz-checksum-type", "COMPOSITE"}})),
              "400 InvalidRequest");
    const http::Response done =
        complete(id, {{1, "123456789"}}, {{"x-amz-checksum-crc32", "y/Q5Jg=="}});
    EXPECT_EQ(element(done, "ChecksumCRC32"), "y/Q5Jg==");
    EXPECT_EQ(
        header(head("/photos/big", {{"x-amz-checksum-mode", "ENABLED"}}), "x-amz-checksum-crc32"),
        "y/Q5Jg==");
    EXPECT_FALSE(has_leftovers());
}

TEST_F(MultipartUpload, ReadsItsPartsByNumber) {
    const std::string id = create();
    for (const auto& [number, bytes] :
         {std::pair<int, const char*>{1, "hello"}, {2, " big "}, {4, ""}}) {
        ASSERT_EQ(part(id, number, bytes).status, 200);
    }
    ASSERT_EQ(outcome(complete(id, {{1, "hello"}, {2, " big "}, {4, ""}})), "200");
    const auto read = [&](const std::string& query, http::Headers headers = {}) {
        return ask("GET", query, "", std::move(headers));
    };
    const http::Response second = read("partNumber=2");
    EXPECT_EQ(second.status, 206);
    EXPECT_EQ(http::body_text(second), " big ");
    EXPECT_EQ(header(second, "Content-Range"), "bytes 5-9/10");
    EXPECT_EQ(header(second, "x-amz-mp-parts-count"), "3");
    const http::Response empty = read("partNumber=3");
    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(http::body_text(empty), "");
    EXPECT_EQ(header(empty, "Content-Range"), "");
    EXPECT_EQ(outcome(read("partNumber=4")), "416 InvalidPartNumber");
    EXPECT_EQ(outcome(read("partNumber=0")), "400 InvalidArgument");
    EXPECT_EQ(outcome(read("partNumber=1", {{"Range", "bytes=0-1"}})), "400 InvalidRequest");
    const http::Response headed = ask("HEAD", "partNumber=1");
    EXPECT_EQ(headed.status, 206);
    EXPECT_EQ(header(headed, "Content-Length"), "5");

    ASSERT_EQ(put("/photos/one", "whole").status, 200);
    const http::Response one = ask("GET", "partNumber=1", "", {}, "/photos/one");
    EXPECT_EQ(one.status, 206);
    EXPECT_EQ(header(one, "x-amz-mp-parts-count"), "");
    EXPECT_EQ(outcome(ask("GET", "partNumber=2", "", {}, "/photos/one")), "416 InvalidPartNumber");
}

TEST_F(MultipartUpload, ListsUploadsAndParts) {
    const std::string id = create();
    create({}, "/photos/a%20b");
    part(id, 1, "hello");
    part(id, 3, "world");
    const http::Response parts = ask("GET", "uploadId=" + id + "&max-parts=1");
    EXPECT_EQ(element(parts, "IsTruncated"), "true");
    EXPECT_EQ(element(parts, "NextPartNumberMarker"), "1");
    EXPECT_EQ(element(ask("GET", "uploadId=" + id + "&part-number-marker=1"), "PartNumber"), "3");
    EXPECT_EQ(outcome(ask("GET", "uploadId=" + id + "&max-parts=x")), "400 InvalidArgument");

    const http::Response uploads = ask("GET", "uploads&max-uploads=1", "", {}, "/photos");
    EXPECT_EQ(element(uploads, "Key"), "a b");
    EXPECT_EQ(element(uploads, "NextKeyMarker"), "a b");
    const http::Response rest = ask("GET", "uploads&key-marker=a%20b", "", {}, "/photos");
    EXPECT_EQ(element(rest, "UploadId"), id);
    EXPECT_EQ(element(rest, "IsTruncated"), "false");
    EXPECT_EQ(element(ask("GET", "uploads&encoding-type=url", "", {}, "/photos"), "Key"), "a%20b");
    EXPECT_EQ(outcome(ask("GET", "uploads&prefix=%FF", "", {}, "/photos")), "400 InvalidArgument");

    EXPECT_EQ(ask("DELETE", "uploadId=" + id).status, 204);
    EXPECT_EQ(outcome(ask("GET", "uploadId=" + id)), "404 NoSuchUpload");
    EXPECT_FALSE(has_leftovers());
}

TEST_F(MultipartUpload, CopiesPartsOfOtherObjects) {
    ASSERT_EQ(put("/photos/source", "0123456789").status, 200);
    const std::string id = create();
    const auto copy = [&](int number, http::Headers headers) {
        headers.set("x-amz-copy-source", "/photos/source");
        return part(id, number, "", std::move(headers));
    };
    const http::Response one = copy(1, {{"x-amz-copy-source-range", "bytes=2-5"}});
    EXPECT_EQ(element(one, "ETag"), "&quot;" + etag_of("2345") + "&quot;");
    EXPECT_EQ(outcome(copy(2, {})), "200");
    for (const char* range : {"bytes=5-2", "bytes=8-10", "bytes=-3", "bytes=3-", "2-5"}) {
        EXPECT_EQ(outcome(copy(3, {{"x-amz-copy-source-range", range}})), "400 InvalidArgument");
    }
    EXPECT_EQ(outcome(copy(3, {{"x-amz-copy-source-if-match", "\"abc\""}})),
              "412 PreconditionFailed");
    EXPECT_EQ(outcome(part(id, 3, "", {{"x-amz-copy-source", "/photos/nothing"}})),
              "404 NoSuchKey");
    EXPECT_EQ(outcome(complete(id, {{1, "2345"}, {2, "0123456789"}})), "200");
    EXPECT_EQ(http::body_text(get("/photos/big")), "23450123456789");
}

TEST_F(MultipartUpload, NeedsLeaveToPutAndToReadWhatItCopies) {
    const std::string id = create();
    const auto as = [&](const std::string& name, const std::string& method,
                        const std::string& query, http::Headers headers = {}) {
        return outcome(send_as(function(name), Ask{.method = method,
                                                   .path = "/photos/big",
                                                   .query = query,
                                                   .headers = std::move(headers)}));
    };
    EXPECT_EQ(as("lister", "POST", "uploads"), "403 AccessDenied");
    EXPECT_EQ(as("lister", "PUT", "partNumber=1&uploadId=" + id), "403 AccessDenied");
    EXPECT_EQ(as("lister", "DELETE", "uploadId=" + id), "403 AccessDenied");
    EXPECT_EQ(as("lister", "GET", "uploadId=" + id), "403 AccessDenied");
    EXPECT_EQ(as("writer", "PUT", "partNumber=1&uploadId=" + id), "200");
    EXPECT_EQ(as("writer", "PUT", "partNumber=2&uploadId=" + id,
                 {{"x-amz-copy-source", "/photos/secret"}}),
              "403 AccessDenied");
}

TEST_F(MultipartUpload, IsOneObjectOnceItIsCopied) {
    const std::string id = create();
    part(id, 1, "hello ");
    part(id, 2, "world");
    ASSERT_EQ(outcome(complete(id, {{1, "hello "}, {2, "world"}})), "200");

    ASSERT_EQ(outcome(put("/photos/copy", "", {{"x-amz-copy-source", "/photos/big"}})), "200");

    const http::Response copied = get("/photos/copy");
    EXPECT_EQ(http::body_text(copied), "hello world");
    EXPECT_EQ(header(copied, "ETag"), "\"" + etag_of("hello world") + "\"");
    EXPECT_EQ(outcome(ask("GET", "partNumber=2", "", {}, "/photos/copy")), "416 InvalidPartNumber");
}

}  // namespace
}  // namespace imagemill::local::s3
