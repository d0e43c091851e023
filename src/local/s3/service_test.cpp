#include "local/s3/service.h"

#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

// A store on a disk that fails: no upload begins, no object opens.
class FailingStore final : public DiskStore {
  public:
    FailingStore(DiskStore& whole, Error error) : whole_(whole), error_(std::move(error)) {}

    Result<std::unique_ptr<Upload>> begin() override { return error_; }
    Result<OpenedObject> open(const std::string&, const std::string&) override { return error_; }

    Result<void> create_bucket(const std::string& name) override {
        return whole_.create_bucket(name);
    }
    Result<void> head_bucket(const std::string& name) override { return whole_.head_bucket(name); }
    Result<std::vector<StoredBucket>> list_buckets() override { return whole_.list_buckets(); }
    Result<void> remove_bucket(const std::string& name) override {
        return whole_.remove_bucket(name);
    }
    Result<std::unique_ptr<Upload>> copy(const OpenedObject&) override { return error_; }
    Result<StoredObject> head(const std::string& bucket, const std::string& key) override {
        return whole_.head(bucket, key);
    }
    Result<void> remove(const std::string& bucket, const std::string& key,
                        const WriteConditions& conditions, const Origin& origin) override {
        return whole_.remove(bucket, key, conditions, origin);
    }
    Result<ListAnswer> list(const std::string& bucket, const ListQuery& query) override {
        return whole_.list(bucket, query);
    }
    Result<std::vector<Result<void>>> remove_all(const std::string& bucket,
                                                 const std::vector<Removal>& removals,
                                                 const Origin& origin) override {
        return whole_.remove_all(bucket, removals, origin);
    }
    Result<void> tag(const std::string& bucket, const std::string& key,
                     const std::map<std::string, std::string>& tags) override {
        return whole_.tag(bucket, key, tags);
    }
    Multiparts& multiparts() override { return whole_.multiparts(); }
    BucketSettings& settings() override { return whole_.settings(); }
    EventQueue& events() override { return whole_.events(); }
    Result<std::vector<Finding>> check(
        const std::function<void(std::int64_t, std::int64_t)>& progress) override {
        return whole_.check(progress);
    }

  private:
    DiskStore& whole_;
    Error error_;
};

// --- Who is asking.

TEST_F(ServiceTest, AnonymousCallersAreDenied) {
    EXPECT_EQ(outcome(send_unsigned({.path = "/"})), "403 AccessDenied");
    EXPECT_EQ(outcome(send_unsigned({.path = "/photos/cat.jpg"})), "403 AccessDenied");
    EXPECT_EQ(outcome(send_unsigned({.path = "/photos?acl"})), "403 AccessDenied");
}

TEST_F(ServiceTest, StrangersLearnNothingOfTheirMistakes) {
    EXPECT_EQ(outcome(send_unsigned({.path = "/photos/" + std::string(1025, 'k')})),
              "403 AccessDenied");
    EXPECT_EQ(outcome(send_unsigned({.method = "PATCH", .path = "/photos/k"})), "403 AccessDenied");
}

TEST_F(ServiceTest, AWrongSecretIsASignatureThatDoesNotMatch) {
    aws::Credentials wrong = keys_.root();
    wrong.secret_key = "a guess";
    const http::Response response = send_as(wrong, {.path = "/"});
    EXPECT_EQ(outcome(response), "403 SignatureDoesNotMatch");
    EXPECT_EQ(element(response, "AWSAccessKeyId"), "IMROOT");
    EXPECT_NE(element(response, "CanonicalRequest"), "");
}

TEST_F(ServiceTest, AnUnknownKeyIsSaidToBeUnknown) {
    aws::Credentials nobody = keys_.root();
    nobody.access_key = "IMNOBODY";
    EXPECT_EQ(outcome(send_as(nobody, {.path = "/"})), "403 InvalidAccessKeyId");
}

TEST_F(ServiceTest, AClockTwentyMinutesOffIsRefused) {
    http::Request early = sign({.path = "/"}, keys_.root());
    clock_.advance(std::chrono::minutes(20));
    const http::Response response = send(std::move(early));
    EXPECT_EQ(outcome(response), "403 RequestTimeTooSkewed");
    EXPECT_EQ(element(response, "MaxAllowedSkewMilliseconds"), "900000");

    http::Request late = sign({.path = "/"}, keys_.root());
    clock_.advance(-std::chrono::minutes(20));
    EXPECT_EQ(outcome(send(std::move(late))), "403 RequestTimeTooSkewed");
}

