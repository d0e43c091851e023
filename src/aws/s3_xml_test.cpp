#include "aws/s3_xml.h"

#include <gtest/gtest.h>

#include <set>

namespace imagemill::aws {
namespace {

Time some_time() {
    return *parse_rfc3339("2026-12-01T12:00:00Z");
}

ListResult list_of(std::vector<store::ListEntry> entries) {
    ListResult result;
    result.bucket = "photos";
    result.entries = std::move(entries);
    return result;
}

TEST(S3Error, HasARowForEveryCode) {
    struct Row {
        Code code;
        std::string_view s3_code;
        int status;
    };
    for (const Row& row :
         {Row{Code::invalid_argument, "InvalidArgument", 400},
          Row{Code::corrupt, "IncompleteBody", 400}, Row{Code::too_large, "EntityTooLarge", 400},
          Row{Code::unsupported, "NotImplemented", 501}, Row{Code::no_such_key, "NoSuchKey", 404},
          Row{Code::no_such_bucket, "NoSuchBucket", 404},
          Row{Code::no_such_upload, "NoSuchUpload", 404},
          Row{Code::precondition_failed, "PreconditionFailed", 412},
          Row{Code::conflict, "ConditionalRequestConflict", 409},
          Row{Code::unauthenticated, "AccessDenied", 403},
          Row{Code::forbidden, "AccessDenied", 403}, Row{Code::busy, "SlowDown", 503},
          Row{Code::timeout, "RequestTimeout", 400},
          Row{Code::unavailable, "ServiceUnavailable", 503},
          Row{Code::internal, "InternalError", 500}}) {
        const S3Error error = to_s3_error({row.code, "our words"});
        EXPECT_EQ(error.code, row.s3_code);
        EXPECT_EQ(error.status, row.status);
        EXPECT_FALSE(error.message.empty());
    }
}

TEST(S3Error, KeepsWhatHappenedInsideToItself) {
    EXPECT_EQ(to_s3_error({Code::internal, "catalog.sqlite: locked"}).message,
              "We encountered an internal error. Please try again.");
    EXPECT_EQ(to_s3_error({Code::unavailable, "/data: no space left"}).message,
              "Service is unable to handle request.");
    EXPECT_EQ(to_s3_error({Code::invalid_argument, "The key is too long."}).message,
              "The key is too long.");
}

TEST(S3Error, TellsTheLimitThatWasPassed) {
    const S3Error error = to_s3_error(
        {Code::too_large, "", Exceeded{.setting = "object_bytes_max", .limit = 5, .measured = 6}});

    ASSERT_EQ(error.details.size(), 2U);
    EXPECT_EQ(error.details[0], std::pair(std::string("MaxSizeAllowed"), std::string("5")));
    EXPECT_EQ(error.details[1], std::pair(std::string("ProposedSize"), std::string("6")));
}

TEST(S3Error, IsWrittenAsAwsWritesIt) {
    S3Error error = to_s3_error({Code::no_such_key, ""});
    error.details = {{"Key", "a<b>&\"c\".jpg"}};

    EXPECT_EQ(format_error(error, "REQ", "HOST"),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>"
              "<Key>a&lt;b&gt;&amp;&quot;c&quot;.jpg</Key><RequestId>REQ</RequestId>"
              "<HostId>HOST</HostId></Error>");
}

TEST(S3Error, ComesBackAsTheCodeThatWentOut) {
    // Some come back as another: S3 does not tell them apart, or a client could not act on it.
    for (const auto& [sent, read] :
         {std::pair(Code::no_such_key, Code::no_such_key),
          std::pair(Code::no_such_bucket, Code::no_such_bucket),
          std::pair(Code::no_such_upload, Code::no_such_upload),
          std::pair(Code::precondition_failed, Code::precondition_failed),
          std::pair(Code::conflict, Code::conflict), std::pair(Code::forbidden, Code::forbidden),
          std::pair(Code::unauthenticated, Code::forbidden),
          std::pair(Code::too_large, Code::too_large),
          std::pair(Code::unsupported, Code::unsupported),
          std::pair(Code::invalid_argument, Code::invalid_argument),
          std::pair(Code::busy, Code::unavailable), std::pair(Code::unavailable, Code::unavailable),
          std::pair(Code::internal, Code::unavailable)}) {
        const S3Error error = to_s3_error({sent, "words"});
        EXPECT_EQ(from_s3_error(error.status, format_error(error, "R", "H"), "GET b/k").code, read)
            << error.code;
    }
}

TEST(S3Error, WithoutABodyGoesByTheStatus) {
    EXPECT_EQ(from_s3_error(404, "", "HEAD b/k").code, Code::no_such_key);
    EXPECT_EQ(from_s3_error(403, "", "HEAD b/k").code, Code::forbidden);
    EXPECT_EQ(from_s3_error(401, "", "HEAD b/k").code, Code::unauthenticated);
    EXPECT_EQ(from_s3_error(412, "", "HEAD b/k").code, Code::precondition_failed);
    EXPECT_EQ(from_s3_error(409, "", "HEAD b/k").code, Code::conflict);
    EXPECT_EQ(from_s3_error(500, "", "HEAD b/k").code, Code::unavailable);
    EXPECT_EQ(from_s3_error(429, "", "HEAD b/k").code, Code::unavailable);
    EXPECT_EQ(from_s3_error(400, "<html>", "HEAD b/k").code, Code::invalid_argument);
    EXPECT_EQ(from_s3_error(404, "", "HEAD b/k").message, "HEAD b/k: S3 answered 404.");
}

TEST(S3Error, SaysWhatS3SaidButNoSignature) {
    const Error error = from_s3_error(
        403,
        "<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message>"
        "<StringToSign>AWS4 x</StringToSign><SignatureProvided>abc</SignatureProvided></Error>",
        "PUT b/k");

    EXPECT_EQ(error.code, Code::unauthenticated);
    EXPECT_EQ(error.message, "PUT b/k: S3 answered 403 SignatureDoesNotMatch: No match.");
}

TEST(S3Error, NamesTheRegionWhereS3DoesSo) {
    const Error error =
        from_s3_error(400,
                      "<Error><Code>AuthorizationHeaderMalformed</Code><Message>m</Message>"
                      "<Region>eu-west-1</Region></Error>",
                      "GET b/k");

    EXPECT_EQ(error.code, Code::invalid_argument);
    EXPECT_NE(error.message.find("eu-west-1: set AWS_REGION"), std::string::npos);
}

TEST(S3Xml, ListsBuckets) {
    EXPECT_EQ(format_list_buckets({.buckets = {{"photos", some_time()}}}, "me"),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<Owner><ID>me</ID></Owner><Buckets><Bucket><Name>photos</Name>"
              "<CreationDate>2026-12-01T12:00:00.000Z</CreationDate></Bucket></Buckets>"
              "</ListAllMyBucketsResult>");
}

TEST(S3Xml, ListsObjectsAsAwsDoes) {
    EXPECT_EQ(format_list_objects({.bucket = "photos",
                                   .prefix = "a/",
                                   .delimiter = "/",
                                   .start_after = "",
                                   .token = "",
                                   .next_token = "more",
                                   .max_keys = 2,
                                   .fetch_owner = true,
                                   .entries = {{"a/&.jpg", "e1", 7, some_time()}},
                                   .common_prefixes = {"a/b/"}},
                                  "me"),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
              "<Name>photos</Name><Prefix>a/</Prefix><Delimiter>/</Delimiter>"
              "<NextContinuationToken>more</NextContinuationToken><KeyCount>2</KeyCount>"
              "<MaxKeys>2</MaxKeys><IsTruncated>true</IsTruncated>"
              "<Contents><Key>a/&amp;.jpg</Key><LastModified>2026-12-01T12:00:00.000Z"
              "</LastModified><ETag>&quot;e1&quot;</ETag><Size>7</Size>"
              "<Owner><ID>me</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>"
              "<CommonPrefixes><Prefix>a/b/</Prefix></CommonPrefixes></ListBucketResult>");
}

TEST(S3Xml, ReadsBackTheListItWrote) {
    const std::string odd = "trips/a b+ü%20&<\x01>\".jpg";
    ListResult result =
        list_of({{odd, "e1-2", 0, some_time()}, {" spaced ", "e2", 5'000'000'000, some_time()}});
    result.next_token = "next/+=";
    result.encode_keys = true;

    const auto page = parse_list_objects(format_list_objects(result, "me"));

    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->entries.size(), 2U);
    EXPECT_EQ(page->entries[0].key, odd);
    EXPECT_EQ(page->entries[0].etag, "e1-2");
    EXPECT_EQ(page->entries[0].modified, some_time());
    EXPECT_EQ(page->entries[1].key, " spaced ");
    EXPECT_EQ(page->entries[1].size_bytes, 5'000'000'000);
    EXPECT_EQ(page->next_token, "next/+=");
}

TEST(S3Xml, ReadsPlainKeysAndAnEmptyPage) {
    ListResult result = list_of({{"a%2Fb+c \xC3\xBC", "e", 1, some_time()}});

    const auto page = parse_list_objects(format_list_objects(result, "me"));
    result.entries = {{" ", "e", 1, some_time()}};
    const auto blank = parse_list_objects(format_list_objects(result, "me"));
    result.entries.clear();
    const auto empty = parse_list_objects(format_list_objects(result, "me"));

    ASSERT_TRUE(page);
    EXPECT_EQ(page->entries.at(0).key, "a%2Fb+c \xC3\xBC");
    EXPECT_EQ(page->next_token, "");
    ASSERT_TRUE(blank);
    EXPECT_EQ(blank->entries.at(0).key, " ");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->entries.empty());
}

TEST(S3Xml, RefusesAListThatIsNone) {
    const std::string good =
        "<ListBucketResult><Contents><Key>k</Key><LastModified>2026-12-01T12:00:00.000Z"
        "</LastModified><ETag>\"e\"</ETag><Size>1</Size></Contents></ListBucketResult>";
    ASSERT_TRUE(parse_list_objects(good));

    std::set<std::string> messages;
    for (const auto& [from, to] :
         {std::pair("ListBucketResult", "Other"), std::pair("<Key>k", "<Key>"),
          std::pair(">1<", ">-1<"), std::pair("12:00:00", "noon"),
          std::pair("<Contents>", "<IsTruncated>true</IsTruncated><Contents>")}) {
        std::string bad = good;
        bad.replace(bad.find(from), std::string_view(from).size(), to);
        const auto page = parse_list_objects(bad);
        ASSERT_FALSE(page) << bad;
        EXPECT_EQ(page.error().code, Code::corrupt);
        messages.insert(page.error().message);
    }
    EXPECT_EQ(messages.size(), 5U);
    EXPECT_FALSE(parse_list_objects(""));
    EXPECT_FALSE(parse_list_objects("{}"));
}

TEST(S3Xml, ExpandsNoEntityOfItsOwn) {
    const auto page = parse_list_objects(
        "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>"
        "<ListBucketResult><Contents><Key>&a;&f;</Key><LastModified>2026-12-01T12:00:00.000Z"
        "</LastModified><ETag>\"e\"</ETag><Size>1</Size></Contents></ListBucketResult>");

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->entries.at(0).key, "&a;&f;");
}

TEST(S3Xml, AnswersAFormUpload) {
    EXPECT_EQ(format_post_response("http://localhost/b/k", {"b", "k"}, "e"),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
              "<PostResponse><Location>http://localhost/b/k</Location><Bucket>b</Bucket>"
              "<Key>k</Key><ETag>&quot;e&quot;</ETag></PostResponse>");
}

}  // namespace
}  // namespace imagemill::aws
