#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

class CopyObjectTest : public ServiceTest {
  protected:
    CopyObjectTest() {
        EXPECT_TRUE(store_->create_bucket("album"));
        put("/photos/cat.jpg", "meow",
            {{"Content-Type", "image/jpeg"},
             {"Cache-Control", "no-store"},
             {"x-amz-meta-author", "Janet"},
             {"x-amz-tagging", "kind=cat"}});
    }
    static Ask asking(const std::string& path, http::Headers headers = {},
                      const std::string& source = "/photos/cat.jpg") {
        headers.set("x-amz-copy-source", source);
        return {.method = "PUT", .path = path, .headers = std::move(headers)};
    }
    http::Response copy(const std::string& path, http::Headers headers = {},
                        const std::string& source = "/photos/cat.jpg") {
        return send(asking(path, std::move(headers), source));
    }
    std::string etag() { return header(head("/photos/cat.jpg"), "ETag"); }
};

TEST_F(CopyObjectTest, CopiesBytesAttributesMetadataAndTagsAcrossBuckets) {
    const http::Response copied = copy("/album/copy.jpg");
    EXPECT_EQ(outcome(copied), "200");
    EXPECT_NE(http::body_text(copied).find("<CopyObjectResult xmlns="), std::string::npos);
    EXPECT_EQ(element(copied, "LastModified"), "2026-12-01T12:00:00.000Z");

    const http::Response read = get("/album/copy.jpg");
    EXPECT_EQ(header(read, "Content-Type"), "image/jpeg");
    EXPECT_EQ(header(read, "Cache-Control"), "no-store");
    EXPECT_EQ(header(read, "x-amz-meta-author"), "Janet");
    EXPECT_EQ(header(read, "x-amz-tagging-count"), "1");
    EXPECT_EQ(header(read, "ETag"), etag());
    EXPECT_EQ(header(read, "Content-Type"), "image/jpeg");
}

TEST_F(CopyObjectTest, ReplacesWhatTheDirectivesSay) {
    EXPECT_EQ(copy("/album/a", {{"x-amz-metadata-directive", "REPLACE"},
                                {"Content-Type", "text/plain"},
                                {"x-amz-meta-new", "1"}})
                  .status,
              200);
    const http::Response read = head("/album/a");
    EXPECT_EQ(header(read, "Content-Type"), "text/plain");
    EXPECT_EQ(header(read, "Cache-Control"), "");
    EXPECT_EQ(header(read, "x-amz-meta-author"), "");
    EXPECT_EQ(header(read, "x-amz-meta-new"), "1");
    EXPECT_EQ(header(read, "x-amz-tagging-count"), "1");

    EXPECT_EQ(
        copy("/album/b", {{"x-amz-tagging-directive", "REPLACE"}, {"x-amz-tagging", "a=1&b=2"}})
            .status,
        200);
    EXPECT_EQ(header(head("/album/b"), "x-amz-tagging-count"), "2");
    EXPECT_EQ(header(head("/album/b"), "x-amz-meta-author"), "Janet");
}

TEST_F(CopyObjectTest, OntoItselfMustChangeSomething) {
    EXPECT_EQ(outcome(copy("/photos/cat.jpg")), "400 InvalidRequest");
    EXPECT_EQ(outcome(copy("/photos/cat.jpg",
                           {{"x-amz-metadata-directive", "REPLACE"}, {"x-amz-meta-a", "b"}})),
              "200");
    EXPECT_EQ(header(head("/photos/cat.jpg"), "x-amz-meta-a"), "b");
    EXPECT_EQ(header(head("/photos/cat.jpg"), "Content-Length"), "4");
}

TEST_F(CopyObjectTest, SaysWhichOfTheTwoIsMissing) {
    const http::Response no_key = copy("/album/a", {}, "/photos/none.jpg");
    EXPECT_EQ(outcome(no_key), "404 NoSuchKey");
    EXPECT_EQ(element(no_key, "Key"), "none.jpg");
    const http::Response no_source = copy("/album/a", {}, "/nowhere/a");
    EXPECT_EQ(outcome(no_source), "404 NoSuchBucket");
    EXPECT_EQ(element(no_source, "BucketName"), "nowhere");
    EXPECT_EQ(element(copy("/elsewhere/a"), "BucketName"), "elsewhere");
}

TEST_F(CopyObjectTest, HoldsTheSourcesConditions) {
    const auto condition = [&](const std::string& name, const std::string& value) {
        return outcome(copy("/album/a", {{"x-amz-copy-source-if-" + name, value}}));
    };
    EXPECT_EQ(condition("match", etag()), "200");
    EXPECT_EQ(condition("match", "\"other\""), "412 PreconditionFailed");
    EXPECT_EQ(condition("none-match", etag()), "412 PreconditionFailed");
    EXPECT_EQ(condition("none-match", "\"other\""), "200");
    EXPECT_EQ(condition("modified-since", "Tue, 01 Dec 2026 12:00:00 GMT"),
              "412 PreconditionFailed");
    EXPECT_EQ(condition("unmodified-since", "Tue, 01 Dec 2026 12:00:00 GMT"), "200");
    EXPECT_EQ(condition("unmodified-since", "Tue, 01 Dec 2026 11:59:59 GMT"),
              "412 PreconditionFailed");
}

TEST_F(CopyObjectTest, HoldsTheTargetsConditions) {
    EXPECT_EQ(outcome(copy("/album/a", {{"If-None-Match", "*"}})), "200");
    EXPECT_EQ(outcome(copy("/album/a", {{"If-None-Match", "*"}})), "412 PreconditionFailed");
    EXPECT_EQ(outcome(copy("/album/a", {{"If-Match", etag()}})), "200");
    EXPECT_EQ(outcome(copy("/album/none", {{"If-Match", etag()}})), "404 NoSuchKey");
    EXPECT_FALSE(has_leftovers());
}

TEST_F(CopyObjectTest, NeedsLeaveToReadThereAndToWriteHere) {
    put("/photos/plain.jpg", "purr");
    const auto as = [&](const std::string& who, const std::string& path,
                        const std::string& source) {
        return outcome(send_as(function(who), asking(path, {}, source)));
    };
    EXPECT_EQ(as("copier", "/album/a", "/photos/plain.jpg"), "200");
    EXPECT_EQ(as("copier", "/photos/a", "/photos/plain.jpg"), "403 AccessDenied");
    EXPECT_EQ(as("writer", "/photos/a", "/photos/plain.jpg"), "403 AccessDenied");
    // Who may not list does not learn what is missing.
    EXPECT_EQ(as("copier", "/album/a", "/photos/none.jpg"), "403 AccessDenied");
}

TEST_F(CopyObjectTest, TagsThatComeAlongNeedTheTaggingGrants) {
    const http::Response refused = send_as(function("copier"), asking("/album/a"));
    EXPECT_EQ(outcome(refused), "403 AccessDenied");
    EXPECT_NE(element(refused, "Message").find("s3:GetObjectTagging"), std::string::npos);
    EXPECT_EQ(outcome(send_as(function("copier"),
                              asking("/album/a", {{"x-amz-tagging-directive", "REPLACE"}}))),
              "200");
    const http::Response tagging = send_as(
        function("copier"),
        asking("/album/a", {{"x-amz-tagging-directive", "REPLACE"}, {"x-amz-tagging", "a=b"}}));
    EXPECT_NE(element(tagging, "Message").find("s3:PutObjectTagging"), std::string::npos);
}

}  // namespace
}  // namespace imagemill::local::s3