TEST_F(ServiceTest, AHeaderAddedAfterSigningIsRefused) {
    http::Request request = sign({.method = "PUT", .path = "/photos/k"}, keys_.root());
    request.headers.add("x-amz-meta-a", "b");
    const http::Response response = send(std::move(request));
    EXPECT_EQ(outcome(response), "403 AccessDenied");
    EXPECT_EQ(element(response, "HeadersNotSigned"), "x-amz-meta-a");
}

TEST_F(ServiceTest, SignatureVersion2IsRefusedWithTheWayOut) {
    Ask ask{.path = "/photos/k"};
    ask.headers = {{"Authorization", "AWS IMROOT:c2ln"}};
    const http::Response header = send_unsigned(ask);
    EXPECT_NE(element(header, "Message").find("signature_version='s3v4'"), std::string::npos);
    const http::Response query = send_unsigned(
        {.path = "/photos/k", .query = "AWSAccessKeyId=IMROOT&Signature=x&Expires=1"});
    EXPECT_NE(element(query, "Message").find("signature_version='s3v4'"), std::string::npos);
}

TEST_F(ServiceTest, APresignedUrlWorksUntilItExpires) {
    ASSERT_EQ(put("/photos/k", "bytes").status, 200);
    const std::string query = aws::presign_query("GET", "/photos/k", kHost, {}, 60,
                                                 {.credentials = keys_.root()}, clock_.now());
    clock_.advance(std::chrono::seconds(60));
    EXPECT_EQ(http::body_text(send_unsigned({.path = "/photos/k", .query = query})), "bytes");
    clock_.advance(std::chrono::seconds(1));
    const http::Response expired = send_unsigned({.path = "/photos/k", .query = query});
    EXPECT_EQ(outcome(expired), "403 AccessDenied");
    EXPECT_EQ(element(expired, "Message"), "Request has expired");
}

TEST_F(ServiceTest, APresignedUrlIsForOneKey) {
    const std::string query = aws::presign_query("GET", "/photos/k", kHost, {}, 60,
                                                 {.credentials = keys_.root()}, clock_.now());
    EXPECT_EQ(outcome(send_unsigned({.path = "/photos/other", .query = query})),
              "403 SignatureDoesNotMatch");
}

// --- What they may.

TEST_F(ServiceTest, AMissingGrantIsNamed) {
    const http::Response response =
        send_as(function("reader"), {.method = "PUT", .path = "/photos/cat.jpg", .body = "x"});
    EXPECT_EQ(outcome(response), "403 AccessDenied");
    const std::string message = element(response, "Message");
    EXPECT_NE(message.find("reader"), std::string::npos);
    EXPECT_NE(message.find("s3:PutObject"), std::string::npos);
    EXPECT_NE(message.find("arn:aws:s3:::photos/cat.jpg"), std::string::npos);
    EXPECT_FALSE(has("cat.jpg"));
}

TEST_F(ServiceTest, AGrantReachesAsFarAsItsPrefix) {
    EXPECT_EQ(
        send_as(function("reader"), {.method = "PUT", .path = "/photos/manifests/a", .body = "x"})
            .status,
        200);
}

TEST_F(ServiceTest, AMissingKeyReadsAsForbiddenToWhoMayNotList) {
    EXPECT_EQ(outcome(send_as(function("reader"), {.path = "/photos/none"})), "403 AccessDenied");
    EXPECT_EQ(outcome(send_as(function("lister"), {.path = "/photos/none"})), "404 NoSuchKey");
    EXPECT_EQ(send_as(function("reader"), {.method = "HEAD", .path = "/photos/none"}).status, 403);
    EXPECT_EQ(send_as(function("lister"), {.method = "HEAD", .path = "/photos/none"}).status, 404);
}

TEST_F(ServiceTest, AWriteOnConditionOfAnEtagNeedsLeaveToRead) {
    const http::Headers if_match{{"If-Match", "\"abc\""}};
    EXPECT_EQ(
        outcome(send_as(function("writer"),
                        {.method = "PUT", .path = "/photos/k", .headers = if_match, .body = "x"})),
        "403 AccessDenied");
    EXPECT_EQ(outcome(send_as(function("writer"),
                              {.method = "DELETE", .path = "/photos/k", .headers = if_match})),
              "403 AccessDenied");
    EXPECT_EQ(send_as(function("writer"), {.method = "PUT",
                                           .path = "/photos/k",
                                           .headers = {{"If-None-Match", "*"}},
                                           .body = "x"})
                  .status,
              200);
}

