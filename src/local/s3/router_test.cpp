#include "local/s3/router.h"

#include <gtest/gtest.h>

#include "base/encodings.h"
#include "local/s3/operation_name.h"
#include "local/s3/parameters.h"

namespace imagemill::local::s3 {
namespace {

Outcome<Operation> route_request(const std::string& method, const std::string& target,
                                 http::Headers headers = {},
                                 const std::string& host = "127.0.0.1:9000") {
    http::Request request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (target.find('?') != std::string::npos) {
        request.query = target.substr(target.find('?') + 1);
    }
    request.headers = std::move(headers);
    request.headers.set("Host", host);
    return route(request, http::Hosts({"s3.example.com"}));
}

// "GetObject b k", or the error's code.
std::string routed(const std::string& method, const std::string& target, http::Headers headers = {},
                   const std::string& host = "127.0.0.1:9000") {
    auto operation = route_request(method, target, std::move(headers), host);
    if (!operation) return operation.error().code;
    std::string text(name_of(operation->call));
    if (const auto* unserved = std::get_if<Unserved>(&operation->call)) {
        return text + ": " + unserved->what;
    }
    if (!operation->bucket.empty()) text += " " + operation->bucket;
    if (!operation->key.empty()) text += " " + operation->key;
    return text;
}

TEST(Router, KnowsTheOperationsItServes) {
    EXPECT_EQ(routed("GET", "/"), "ListBuckets");
    EXPECT_EQ(routed("PUT", "/photos"), "CreateBucket photos");
    EXPECT_EQ(routed("PUT", "/photos/"), "CreateBucket photos");
    EXPECT_EQ(routed("HEAD", "/photos"), "HeadBucket photos");
    EXPECT_EQ(routed("GET", "/photos?location"), "GetBucketLocation photos");
    EXPECT_EQ(routed("GET", "/photos/?location="), "GetBucketLocation photos");
    EXPECT_EQ(routed("GET", "/photos?list-type=2"), "ListObjectsV2 photos");
    EXPECT_EQ(routed("POST", "/photos"), "PostObject photos");
    EXPECT_EQ(routed("PUT", "/photos/cat.jpg"), "PutObject photos cat.jpg");
    EXPECT_EQ(routed("GET", "/photos/cat.jpg"), "GetObject photos cat.jpg");
    EXPECT_EQ(routed("HEAD", "/photos/cat.jpg"), "HeadObject photos cat.jpg");
    EXPECT_EQ(routed("DELETE", "/photos/cat.jpg"), "DeleteObject photos cat.jpg");
    EXPECT_EQ(routed("GET", "/photos"), "ListObjects photos");
    EXPECT_EQ(routed("GET", "/photos?versions"), "ListObjectVersions photos");
    EXPECT_EQ(routed("DELETE", "/photos"), "DeleteBucket photos");
    EXPECT_EQ(routed("POST", "/photos?delete"), "DeleteObjects photos");
    EXPECT_EQ(routed("GET", "/photos?cors"), "GetBucketCors photos");
    EXPECT_EQ(routed("PUT", "/photos?cors"), "PutBucketCors photos");
    EXPECT_EQ(routed("DELETE", "/photos?cors"), "DeleteBucketCors photos");
    EXPECT_EQ(routed("GET", "/photos?notification"), "GetBucketNotificationConfiguration photos");
    EXPECT_EQ(routed("PUT", "/photos?notification"), "PutBucketNotificationConfiguration photos");
    EXPECT_EQ(routed("GET", "/photos?versioning"), "GetPlainSetting photos");
    EXPECT_EQ(routed("GET", "/photos/cat.jpg?acl"), "GetObjectAcl photos cat.jpg");
    EXPECT_EQ(routed("GET", "/photos/cat.jpg?tagging"), "GetObjectTagging photos cat.jpg");
    EXPECT_EQ(routed("PUT", "/photos/cat.jpg?tagging"), "PutObjectTagging photos cat.jpg");
    EXPECT_EQ(routed("DELETE", "/photos/cat.jpg?tagging"), "DeleteObjectTagging photos cat.jpg");
}

TEST(Router, ReadsACopysSource) {
    const auto source = [](const std::string& header) {
        auto operation = route_request("PUT", "/b/k", {{"x-amz-copy-source", header}});
        if (!operation) return operation.error().code;
        const auto& copy = std::get<CopyObject>(operation->call);
        return copy.source_bucket + " " + copy.source_key;
    };
    EXPECT_EQ(source("/photos/a/b.jpg"), "photos a/b.jpg");
    EXPECT_EQ(source("photos/a%20b%2Bc%3F.jpg"), "photos a b+c?.jpg");
    EXPECT_EQ(source("photos//a"), "photos /a");
    EXPECT_EQ(source("photos%2Fa"), "photos a");
    EXPECT_EQ(source("photos/a+b"), "photos a+b");
    EXPECT_EQ(source("photos/a?versionId=null"), "photos a");
    EXPECT_EQ(source("photos/a?versionId=3Lg"), "NoSuchVersion");
    EXPECT_EQ(source("photos/"), "InvalidArgument");
    EXPECT_EQ(source("photos"), "InvalidArgument");
    EXPECT_EQ(source(""), "InvalidArgument");
    EXPECT_EQ(source("photos/%zz"), "InvalidArgument");
    EXPECT_EQ(source("photos/%FF"), "InvalidArgument");
    EXPECT_EQ(source("arn:aws:s3:us-east-1:1:accesspoint/p/object/k"), "NotImplemented");
}

TEST(Router, ReadsACopysDirectives) {
    const auto replaces = [](const std::string& name, const std::string& value) {
        auto operation =
            route_request("PUT", "/b/k", {{"x-amz-copy-source", "/b/other"}, {name, value}});
        if (!operation) return operation.error().code;
        const auto& copy = std::get<CopyObject>(operation->call);
        return std::string(copy.replace_attributes ? "attributes" : "") +
               (copy.replace_tags ? "tags" : "");
    };
    EXPECT_EQ(replaces("x-amz-metadata-directive", "COPY"), "");
    EXPECT_EQ(replaces("x-amz-metadata-directive", "REPLACE"), "attributes");
    EXPECT_EQ(replaces("x-amz-tagging-directive", "REPLACE"), "tags");
    EXPECT_EQ(replaces("x-amz-metadata-directive", "MERGE"), "InvalidArgument");
    EXPECT_EQ(replaces("x-amz-tagging-directive", ""), "InvalidArgument");
}

TEST(Router, KnowsTheOneVersionThatAnObjectHas) {
    EXPECT_EQ(routed("GET", "/b/k?versionId=null"), "GetObject b k");
    EXPECT_EQ(routed("DELETE", "/b/k?versionId=null"), "DeleteObject b k");
    EXPECT_EQ(routed("GET", "/b/k?versionId=3LgEx"), "NoSuchVersion");
}

// The examples of the API reference's own pages.
TEST(Router, ReadsTheDocumentsExamples) {
    EXPECT_EQ(routed("GET", "/?list-type=2", {}, "examplebucket.s3.example.com"),
              "ListObjectsV2 examplebucket");
    EXPECT_EQ(routed("GET", "/?list-type=2&max-keys=3&prefix=E&start-after=ExampleGuide.pdf", {},
                     "quotes.localhost:9000"),
              "ListObjectsV2 quotes");
    EXPECT_EQ(routed("GET", "/example-object?response-cache-control=No-cache", {},
                     "example-bucket.localhost"),
              "GetObject example-bucket example-object");
    EXPECT_EQ(routed("PUT", "/my-image.jpg", {{"x-amz-meta-author", "Janet"}},
                     "my.bucket.localhost:9000"),
              "PutObject my.bucket my-image.jpg");
    EXPECT_EQ(routed("PUT", "/", {}, "colorpictures.localhost"), "CreateBucket colorpictures");
    EXPECT_EQ(routed("DELETE", "/my-second-image.jpg", {}, "mybucket.localhost"),
              "DeleteObject mybucket my-second-image.jpg");
    EXPECT_EQ(routed("HEAD", "/", {}, "mybucket.localhost"), "HeadBucket mybucket");
    EXPECT_EQ(routed("POST", "/", {}, "destinationbucket.localhost"),
              "PostObject destinationbucket");
}

TEST(Router, DecodesAKeyOnceAndNormalisesNothing) {
    const struct {
        const char* path;
        const char* key;
    } rows[] = {
        {"/b/a%2Fb", "a/b"},
        {"/b/a%252Fb", "a%2Fb"},
        {"/b/a//b", "a//b"},
        {"/b//", "/"},
        {"/b//a", "/a"},
        {"/b/a/", "a/"},
        {"/b/a/../../etc/passwd", "a/../../etc/passwd"},
        {"/b/..%2F..%2Fetc%2Fpasswd", "../../etc/passwd"},
        {"/b/./a", "./a"},
        {"/b/test%25percent", "test%percent"},
        {"/b/a+b", "a+b"},
        {"/b/a%20b", "a b"},
        {"/b/a%0Ab", "a\nb"},
        {"/b/%F0%9F%98%80/", "\xF0\x9F\x98\x80/"},
        {"/b/\xC3\xA4", "\xC3\xA4"},
        {"/b/a?", "a"},
        {"/b/a%3Fx", "a?x"},
    };
    for (const auto& row : rows) {
        auto operation = route_request("GET", row.path);
        ASSERT_TRUE(operation) << row.path;
        EXPECT_EQ(operation->key, row.key);
        EXPECT_EQ(operation->bucket, "b");
    }
}

TEST(Router, RefusesAPathItCannotDecode) {
    EXPECT_EQ(routed("GET", "/b/a%"), "InvalidURI");
    EXPECT_EQ(routed("GET", "/b/a%2"), "InvalidURI");
    EXPECT_EQ(routed("GET", "/b/a%zz"), "InvalidURI");
    EXPECT_EQ(routed("GET", "b"), "InvalidURI");
    EXPECT_EQ(routed("GET", "/b/a?x=%"), "InvalidURI");
}

TEST(Router, RefusesAKeyThatNoObjectCanHave) {
    EXPECT_EQ(routed("GET", "/b/" + std::string(1024, 'k')),
              "GetObject b " + std::string(1024, 'k'));
    EXPECT_EQ(routed("GET", "/b/" + std::string(1025, 'k')), "KeyTooLongError");
    EXPECT_EQ(routed("GET", "/b/a%00b"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b/%FF"), "InvalidArgument");
}

TEST(Router, IgnoresWhatOnlyNamesTheOperation) {
    EXPECT_EQ(routed("GET", "/b/k?x-id=GetObject"), "GetObject b k");
    EXPECT_EQ(routed("PUT", "/b/k?x-id=PutObject"), "PutObject b k");
    EXPECT_EQ(routed("GET", "/b/k?X-Amz-Signature=0&X-Amz-Date=1&X-Amz-Credential=2"),
              "GetObject b k");
}

TEST(Router, RefusesByNameEverySubresourceItDoesNotKnow) {
    for (const std::string name : {"acl", "policy", "versioning", "lifecycle", "website",
                                   "encryption", "object-lock", "replication", "retention"}) {
        const std::string expected = "Unserved: The parameter " + name;
        EXPECT_EQ(routed("PUT", "/b?" + name), expected);
        EXPECT_EQ(routed("HEAD", "/b/k?" + name), expected);
        EXPECT_EQ(routed("PATCH", "/b/k?" + name), expected);
    }
    EXPECT_EQ(routed("PUT", "/b/k?acl"), "Unserved: The parameter acl");
    EXPECT_EQ(routed("DELETE", "/b?policy"), "Unserved: The parameter policy");
    EXPECT_EQ(routed("GET", "/b/k?retention"), "Unserved: The parameter retention");
    EXPECT_EQ(routed("PUT", "/b/k?partNumber=1"), "Unserved: The parameter partNumber");
    EXPECT_EQ(routed("GET", "/b?max-uploads=1"), "Unserved: The parameter max-uploads");
    EXPECT_EQ(routed("GET", "/b?list-type=2&versions"), "Unserved: The parameter versions");
    EXPECT_EQ(routed("GET", "/b?max-buckets=1"), "Unserved: The parameter max-buckets");
    EXPECT_EQ(routed("GET", "/?bucket-region=a"), "Unserved: The parameter bucket-region");
    EXPECT_EQ(routed("PUT", "/b/k?attributes"), "Unserved: The parameter attributes");
}

TEST(Router, RefusesByNameEveryHeaderItDoesNotHonour) {
    const struct {
        const char* name;
        const char* value;
    } rows[] = {
        {"x-amz-copy-source-if-match", "a"},
        {"x-amz-metadata-directive", "COPY"},
        {"x-amz-server-side-encryption", "AES256"},
        {"x-amz-server-side-encryption-customer-algorithm", "AES256"},
        {"x-amz-object-lock-mode", "GOVERNANCE"},
        {"x-amz-storage-class", "GLACIER"},
        {"x-amz-acl", "public-read"},
        {"x-amz-website-redirect-location", "/"},
        {"x-amz-copy-source-range", "bytes=0-1"},
        {"x-amz-mp-object-size", "1"},
        {"x-amz-checksum-type", "COMPOSITE"},
        {"x-amz-expected-bucket-owner", "1"},
        {"x-amz-never-heard-of", "1"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(routed("PUT", "/b/k", {{row.name, row.value}}),
                  "Unserved: The header " + std::string(row.name) + ": " + row.value);
        // The same where a pre-signed URL carries it.
        EXPECT_EQ(routed("PUT", "/b/k?" + std::string(row.name) + "=" +
                                    percent_encode(row.value, Slash::encode)),
                  "Unserved: The header " + std::string(row.name) + ": " + row.value);
    }
}

TEST(Router, KnowsTheOperationsOfUploadsInParts) {
    EXPECT_EQ(routed("POST", "/b/k?uploads"), "CreateMultipartUpload b k");
    EXPECT_EQ(routed("PUT", "/b/k?partNumber=1&uploadId=u"), "UploadPart b k");
    EXPECT_EQ(routed("PUT", "/b/k?partNumber=1&uploadId=u", {{"x-amz-copy-source", "/b/s"}}),
              "UploadPartCopy b k");
    EXPECT_EQ(routed("PUT", "/b/k?uploadId=u"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b/k?uploadId=u"), "ListParts b k");
    EXPECT_EQ(routed("GET", "/b?uploads"), "ListMultipartUploads b");
    EXPECT_EQ(routed("GET", "/b?uploads&max-uploads=1&prefix=a"), "ListMultipartUploads b");
    EXPECT_EQ(routed("POST", "/b/k?uploadId=u"), "CompleteMultipartUpload b k");
    EXPECT_EQ(routed("DELETE", "/b/k?uploadId=u"), "AbortMultipartUpload b k");
    EXPECT_EQ(routed("GET", "/b/k?partNumber=1"), "GetObject b k");
    EXPECT_EQ(routed("HEAD", "/b/k?partNumber=10001"), "InvalidArgument");
}

TEST(Router, RefusesUploadsInPiecesOfAKindItDoesNotRead) {
    const http::Headers unsigned_pieces = {
        {"x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}};
    EXPECT_EQ(routed("PUT", "/b/k", unsigned_pieces), "PutObject b k");
    EXPECT_EQ(routed("PUT", "/b", unsigned_pieces),
              "Unserved: An upload in pieces (x-amz-content-sha256: "
              "STREAMING-UNSIGNED-PAYLOAD-TRAILER)");
    EXPECT_EQ(routed("PUT", "/b/k", {{"Content-Encoding", "gzip, aws-chunked"}}),
              "Unserved: An upload in pieces (Content-Encoding: aws-chunked)");
}

TEST(Router, TakesHeadersThatAskForWhatIsSoAnyway) {
    const http::Headers headers{{"x-amz-acl", "private"},
                                {"x-amz-storage-class", "STANDARD"},
                                {"x-amz-request-payer", "requester"},
                                {"x-amz-meta-a", "b"},
                                {"x-amz-user-agent", "aws-sdk-js"},
                                {"x-amz-checksum-mode", "ENABLED"}};
    EXPECT_EQ(routed("PUT", "/b/k", headers), "PutObject b k");
}

TEST(Router, ReadsParametersOfAPresignedUrlAsHeaders) {
    auto operation = route_request("PUT", "/b/k?X-Amz-Meta-Author=Janet%20L&x-id=PutObject");
    ASSERT_TRUE(operation);
    EXPECT_EQ(operation->headers.get_or("x-amz-meta-author", ""), "Janet L");
}

TEST(Router, KnowsWhichMethodsAResourceHas) {
    EXPECT_EQ(routed("PATCH", "/b/k"), "MethodNotAllowed");
    EXPECT_EQ(routed("POST", "/b/k"), "MethodNotAllowed");
    EXPECT_EQ(routed("DELETE", "/"), "MethodNotAllowed");
    EXPECT_EQ(routed("POST", "/"), "MethodNotAllowed");
}

TEST(Router, ReadsAListingsParameters) {
    auto operation = route_request(
        "GET",
        "/b?list-type=2&prefix=a%2Fb&delimiter=%2F&start-after=x+y&max-keys=7&encoding-type=url"
        "&fetch-owner=true");
    ASSERT_TRUE(operation);
    const auto& list = std::get<ListObjectsV2>(operation->call);
    EXPECT_EQ(list.prefix, "a/b");
    EXPECT_EQ(list.delimiter, "/");
    EXPECT_EQ(list.start_after, "x+y");
    EXPECT_EQ(list.after, "x+y");
    EXPECT_EQ(list.max_keys, 7);
    EXPECT_TRUE(list.encode_keys);
    EXPECT_TRUE(list.fetch_owner);
}

TEST(Router, BoundsAListingsCount) {
    const auto count = [](const std::string& max_keys) {
        auto operation = route_request("GET", "/b?list-type=2&max-keys=" + max_keys);
        return operation ? std::get<ListObjectsV2>(operation->call).max_keys : -1;
    };
    EXPECT_EQ(count("0"), 0);
    EXPECT_EQ(count("1000"), 1000);
    EXPECT_EQ(count("1001"), 1000);
    EXPECT_EQ(count("2147483647"), 1000);
    EXPECT_EQ(count("2147483648"), -1);
    EXPECT_EQ(count("-1"), -1);
    EXPECT_EQ(count("many"), -1);
    EXPECT_EQ(count(""), -1);
}

TEST(Router, RefusesAListingsOtherParameters) {
    EXPECT_EQ(routed("GET", "/b?list-type=3"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?list-type=2&encoding-type=base64"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?list-type=2&continuation-token=!"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?list-type=2&continuation-token="), "InvalidArgument");
    // What an answer would repeat and XML cannot.
    EXPECT_EQ(routed("GET", "/b?list-type=2&prefix=%FF"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?marker=%FF"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?delimiter=%C3"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?versions&key-marker=%FF"), "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b?versions&version-id-marker=null"), "InvalidArgument");
}

TEST(Router, ContinuesWhereItsTokenSays) {
    for (const std::string key : {"a", "a/b?c=d&e", "\xC3\xA4\xC3\xB6", "~~~\xC2\xBF\xC2\xBF"}) {
        const std::string token = format_token(key);
        EXPECT_EQ(token.find_first_of("+/="), std::string::npos) << token;
        auto operation =
            route_request("GET", "/b?list-type=2&start-after=zzz&continuation-token=" + token);
        ASSERT_TRUE(operation);
        EXPECT_EQ(std::get<ListObjectsV2>(operation->call).after, key);
        EXPECT_EQ(std::get<ListObjectsV2>(operation->call).token, token);
    }
}

TEST(Router, ReadsWhatAGetWantsOtherwise) {
    auto operation = route_request(
        "GET", "/b/k?response-content-type=text%2Fplain&response-content-disposition=inline");
    ASSERT_TRUE(operation);
    const Overrides expected{{"Content-Disposition", "inline"}, {"Content-Type", "text/plain"}};
    EXPECT_EQ(std::get<GetObject>(operation->call).overrides, expected);
}

TEST(Router, LetsNoParameterBreakAHeader) {
    EXPECT_EQ(routed("GET", "/b/k?response-content-type=a%0D%0ASet-Cookie:%20b"),
              "InvalidArgument");
    EXPECT_EQ(routed("GET", "/b/k?response-expires=a%00"), "InvalidArgument");
}

}  // namespace
}  // namespace imagemill::local::s3
