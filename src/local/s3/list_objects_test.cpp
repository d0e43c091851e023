#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

// The keys of the API reference's own examples of ListObjects.
class ListObjectsTest : public ServiceTest {
  protected:
    ListObjectsTest() {
        for (const char* key : {"photos/2006/February/sample2.jpg",
                                "photos/2006/February/sample3.jpg", "sample.jpg"}) {
            put("/photos/" + std::string(key), "x");
        }
    }
    http::Response list(const std::string& query) {
        return send(Ask{.path = "/photos", .query = query});
    }
    static std::size_t count(const http::Response& response, const std::string& text) {
        const std::string xml = http::body_text(response);
        std::size_t found = 0;
        for (std::size_t at = xml.find(text); at != std::string::npos; at = xml.find(text, at + 1))
            ++found;
        return found;
    }
};

TEST_F(ListObjectsTest, FoldsAtTheDelimiter) {
    const http::Response response = list("delimiter=%2F");
    EXPECT_EQ(element(response, "Name"), "photos");
    EXPECT_EQ(element(response, "Key"), "sample.jpg");
    EXPECT_EQ(count(response, "<CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes>"), 1U);
    EXPECT_EQ(element(response, "IsTruncated"), "false");
    EXPECT_EQ(count(response, "<Marker></Marker>"), 1U);
    EXPECT_EQ(count(response, "<Owner><ID>"), 1U);
}

TEST_F(ListObjectsTest, StartsAfterItsMarker) {
    const http::Response response =
        list("prefix=photos%2F&marker=photos%2F2006%2FFebruary%2Fsample2.jpg");
    EXPECT_EQ(element(response, "Key"), "photos/2006/February/sample3.jpg");
    EXPECT_EQ(count(response, "<Contents>"), 1U);
}

TEST_F(ListObjectsTest, SaysTheNextMarkerWithADelimiterOnly) {
    const http::Response folded = list("delimiter=%2F&max-keys=1");
    EXPECT_EQ(element(folded, "IsTruncated"), "true");
    EXPECT_EQ(element(folded, "NextMarker"), "photos/");
    EXPECT_EQ(element(list("delimiter=%2F&max-keys=1&marker=photos%2F"), "Key"), "sample.jpg");
    const http::Response plain = list("max-keys=1");
    EXPECT_EQ(element(plain, "IsTruncated"), "true");
    EXPECT_EQ(element(plain, "NextMarker"), "");
}

TEST_F(ListObjectsTest, EncodesKeysWhereAsked) {
    put("/photos/a%20b%2B%0D", "x");
    EXPECT_EQ(element(list("prefix=a&encoding-type=url"), "Key"), "a%20b%2B%0D");
    EXPECT_EQ(element(list("prefix=a&encoding-type=url"), "EncodingType"), "url");
    EXPECT_EQ(element(list("prefix=a"), "Key"), "a b+&#13;");
    EXPECT_EQ(outcome(list("encoding-type=base64")), "400 InvalidArgument");
}

TEST_F(ListObjectsTest, OfNoKeysStillNeedsTheBucket) {
    EXPECT_EQ(count(list("max-keys=0"), "<Contents>"), 0U);
    EXPECT_EQ(outcome(send(Ask{.path = "/nowhere", .query = "max-keys=0"})), "404 NoSuchBucket");
}

TEST_F(ListObjectsTest, NeedsTheGrantForThePrefixThatIsListed) {
    EXPECT_EQ(outcome(send_as(function("lister"), Ask{.path = "/photos"})), "200");
    EXPECT_EQ(outcome(send_as(function("reader"), Ask{.path = "/photos"})), "403 AccessDenied");
    EXPECT_EQ(outcome(send_as(function("lister"), Ask{.path = "/photos", .query = "versions"})),
              "403 AccessDenied");
}

TEST_F(ListObjectsTest, OfVersionsHasOneOfEach) {
    const http::Response response = list("versions");
    EXPECT_EQ(count(response, "<ListVersionsResult "), 1U);
    EXPECT_EQ(count(response, "<Version>"), 3U);
    EXPECT_EQ(count(response, "<VersionId>null</VersionId><IsLatest>true</IsLatest>"), 3U);
    const http::Response first = list("versions&max-keys=2");
    EXPECT_EQ(element(first, "NextKeyMarker"), "photos/2006/February/sample3.jpg");
    EXPECT_EQ(element(first, "NextVersionIdMarker"), "null");
    const http::Response rest =
        list("versions&key-marker=photos%2F2006%2FFebruary%2Fsample3.jpg&version-id-marker=null");
    EXPECT_EQ(count(rest, "<Version>"), 1U);
    EXPECT_EQ(element(rest, "Key"), "sample.jpg");
}

class ListBucketsTest : public ServiceTest {
  protected:
    ListBucketsTest() {
        for (const char* name : {"beta", "alpha", "photos-2"}) {
            EXPECT_TRUE(store_->create_bucket(name));
        }
    }
    http::Response list(const std::string& query) { return send(Ask{.query = query}); }
    // "alpha beta": in the order in which they are listed.
    static std::string names(const http::Response& response) {
        const std::string xml = http::body_text(response);
        std::string found;
        for (std::size_t at = xml.find("<Name>"); at != std::string::npos;
             at = xml.find("<Name>", at + 1)) {
            const std::size_t end = xml.find('<', at + 6);
            found += (found.empty() ? "" : " ") + xml.substr(at + 6, end - at - 6);
        }
        return found;
    }
};

TEST_F(ListBucketsTest, AreInOrderAndOfAPrefix) {
    EXPECT_EQ(names(list("")), "alpha beta photos photos-2");
    const http::Response some = list("prefix=photos");
    EXPECT_EQ(names(some), "photos photos-2");
    EXPECT_EQ(element(some, "Prefix"), "photos");
    EXPECT_EQ(names(list("prefix=z")), "");
}

TEST_F(ListBucketsTest, ComeInPages) {
    const http::Response first = list("max-buckets=3");
    EXPECT_EQ(names(first), "alpha beta photos");
    const http::Response last =
        list("max-buckets=3&continuation-token=" + element(first, "ContinuationToken"));
    EXPECT_EQ(names(last), "photos-2");
    EXPECT_EQ(element(last, "ContinuationToken"), "");
    EXPECT_EQ(element(list("max-buckets=4"), "ContinuationToken"), "");
}

TEST_F(ListBucketsTest, RefuseWhatIsNoPage) {
    for (const char* query :
         {"max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token="}) {
        EXPECT_EQ(outcome(list(query)), "400 InvalidArgument") << query;
    }
}

}  // namespace
}  // namespace imagemill::local::s3