TEST_F(ServiceTest, AFunctionMayNotMakeOrSeeBuckets) {
    EXPECT_EQ(outcome(send_as(function("lister"), {.path = "/"})), "403 AccessDenied");
    EXPECT_EQ(outcome(send_as(function("lister"), {.method = "PUT", .path = "/new-bucket"})),
              "403 AccessDenied");
    EXPECT_EQ(outcome(send_as(function("lister"), {.path = "/other", .query = "list-type=2"})),
              "403 AccessDenied");
}

// --- Where they think they are.

TEST_F(ServiceTest, AnUnknownHostIsToldTheKnownOnes) {
    const http::Response response = send(Ask{.path = "/", .host = "evil.example.net"});
    EXPECT_EQ(outcome(response), "403 AccessDenied");
    const std::string message = element(response, "Message");
    EXPECT_NE(message.find("s3.example.com"), std::string::npos);
    EXPECT_NE(message.find("localhost"), std::string::npos);
    EXPECT_NE(message.find("--public-s3-url"), std::string::npos);
}

TEST_F(ServiceTest, ABucketMayStandInTheHost) {
    ASSERT_EQ(put("/photos/a/b", "bytes").status, 200);
    for (const char* host : {"photos.localhost:9000", "photos.s3.example.com"}) {
        EXPECT_EQ(http::body_text(send(Ask{.path = "/a/b", .host = host})), "bytes") << host;
    }
    EXPECT_EQ(outcome(send(Ask{.path = "/a/b", .host = "other.localhost"})), "404 NoSuchBucket");
}

// --- What every answer has.

TEST_F(ServiceTest, EveryAnswerHasItsIds) {
    const http::Response response = get("/photos/none");
    const std::string id = header(response, "x-amz-request-id");
    EXPECT_EQ(id.size(), 16U);
    EXPECT_EQ(id.find_first_not_of("0123456789ABCDEF"), std::string::npos);
    EXPECT_EQ(element(response, "RequestId"), id);
    EXPECT_EQ(element(response, "HostId"), header(response, "x-amz-id-2"));
    EXPECT_NE(header(get("/photos/none"), "x-amz-request-id"), id);
    EXPECT_EQ(header(response, "Content-Type"), "application/xml");
}

TEST_F(ServiceTest, AnErrorToAHeadHasNoBody) {
    const http::Response response = head("/photos/none");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(http::body_text(response), "");
}

