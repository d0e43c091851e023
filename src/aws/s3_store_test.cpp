#include "aws/s3_store.h"

#include <gtest/gtest.h>

#include "aws/post_policy.h"
#include "aws/s3_xml.h"
#include "aws/scripted_client.h"
#include "aws/sigv4.h"
#include "base/digest.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kModified = "Tue, 01 Dec 2026 12:00:00 GMT";

std::string md5_hex(std::string_view text) {
    return format_hex(md5(as_bytes(text)));
}

class S3Store : public testing::Test {
  protected:
    S3Store() { options_.endpoint = "http://127.0.0.1:9000"; }

    store::ObjectStore& store() {
        auto made = make_s3_store(options_, credentials_, client_, clock_);
        EXPECT_TRUE(made) << made.error().message;
        store_ = *std::move(made);
        return *store_;
    }

    // What S3 answers to a GET of `body`.
    void object(std::string_view body, http::Headers more = {}) {
        http::Headers headers{{"ETag", "\"" + md5_hex(body) + "\""},
                              {"Content-Type", "image/jpeg"},
                              {"Content-Length", std::to_string(body.size())},
                              {"Last-Modified", std::string(kModified)}};
        for (const auto& [name, value] : more.fields()) headers.set(name, value);
        client_.answer(200, headers, body);
    }

    void s3_error(int status, std::string_view code) {
        client_.answer(status, {{"Content-Type", "application/xml"}},
                       "<Error><Code>" + std::string(code) + "</Code><Message>m</Message></Error>");
    }

    const Asked& asked(std::size_t index = 0) {
        EXPECT_LT(index, client_.asked.size());
        return client_.asked.at(index);
    }

    VerifyOptions verify_options() {
        return {.region = options_.region,
                .now = clock_.now(),
                .find_key = [this](std::string_view) { return std::optional(credentials_); }};
    }

    // Our own server's check of what was sent.
    void expect_signed(const Asked& asked) {
        http::Request request;
        request.method = asked.request.method;
        request.path = asked.path();
        request.query = asked.query();
        request.headers = asked.request.headers;
        const auto verified = verify(request, verify_options());
        const auto* error = std::get_if<AuthError>(&verified);
        EXPECT_EQ(error, nullptr) << error->code << ": " << error->message;
        if (error == nullptr) {
            EXPECT_EQ(std::get<Verified>(verified).payload_hash, format_hex(sha256(asked.body)));
        }
    }

    S3StoreOptions options_;
    Credentials credentials_{.access_key = "AKID",
                             .secret_key = "wJalrXUtnFEMI",
                             .session_token = "",
                             .expires = std::nullopt};
    FakeClock clock_{*parse_rfc3339("2026-12-01T12:00:00.700Z")};
    ScriptedClient client_;
    std::unique_ptr<store::ObjectStore> store_;
};

// --- What is asked.

TEST_F(S3Store, GetsAnObjectWithItsMetadata) {
    object("jpeg", {{"X-Amz-Meta-Name", "cat"}});

    const auto got = store().get({"photos", "trips/a b+ü%20.jpg"}, {});

    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(as_text(got->body), "jpeg");
    EXPECT_EQ(got->info.etag, md5_hex("jpeg"));
    EXPECT_EQ(got->info.size_bytes, 4);
    EXPECT_EQ(got->info.content_type, "image/jpeg");
    EXPECT_EQ(format_http_date(got->info.modified), kModified);
    EXPECT_EQ(got->info.metadata, (std::map<std::string, std::string>{{"name", "cat"}}));
    EXPECT_EQ(asked().request.method, "GET");
    EXPECT_EQ(asked().request.target, "/photos/trips/a%20b%2B%C3%BC%2520.jpg");
    EXPECT_EQ(asked().header("Host"), "127.0.0.1:9000");
    expect_signed(asked());
}

TEST_F(S3Store, GetsOnlyTheVersionAskedFor) {
    s3_error(412, "PreconditionFailed");

    const auto got = store().get({"photos", "k"}, {.if_match = "e1"});

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Code::precondition_failed);
    EXPECT_EQ(asked().header("If-Match"), "\"e1\"");
    expect_signed(asked());
}

