#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include "aws/sigv4_example.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// Amazon's own examples.

TEST(SigV4, SignsTheExampleGetObject) {
    http::Headers headers{{"Host", std::string(kHost)}, {"Range", "bytes=0-9"}};

    sign("GET", "/test.txt", "", headers, kEmptySha256, kTarget, example_time());

    EXPECT_EQ(headers.get_or("Authorization", ""),
              "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
              " SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, Signature="
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    EXPECT_EQ(headers.get_or("x-amz-date", ""), "20130524T000000Z");
}

TEST(SigV4, MakesTheCanonicalRequestOfTheExampleGetObject) {
    const http::Headers headers{{"Host", std::string(kHost)},
                                {"Range", "bytes=0-9"},
                                {"x-amz-content-sha256", std::string(kEmptySha256)},
                                {"x-amz-date", "20130524T000000Z"}};

    const std::string canonical = canonical_request(
        {.method = "GET",
         .path = "/test.txt",
         .query = "",
         .headers = headers,
         .signed_headers = {"host", "range", "x-amz-content-sha256", "x-amz-date"},
         .payload_hash = kEmptySha256});

    EXPECT_EQ(canonical,
              "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
              "x-amz-content-sha256:"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
              "x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n"
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(
        string_to_sign("20130524T000000Z", scope_of("20130524", "us-east-1", "s3"), canonical),
        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
}

TEST(SigV4, SignsTheExamplePutObject) {
    http::Headers headers{{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                          {"Host", std::string(kHost)},
                          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};

    sign("PUT", "/test$file.text", "", headers, format_hex(sha256("Welcome to Amazon S3.")),
         kTarget, example_time());

    EXPECT_EQ(signature_in(headers),
              "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, SignsTheExampleGetBucketLifecycle) {
    EXPECT_EQ(signature_in(signed_request("GET", "/", "lifecycle").headers),
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4, SignsTheExampleListObjects) {
    EXPECT_EQ(signature_in(signed_request("GET", "/", "max-keys=2&prefix=J").headers),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, PresignsTheExampleUrl) {
    EXPECT_EQ(presign_query("GET", "/test.txt", kHost, {}, 86'400, kTarget, example_time()),
              "X-Amz-Algorithm=AWS4-HMAC-SHA256"
              "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
              "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
              "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

// --- The canonical request.

TEST(SigV4, DoesNotCareHowAClientEscapesAPathOrAQuery) {
    const auto canonical = [](std::string_view path, std::string_view query) {
        return canonical_request({.method = "GET",
                                  .path = path,
                                  .query = query,
                                  .headers = http::Headers{},
                                  .signed_headers = {},
                                  .payload_hash = kEmptySha256});
    };

    EXPECT_EQ(canonical("/b/a(1)!+%c3%a4", "b=~&a=/"),
              canonical("/b/a%281%29%21%2B%C3%A4", "a=%2f&b=%7E"));
    EXPECT_TRUE(canonical("/b/a%252Fb", "").starts_with("GET\n/b/a%252Fb\n"));
    EXPECT_TRUE(canonical("/b//x/../y/./", "").starts_with("GET\n/b//x/../y/./\n"));
    EXPECT_TRUE(canonical("", "").starts_with("GET\n/\n"));
    EXPECT_TRUE(canonical("/", "b&a=2&a=1&a=1+1&&").starts_with("GET\n/\na=1&a=1%2B1&a=2&b=\n"));
}

TEST(SigV4, JoinsRepeatedHeadersAndSqueezesSpaces) {
    const http::Headers headers{{"X-Amz-Meta-A", "  one   two "}, {"x-amz-meta-a", "\tthree"}};

    const std::string canonical = canonical_request({.method = "GET",
                                                     .path = "/",
                                                     .query = "",
                                                     .headers = headers,
                                                     .signed_headers = {"x-amz-meta-a"},
                                                     .payload_hash = kEmptySha256});

    EXPECT_NE(canonical.find("\nx-amz-meta-a:one two,three\n"), std::string::npos) << canonical;
}

TEST(SigV4, DoesNotSignWhatProxiesChange) {
    const auto request = signed_request(
        "GET", "/", "", {{"Host", std::string(kHost)}, {"User-Agent", "a"}, {"Expect", "b"}});

    EXPECT_NE(request.headers.get_or("Authorization", "")
                  .find("SignedHeaders=host;x-amz-content-sha256;x-amz-date,"),
              std::string::npos);
}

}  // namespace
}  // namespace imagemill::aws