TEST_F(ServiceTest, WhatIsNotServedIsRefusedByName) {
    const http::Response acl = send(Ask{.method = "PUT", .path = "/photos", .query = "acl"});
    EXPECT_EQ(outcome(acl), "501 NotImplemented");
    EXPECT_NE(element(acl, "Message").find("acl"), std::string::npos);
    const http::Response locked = put("/photos/k", "x", {{"x-amz-object-lock-mode", "GOVERNANCE"}});
    EXPECT_EQ(outcome(locked), "501 NotImplemented");
    EXPECT_EQ(element(locked, "Header"), "x-amz-object-lock-mode");
    EXPECT_NE(element(locked, "Message").find("x-amz-object-lock-mode"), std::string::npos);
    EXPECT_FALSE(has("k"));
    const http::Response pieces =
        send(Ask{.method = "PUT",
                 .path = "/photos/k",
                 .body = "x",
                 .payload_hash = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"});
    EXPECT_EQ(outcome(pieces), "501 NotImplemented");
    EXPECT_FALSE(has("k"));
}

TEST_F(ServiceTest, AFullDiskIsSaidInWords) {
    FailingStore full(*store_, {Code::unavailable, "Cannot write objects/ab: no space left."});
    handler_ = make_service(options_, full, keys_, clock_, log_);
    const http::Response response = put("/photos/k", "bytes");
    EXPECT_EQ(outcome(response), "503 ServiceUnavailable");
    EXPECT_EQ(element(response, "Message"), "Cannot write objects/ab: no space left.");
    EXPECT_NE(logged_.find("no space left"), std::string::npos);
    EXPECT_NE(logged_.find(header(response, "x-amz-request-id")), std::string::npos);
}

TEST_F(ServiceTest, DamageIsOurFault) {
    FailingStore damaged(*store_, {Code::corrupt, "The object's file is shorter than its row."});
    handler_ = make_service(options_, damaged, keys_, clock_, log_);
    EXPECT_EQ(outcome(get("/photos/k")), "500 InternalError");
}

// --- Buckets.

TEST_F(ServiceTest, ABucketIsMadeFoundAndListed) {
    const http::Response made = send(Ask{.method = "PUT", .path = "/new-bucket"});
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(header(made, "Location"), "/new-bucket");
    EXPECT_EQ(send(Ask{.method = "PUT", .path = "/new-bucket"}).status, 200);
    const http::Response found = head("/new-bucket");
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(header(found, "x-amz-bucket-region"), "us-east-1");
    const std::string listed = http::body_text(get("/"));
    EXPECT_NE(listed.find("<Name>new-bucket</Name>"), std::string::npos);
    EXPECT_NE(listed.find("<Name>photos</Name>"), std::string::npos);
}

TEST_F(ServiceTest, ABucketThatIsNotThereIsSaidSo) {
    const http::Response response = get("/none/k");
    EXPECT_EQ(outcome(response), "404 NoSuchBucket");
    EXPECT_EQ(element(response, "BucketName"), "none");
    EXPECT_EQ(head("/none").status, 404);
    EXPECT_EQ(outcome(put("/none/k", "x")), "404 NoSuchBucket");
    EXPECT_EQ(outcome(send(Ask{.path = "/none", .query = "list-type=2"})), "404 NoSuchBucket");
    EXPECT_EQ(outcome(send(Ask{.path = "/none", .query = "list-type=2&max-keys=0"})),
              "404 NoSuchBucket");
    EXPECT_EQ(outcome(send(Ask{.path = "/none", .query = "location"})), "404 NoSuchBucket");
}

TEST_F(ServiceTest, ABadBucketNameIsRefused) {
    EXPECT_EQ(outcome(send(Ask{.method = "PUT", .path = "/Bad_Name"})), "400 InvalidBucketName");
    EXPECT_EQ(outcome(send(Ask{.method = "PUT", .path = "/..%2F..%2Fetc"})),
              "400 InvalidBucketName");
}

TEST_F(ServiceTest, ABucketIsMadeInThisRegionOnly) {
    const auto make_in = [&](const std::string& body) {
        return outcome(send(Ask{.method = "PUT", .path = "/new-bucket", .body = body}));
    };
    const auto constraint = [](const std::string& region) {
        return "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
               "<LocationConstraint>" +
               region + "</LocationConstraint></CreateBucketConfiguration>";
    };
    EXPECT_EQ(make_in(constraint("eu-west-1")), "400 IllegalLocationConstraintException");
    EXPECT_EQ(make_in(constraint("us-east-1")), "400 InvalidLocationConstraint");
    EXPECT_EQ(make_in("<CreateBucketConfiguration>"), "400 MalformedXML");
    EXPECT_EQ(make_in("<Other/>"), "400 MalformedXML");
    EXPECT_EQ(make_in(std::string(70'000, ' ')), "400 MalformedXML");
    EXPECT_EQ(make_in("<CreateBucketConfiguration><Bucket/></CreateBucketConfiguration>"),
              "501 NotImplemented");
    EXPECT_EQ(make_in(constraint("")), "200");
}

TEST_F(ServiceTest, ABucketsRegionIsAnswered) {
    const std::string first = http::body_text(send(Ask{.path = "/photos", .query = "location"}));
    EXPECT_NE(first.find("<LocationConstraint"), std::string::npos);
    EXPECT_EQ(first.find("us-east-1"), std::string::npos);
    options_.region = "eu-west-1";
    start();
    http::Request request = request_of({.path = "/photos", .query = "location"});
    aws::sign("GET", "/photos", "location", request.headers, aws::kEmptySha256,
              {.credentials = keys_.root(), .region = "eu-west-1"}, clock_.now());
    EXPECT_NE(http::body_text(send(std::move(request))).find(">eu-west-1</LocationConstraint>"),
              std::string::npos);
}

// --- Removing.

TEST_F(ServiceTest, AnObjectIsRemovedOnceAndThenAgain) {
    ASSERT_EQ(put("/photos/k", "bytes").status, 200);
    EXPECT_EQ(remove("/photos/k").status, 204);
    EXPECT_FALSE(has("k"));
    EXPECT_EQ(remove("/photos/k").status, 204);
}

TEST_F(ServiceTest, AnObjectIsRemovedOnCondition) {
    const std::string etag = header(put("/photos/k", "bytes"), "ETag");
    const http::Response refused = remove("/photos/k", {{"If-Match", "\"other\""}});
    EXPECT_EQ(outcome(refused), "412 PreconditionFailed");
    EXPECT_EQ(element(refused, "Condition"), "If-Match");
    EXPECT_TRUE(has("k"));
    EXPECT_EQ(remove("/photos/k", {{"If-Match", etag}}).status, 204);
    EXPECT_EQ(outcome(remove("/photos/k", {{"If-Match", etag}})), "404 NoSuchKey");

    ASSERT_EQ(put("/photos/k", "bytes").status, 200);
    EXPECT_EQ(remove("/photos/k", {{"If-Match", "*"}}).status, 204);
    EXPECT_EQ(outcome(remove("/photos/k", {{"If-Match", "*"}})), "412 PreconditionFailed");
    EXPECT_EQ(outcome(remove("/photos/k", {{"If-None-Match", "*"}})), "501 NotImplemented");
    EXPECT_EQ(outcome(remove("/photos/k", {{"x-amz-if-match-size", "1"}})), "501 NotImplemented");
}

// --- Pages of other origins.

TEST_F(ServiceTest, ThePageMayAskWhetherItMay) {
    const http::Response response =
        send_unsigned({.method = "OPTIONS",
                       .path = "/photos",
                       .headers = {{"Origin", kPage},
                                   {"Access-Control-Request-Method", "POST"},
                                   {"Access-Control-Request-Headers", "content-type,x-amz-date"}}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), kPage);
    EXPECT_EQ(header(response, "Access-Control-Allow-Methods"), "GET, HEAD, PUT, POST");
    EXPECT_EQ(header(response, "Access-Control-Allow-Headers"), "content-type, x-amz-date");
    EXPECT_EQ(header(response, "Access-Control-Expose-Headers"), "ETag, x-amz-request-id");
    EXPECT_NE(header(response, "Vary").find("Origin"), std::string::npos);
}

TEST_F(ServiceTest, OtherPagesMayNot) {
    const auto ask = [&](const std::string& origin, const std::string& method) {
        Ask preflight{.method = "OPTIONS", .path = "/photos/k"};
        if (!origin.empty()) preflight.headers.add("Origin", origin);
        if (!method.empty()) preflight.headers.add("Access-Control-Request-Method", method);
        const http::Response response = send_unsigned(preflight);
        EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "");
        return outcome(response);
    };
    EXPECT_EQ(ask("http://evil.example.net", "GET"), "403 AccessForbidden");
    EXPECT_EQ(ask("http://127.0.0.1:8081", "GET"), "403 AccessForbidden");
    EXPECT_EQ(ask("null", "GET"), "403 AccessForbidden");
    EXPECT_EQ(ask("", "GET"), "400 BadRequest");
    EXPECT_EQ(ask(kPage, ""), "400 BadRequest");
}

TEST_F(ServiceTest, ThePageMayNotDelete) {
    EXPECT_EQ(outcome(send_unsigned(
                  {.method = "OPTIONS",
                   .path = "/photos/k",
                   .headers = {{"Origin", kPage}, {"Access-Control-Request-Method", "DELETE"}}})),
              "403 AccessForbidden");
}

TEST_F(ServiceTest, AnswersAndErrorsAreReadableToThePageOnly) {
    const auto allowed = [&](const std::string& origin) {
        return header(get("/photos/none", {{"Origin", origin}}), "Access-Control-Allow-Origin");
    };
    EXPECT_EQ(allowed(kPage), kPage);
    EXPECT_EQ(allowed("http://evil.example.net"), "");
    EXPECT_NE(header(get("/photos/none"), "Vary").find("Origin"), std::string::npos);
}

TEST_F(ServiceTest, WithoutOriginsNoPageIsLetIn) {
    options_.cors_origins = {};
    start();
    const http::Response response =
        send_unsigned({.method = "OPTIONS",
                       .path = "/photos",
                       .headers = {{"Origin", kPage}, {"Access-Control-Request-Method", "GET"}}});
    EXPECT_EQ(outcome(response), "403 AccessForbidden");
    EXPECT_NE(element(response, "Message").find("not enabled"), std::string::npos);
    EXPECT_EQ(header(response, "Vary"), "");
}

TEST_F(ServiceTest, AStarLetsEveryPageIn) {
    options_.cors_origins = {"*"};
    start();
    const http::Response response = get("/photos/none", {{"Origin", "http://any.example.net"}});
    EXPECT_EQ(header(response, "Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(header(response, "Access-Control-Allow-Credentials"), "");
}

}  // namespace
}  // namespace imagemill::local::s3