TEST_F(S3Store, HeadsAnObject) {
    client_.answer(200, {{"ETag", "\"e-2\""},
                         {"Content-Length", "5000000000"},
                         {"Last-Modified", std::string(kModified)}});

    const auto info = store().head({"photos", "k"});

    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->etag, "e-2");
    EXPECT_EQ(info->size_bytes, 5'000'000'000);
    EXPECT_EQ(info->content_type, "binary/octet-stream");
    EXPECT_EQ(asked().request.method, "HEAD");
    expect_signed(asked());
}

TEST_F(S3Store, PutsWithEverythingThatIsStoredBeside) {
    client_.answer(200, {{"ETag", "\"new\""}});

    const auto etag = store().put({"photos", "k"}, as_bytes("jpeg"),
                                  {.content_type = "image/jpeg",
                                   .content_disposition = "inline",
                                   .cache_control = "no-store",
                                   .metadata = {{"a", "1"}, {"b-c", "2  3"}},
                                   .if_match = "",
                                   .if_none_match = true});

    ASSERT_TRUE(etag) << etag.error().message;
    EXPECT_EQ(*etag, "new");
    EXPECT_EQ(asked().request.method, "PUT");
    EXPECT_EQ(asked().body, "jpeg");
    EXPECT_EQ(asked().header("Content-Type"), "image/jpeg");
    EXPECT_EQ(asked().header("Content-Disposition"), "inline");
    EXPECT_EQ(asked().header("Cache-Control"), "no-store");
    EXPECT_EQ(asked().header("x-amz-meta-a"), "1");
    EXPECT_EQ(asked().header("x-amz-meta-b-c"), "2  3");
    EXPECT_EQ(asked().header("If-None-Match"), "*");
    expect_signed(asked());
}

TEST_F(S3Store, PutsOverTheVersionAskedForOnly) {
    s3_error(412, "PreconditionFailed");
    object("another version");

    const auto etag = store().put({"photos", "k"}, {}, {.if_match = "e1"});

    ASSERT_FALSE(etag);
    EXPECT_EQ(etag.error().code, Code::precondition_failed);
    EXPECT_EQ(client_.asked.size(), 2U);
    EXPECT_EQ(asked().header("If-Match"), "\"e1\"");
    EXPECT_FALSE(asked().request.headers.get("If-None-Match"));
    expect_signed(asked());
}

TEST_F(S3Store, PutsOverTheVersionOfAStoreThatComparesTheQuotesToo) {
    s3_error(412, "PreconditionFailed");
    object("one");
    client_.answer(200, {{"ETag", "\"new\""}});

    const auto etag = store().put({"photos", "k"}, as_bytes("two"), {.if_match = md5_hex("one")});

    ASSERT_TRUE(etag) << etag.error().message;
    EXPECT_EQ(*etag, "new");
    EXPECT_EQ(asked(0).header("If-Match"), "\"" + md5_hex("one") + "\"");
    EXPECT_EQ(asked(1).request.method, "HEAD");
    EXPECT_EQ(asked(2).header("If-Match"), md5_hex("one"));
    EXPECT_EQ(asked(2).body, "two");
    expect_signed(asked(2));
}

TEST_F(S3Store, SaysWhyAPutOverAVersionFailed) {
    s3_error(412, "PreconditionFailed");
    client_.answer(404);
    s3_error(412, "PreconditionFailed");
    client_.answer(403);

    EXPECT_EQ(store().put({"photos", "k"}, {}, {.if_match = "e1"}).error().code, Code::no_such_key);
    EXPECT_EQ(store().put({"photos", "k"}, {}, {.if_match = "e1"}).error().code,
              Code::precondition_failed);
}

TEST_F(S3Store, RemovesWhatIsThereAndWhatIsNot) {
    client_.answer(204);
    s3_error(404, "NoSuchKey");
    s3_error(404, "NoSuchKey");
    s3_error(404, "NoSuchBucket");

    EXPECT_TRUE(store().remove({"photos", "k"}, {}));
    EXPECT_TRUE(store().remove({"photos", "k"}, {}));
    const auto conditional = store().remove({"photos", "k"}, {.if_match = "e1"});
    const auto no_bucket = store().remove({"photos", "k"}, {});

    ASSERT_FALSE(conditional);
    EXPECT_EQ(conditional.error().code, Code::no_such_key);
    EXPECT_EQ(asked(2).header("If-Match"), "\"e1\"");
    ASSERT_FALSE(no_bucket);
    EXPECT_EQ(no_bucket.error().code, Code::no_such_bucket);
    EXPECT_EQ(asked().request.method, "DELETE");
    expect_signed(asked());
}

TEST_F(S3Store, ListsAPage) {
    ListResult result;
    result.bucket = "photos";
    result.next_token = "n/+=";
    result.encode_keys = true;
    result.entries = {{"in/a b+ü.jpg", "e", 7, clock_.now()}};
    client_.answer(200, {}, format_list_objects(result, "me"));

    const auto page = store().list("photos", {.prefix = "in/", .token = "t+1", .count_max = 10});

    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->entries.at(0).key, "in/a b+ü.jpg");
    EXPECT_EQ(page->next_token, "n/+=");
    EXPECT_EQ(asked().request.target,
              "/photos?list-type=2&encoding-type=url&max-keys=10&prefix=in%2F"
              "&continuation-token=t%2B1");
    expect_signed(asked());
}

TEST_F(S3Store, SendsItsSessionTokenAndTheTrace) {
    credentials_.session_token = "token";
    options_.trace_id = [] { return "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"; };
    object("x");

    ASSERT_TRUE(store().get({"photos", "k"}, {}));

    EXPECT_EQ(asked().header("x-amz-security-token"), "token");
    EXPECT_EQ(asked().header("X-Amzn-Trace-Id"),
              "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    expect_signed(asked());
}

// --- Where it is asked.

TEST_F(S3Store, IsVirtualHostStyleOnAws) {
    options_.endpoint = "";
    options_.region = "eu-west-1";
    object("x");

    ASSERT_TRUE(store().get({"photos", "a/b"}, {}));

    EXPECT_EQ(asked().endpoint, (net::Endpoint{"https", "photos.s3.eu-west-1.amazonaws.com", 443}));
    EXPECT_EQ(asked().header("Host"), "photos.s3.eu-west-1.amazonaws.com");
    EXPECT_EQ(asked().request.target, "/a/b");
    expect_signed(asked());
}

TEST_F(S3Store, IsPathStyleOnAwsWhereTheNameIsNoLabel) {
    options_.endpoint = "";
    object("x");

    ASSERT_TRUE(store().get({"my.photos", "k"}, {}));

    EXPECT_EQ(asked().endpoint.host, "s3.us-east-1.amazonaws.com");
    EXPECT_EQ(asked().request.target, "/my.photos/k");
    expect_signed(asked());
}

TEST_F(S3Store, RefusesWhatItCannotBeMadeOf) {
    const auto code = [&](const S3StoreOptions& options, const Credentials& credentials) {
        const auto made = make_s3_store(options, credentials, client_, clock_);
        return made ? std::optional<Code>() : std::optional(made.error().code);
    };
    S3StoreOptions endpoint = options_;
    endpoint.endpoint = "http://127.0.0.1:9000/path";
    S3StoreOptions public_endpoint = options_;
    public_endpoint.public_endpoint = "ftp://x";
    S3StoreOptions region = options_;
    region.region = "us east";
    S3StoreOptions attempts = options_;
    attempts.attempts_max = 0;

    EXPECT_EQ(code(options_, credentials_), std::nullopt);
    EXPECT_EQ(code(endpoint, credentials_), Code::invalid_argument);
    EXPECT_EQ(code(public_endpoint, credentials_), Code::invalid_argument);
    EXPECT_EQ(code(region, credentials_), Code::invalid_argument);
    EXPECT_EQ(code(attempts, credentials_), Code::invalid_argument);
    EXPECT_EQ(code(options_, {}), Code::unauthenticated);
}

TEST_F(S3Store, AsksNothingOfABucketWhereAnObjectIsMeant) {
    EXPECT_EQ(store().remove({"photos", ""}, {}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().put({"photos", ""}, {}, {}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().get({"", "k"}, {}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().head({"photos", ""}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().list("", {}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().presign_get({"photos", ""}, {}).error().code, Code::invalid_argument);
    EXPECT_EQ(store().presign_post({"photos", ""}, {}).error().code, Code::invalid_argument);
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(S3Store, LetsNoValueBecomeAHeaderOfItsOwn) {
    const auto code = [&](const store::PutOptions& options) {
        const auto etag = store().put({"photos", "k"}, {}, options);
        return etag ? std::optional<Code>() : std::optional(etag.error().code);
    };

    EXPECT_EQ(code({.content_type = "a\r\nx-amz-acl: public-read"}), Code::invalid_argument);
    EXPECT_EQ(code({.metadata = {{"a", "b\n"}}}), Code::invalid_argument);
    EXPECT_EQ(code({.metadata = {{"a", "ü"}}}), Code::invalid_argument);
    EXPECT_EQ(code({.metadata = {{"a: b\r\nc", "d"}}}), Code::invalid_argument);
    EXPECT_EQ(code({.if_match = "a\r\n"}), Code::invalid_argument);
    EXPECT_EQ(store().get({"photos", "k"}, {.if_match = "\n"}).error().code,
              Code::invalid_argument);
    EXPECT_TRUE(client_.asked.empty());
}

// --- Bounds and damage.

TEST_F(S3Store, ReadsNoMoreThanAskedFor) {
    object("12345");
    object("12345");
    client_.answers_too_large(1'000'000);

    EXPECT_TRUE(store().get({"photos", "k"}, {.size_max = 5}));
    const auto larger = store().get({"photos", "k"}, {.size_max = 4});
    const auto much_larger = store().get({"photos", "k"}, {.size_max = 100'000});

    ASSERT_FALSE(larger);
    EXPECT_EQ(larger.error().code, Code::too_large);
    EXPECT_EQ(larger.error().exceeded,
              (Exceeded{.setting = "size_max", .limit = 4, .measured = 5}));
    ASSERT_FALSE(much_larger);
    EXPECT_EQ(much_larger.error().code, Code::too_large);
    EXPECT_EQ(much_larger.error().exceeded,
              (Exceeded{.setting = "size_max", .limit = 100'000, .measured = 1'000'000}));
    EXPECT_EQ(asked(2).request.response_bytes_max, 100'000);
    EXPECT_EQ(client_.asked.size(), 3U);
}

TEST_F(S3Store, GetsADamagedObjectAgain) {
    object("jpeg", {{"ETag", "\"" + md5_hex("JPEG") + "\""}});
    object("jpeg");

    const auto got = store().get({"photos", "k"}, {});

    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(S3Store, GivesUpOnAnObjectThatStaysDamaged) {
    for (int i = 0; i < 3; ++i) object("jpeg", {{"ETag", "\"" + md5_hex("JPEG") + "\""}});

    const auto got = store().get({"photos", "k"}, {});

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Code::unavailable);
    EXPECT_NE(got.error().message.find("damaged"), std::string::npos);
    EXPECT_EQ(client_.asked.size(), 3U);
}

TEST_F(S3Store, BelievesAnEtagThatIsNoMd5) {
    object("jpeg", {{"ETag", "\"" + md5_hex("x") + "-2\""}});
    object("jpeg",
           {{"ETag", "\"" + md5_hex("x") + "\""}, {"x-amz-server-side-encryption", "aws:kms"}});
    object("jpeg", {{"ETag", "\"" + md5_hex("x") + "\""},
                    {"x-amz-server-side-encryption-customer-algorithm", "AES256"}});

    for (int i = 0; i < 3; ++i) EXPECT_TRUE(store().get({"photos", "k"}, {}));
}

TEST_F(S3Store, WantsWhatS3AlwaysSends) {
    options_.attempts_max = 1;
    client_.answer(200, {{"Last-Modified", std::string(kModified)}, {"Content-Length", "1"}});
    client_.answer(200, {{"ETag", "\"e\""}, {"Content-Length", "1"}});
    client_.answer(200, {{"ETag", "\"e\""}, {"Last-Modified", std::string(kModified)}});
    client_.answer(200);

    for (int i = 0; i < 3; ++i) {
        const auto info = store().head({"photos", "k"});
        ASSERT_FALSE(info);
        EXPECT_EQ(info.error().code, Code::unavailable);
    }
    EXPECT_EQ(store().put({"photos", "k"}, {}, {}).error().code, Code::unavailable);
}

// --- Errors and second tries.

TEST_F(S3Store, TellsErrorsApart) {
    struct Row {
        int status;
        std::string_view s3_code;
        Code code;
    };
    for (const Row& row :
         {Row{404, "NoSuchKey", Code::no_such_key}, Row{404, "NoSuchBucket", Code::no_such_bucket},
          Row{403, "AccessDenied", Code::forbidden},
          Row{403, "SignatureDoesNotMatch", Code::unauthenticated},
          Row{409, "ConditionalRequestConflict", Code::conflict}}) {
        s3_error(row.status, row.s3_code);
        const auto got = store().get({"photos", "k"}, {});
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, row.code);
        EXPECT_TRUE(got.error().message.starts_with("GET photos/k: S3 answered "));
    }
    client_.answer(404);
    EXPECT_EQ(store().head({"photos", "k"}).error().code, Code::no_such_key);
    client_.answer(403);
    EXPECT_EQ(store().head({"photos", "k"}).error().code, Code::forbidden);
    EXPECT_EQ(client_.asked.size(), 7U);
}

TEST_F(S3Store, TriesAgainWithGrowingPauses) {
    s3_error(503, "SlowDown");
    client_.fail(Code::unavailable, "Connection reset.");
    s3_error(500, "InternalError");
    object("x");
    options_.attempts_max = 4;
    const SteadyTime start = clock_.steady();

    EXPECT_TRUE(store().get({"photos", "k"}, {}));

    EXPECT_EQ(client_.asked.size(), 4U);
    const Milliseconds waited = clock_.steady() - start;
    EXPECT_GE(waited, Milliseconds(350));  // Half of 100 + 200 + 400.
    EXPECT_LE(waited, Milliseconds(700));
    expect_signed(asked(3));
}

TEST_F(S3Store, EndsAfterItsAttempts) {
    for (int i = 0; i < 3; ++i) s3_error(503, "SlowDown");

    const auto etag = store().put({"photos", "k"}, as_bytes("x"), {});

    ASSERT_FALSE(etag);
    EXPECT_EQ(etag.error().code, Code::unavailable);
    EXPECT_EQ(client_.asked.size(), 3U);
    EXPECT_EQ(asked(2).body, "x");
}

TEST_F(S3Store, NeverRepeatsWhatItsOwnFirstTryMayHaveDone) {
    for (int i = 0; i < 3; ++i) client_.fail(Code::unavailable, "Connection reset.");

    EXPECT_EQ(store().put({"photos", "k"}, {}, {.if_none_match = true}).error().code,
              Code::unavailable);
    EXPECT_EQ(store().put({"photos", "k"}, {}, {.if_match = "e"}).error().code, Code::unavailable);
    EXPECT_EQ(store().remove({"photos", "k"}, {.if_match = "e"}).error().code, Code::unavailable);

    EXPECT_EQ(client_.asked.size(), 3U);
    for (const Asked& once : client_.asked) EXPECT_FALSE(once.request.is_repeatable);
}

TEST_F(S3Store, DoesNotTryAgainWhatWasRefused) {
    s3_error(403, "AccessDenied");

    EXPECT_EQ(store().get({"photos", "k"}, {}).error().code, Code::forbidden);

    EXPECT_EQ(client_.asked.size(), 1U);
}

// --- Pre-signing.

TEST_F(S3Store, PresignsAUrlThatItsServerLetsIn) {
    options_.public_endpoint = "https://s3.example.com";

    const auto presigned = store().presign_get(
        {"photos", "trips/a b+ü%20.jpg"}, {.seconds = 60,
                                           .content_disposition = "inline; filename=\"a b.jpg\"",
                                           .content_type = "image/jpeg"});

    ASSERT_TRUE(presigned) << presigned.error().message;
    const std::string start = "https://s3.example.com/photos/trips/a%20b%2B%C3%BC%2520.jpg?";
    ASSERT_TRUE(presigned->url.starts_with(start)) << presigned->url;
    EXPECT_EQ(format_rfc3339(presigned->expires), "2026-12-01T12:01:00.000Z");
    http::Request request;
    request.method = "GET";
    request.path = "/photos/trips/a%20b%2B%C3%BC%2520.jpg";
    request.query = presigned->url.substr(start.size());
    request.headers.add("Host", "s3.example.com");
    EXPECT_TRUE(std::holds_alternative<Verified>(verify(request, verify_options())));
    const auto query = http::parse_query(request.query, http::Plus::keep);
    ASSERT_TRUE(query);
    EXPECT_EQ(http::find(*query, "response-content-disposition"), "inline; filename=\"a b.jpg\"");
    EXPECT_EQ(http::find(*query, "response-content-type"), "image/jpeg");
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(S3Store, SignsForNoLongerThanTheKeyLives) {
    credentials_.expires = clock_.now() + std::chrono::seconds(90);
    const auto longer = store().presign_get({"photos", "k"}, {.seconds = 3600});
    const auto shorter = store().presign_get({"photos", "k"}, {.seconds = 30});
    const auto post = store().presign_post({"photos", "k"}, {.seconds = 900, .size_max = 1});
    clock_.advance(std::chrono::seconds(91));
    const auto gone = store().presign_get({"photos", "k"}, {.seconds = 60});
    const auto gone_post = store().presign_post({"photos", "k"}, {});

    ASSERT_TRUE(longer);
    EXPECT_NE(longer->url.find("X-Amz-Expires=90"), std::string::npos);
    EXPECT_LE(longer->expires, *credentials_.expires);
    ASSERT_TRUE(shorter);
    EXPECT_NE(shorter->url.find("X-Amz-Expires=30"), std::string::npos);
    ASSERT_TRUE(post);
    EXPECT_LE(post->expires, *credentials_.expires);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Code::unauthenticated);
    ASSERT_FALSE(gone_post);
    EXPECT_EQ(gone_post.error().code, Code::unauthenticated);
}

TEST_F(S3Store, BoundsTheLifeOfASignature) {
    const auto week = store().presign_get({"photos", "k"}, {.seconds = 604'801});
    const auto none = store().presign_get({"photos", "k"}, {.seconds = 0});

    ASSERT_TRUE(week);
    EXPECT_NE(week->url.find("X-Amz-Expires=604800&"), std::string::npos);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::invalid_argument);
}

TEST_F(S3Store, PresignsAFormThatItsServerLetsIn) {
    const auto post = store().presign_post(
        {"photos", "in/ü.jpg"},
        {.seconds = 900, .content_type = "image/jpeg", .size_min = 1, .size_max = 10});

    ASSERT_TRUE(post) << post.error().message;
    EXPECT_EQ(post->url, "http://127.0.0.1:9000/photos");
    EXPECT_EQ(format_rfc3339(post->expires), "2026-12-01T12:15:00.000Z");
    const auto checked = check_post_policy(post->fields, "photos", verify_options());
    ASSERT_TRUE(std::holds_alternative<CheckedPolicy>(checked));
    EXPECT_EQ(std::get<CheckedPolicy>(checked).size_max, 10);
}

TEST_F(S3Store, PresignsAFormForAws) {
    options_.endpoint = "";

    const auto post = store().presign_post({"photos", "k"}, {.size_max = 10});

    ASSERT_TRUE(post);
    EXPECT_EQ(post->url, "https://photos.s3.us-east-1.amazonaws.com/");
}

TEST_F(S3Store, NeverGivesTheSecretAway) {
    s3_error(403, "SignatureDoesNotMatch");
    const auto got = store().get({"photos", "k"}, {});
    const auto presigned = store().presign_get({"photos", "k"}, {});

    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().message.find(credentials_.secret_key), std::string::npos);
    EXPECT_EQ(presigned->url.find(credentials_.secret_key), std::string::npos);
    for (const auto& [name, value] : asked().request.headers.fields()) {
        EXPECT_EQ(value.find(credentials_.secret_key), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace imagemill::aws
