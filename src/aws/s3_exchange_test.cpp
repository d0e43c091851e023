// How a call of S3 gets through: whose clock, whose credentials, how often, for how long, where to.
#include <gtest/gtest.h>

#include <map>

#include "aws/s3_address.h"
#include "aws/s3_store.h"
#include "aws/scripted_client.h"
#include "aws/sigv4.h"
#include "base/digest.h"
#include "net/server.h"

namespace imagemill::aws {
namespace {

class S3Exchange : public testing::Test {
  protected:
    S3Exchange() {
        options_.endpoint = "http://127.0.0.1:9000";
        options_.retried = [this](const Error& error) { retried_.push_back(error.code); };
    }

    store::ObjectStore& store() {
        if (!store_) {
            auto made = make_s3_store(
                options_, [this] { return ++signings_, Result<Credentials>(credentials_); },
                client_, clock_);
            EXPECT_TRUE(made) << made.error().message;
            store_ = *std::move(made);
        }
        return *store_;
    }

    void object(std::string_view body, http::Headers more = {}) {
        http::Headers headers{{"ETag", "\"e-2\""},
                              {"Last-Modified", "Tue, 01 Dec 2026 12:00:00 GMT"},
                              {"Content-Length", std::to_string(body.size())}};
        for (const auto& [name, value] : more.fields()) headers.set(name, value);
        client_.answer(200, headers, body);
    }
    void s3_error(int status, std::string_view code, Milliseconds ahead = {}) {
        client_.answer(status, {{"Date", format_http_date(clock_.now() + ahead)}},
                       code.empty() ? "" : "<Error><Code>" + std::string(code) + "</Code></Error>");
    }
    Result<store::Object> get() { return store().get({"photos", "k"}, {}); }
    std::string date_of(std::size_t index) { return client_.asked.at(index).header("x-amz-date"); }

    S3StoreOptions options_;
    Credentials credentials_{
        .access_key = "AKID", .secret_key = "hush", .session_token = "", .expires = std::nullopt};
    int signings_ = 0;
    FakeClock clock_{*parse_rfc3339("2026-12-01T12:00:00Z")};
    ScriptedClient client_;
    std::vector<Code> retried_;
    std::unique_ptr<store::ObjectStore> store_;
};

constexpr Milliseconds kHour{3'600'000};
constexpr Milliseconds kSecond{1'000};

// --- S3's clock.

TEST_F(S3Exchange, SignsWithS3sTimeWhereItSaysThatOursIsWrong) {
    s3_error(403, "RequestTimeTooSkewed", kHour);
    object("x");
    object("x");

    ASSERT_TRUE(get());
    ASSERT_TRUE(get());
    const auto presigned = store().presign_get({"photos", "k"}, {.seconds = 60});

    EXPECT_EQ(date_of(0), "20261201T120000Z");
    EXPECT_EQ(date_of(1), "20261201T130000Z");
    EXPECT_EQ(date_of(2), "20261201T130000Z");
    EXPECT_NE(presigned->url.find("X-Amz-Date=20261201T130000Z"), std::string::npos);
    EXPECT_EQ(client_.asked.size(), 3U);
    EXPECT_TRUE(retried_.empty());
}

TEST_F(S3Exchange, EvenWhatMayNotBeRepeatedIsSignedAgain) {
    s3_error(403, "RequestTimeTooSkewed", -kHour);
    client_.answer(200, {{"ETag", "\"new\""}});

    const auto etag = store().put({"photos", "k"}, as_bytes("x"), {.if_none_match = true});

    ASSERT_TRUE(etag) << etag.error().message;
    EXPECT_EQ(date_of(1), "20261201T110000Z");
}

TEST_F(S3Exchange, AHeadTellsTheTimeWithoutWords) {
    s3_error(403, "", kHour);
    object("x");
    s3_error(403, "", kHour);  // This one is just forbidden.

    EXPECT_TRUE(store().head({"photos", "k"}));
    EXPECT_EQ(store().head({"photos", "k"}).error().code, Code::forbidden);
    EXPECT_EQ(client_.asked.size(), 3U);
}

TEST_F(S3Exchange, SignsAgainOnceAndOnlyForAnotherTime) {
    s3_error(403, "RequestTimeTooSkewed", kHour);
    s3_error(403, "RequestTimeTooSkewed", 3 * kHour);
    EXPECT_EQ(get().error().code, Code::forbidden);
    EXPECT_EQ(client_.asked.size(), 2U);

    s3_error(403, "RequestTimeTooSkewed", kHour);  // As the clock is by now.
    EXPECT_EQ(get().error().code, Code::forbidden);
    s3_error(403, "AccessDenied", 9 * kHour);
    EXPECT_EQ(get().error().code, Code::forbidden);
    client_.answer(403, {}, "<Error><Code>RequestTimeTooSkewed</Code></Error>");
    EXPECT_EQ(get().error().code, Code::forbidden);
    EXPECT_EQ(client_.asked.size(), 5U);
}

// --- Credentials that change.

TEST_F(S3Exchange, AsksForCredentialsBeforeEachSignature) {
    object("x");
    ASSERT_TRUE(get());
    credentials_ = {.access_key = "OTHER",
                    .secret_key = "hush",
                    .session_token = "session",
                    .expires = clock_.now() + 90 * kSecond};
    object("x");
    ASSERT_TRUE(get());
    const auto presigned = store().presign_get({"photos", "k"}, {.seconds = 3600});

    EXPECT_NE(client_.asked.at(1).header("Authorization").find("OTHER/"), std::string::npos);
    EXPECT_EQ(client_.asked.at(1).header("x-amz-security-token"), "session");
    EXPECT_EQ(presigned->expires, clock_.now() + 90 * kSecond);
    EXPECT_EQ(signings_, 3);
}

// --- How often, for how long.

TEST_F(S3Exchange, TriesAgainAfterATimeoutWhileThereIsTime) {
    const Time end = clock_.now() + 40 * kSecond;
    options_.deadline = [end] { return end; };
    client_.fail(Code::timeout, "late");
    s3_error(500, "InternalError");
    object("x");

    ASSERT_TRUE(get());

    EXPECT_EQ(retried_, (std::vector{Code::timeout, Code::unavailable}));
    EXPECT_EQ(client_.asked.at(0).timeout, 20 * kSecond);  // Half of what is left.
    EXPECT_LE(client_.asked.at(1).timeout, 20 * kSecond);
    EXPECT_GE(client_.asked.at(2).timeout, 39 * kSecond);  // The last one: all of it.
    EXPECT_LT(client_.asked.at(2).timeout, 40 * kSecond);
}

TEST_F(S3Exchange, NeverGoesBeyondTheDeadline) {
    const Time end = clock_.now() + Milliseconds(40);
    options_.deadline = [end] { return end; };
    s3_error(503, "SlowDown");

    EXPECT_EQ(get().error().code, Code::unavailable);  // A pause would have taken all there is.
    EXPECT_TRUE(retried_.empty());
    EXPECT_LT(clock_.now(), end);
    clock_.advance(Milliseconds(40));
    const auto late = get();

    EXPECT_EQ(late.error().code, Code::timeout);
    EXPECT_NE(late.error().message.find("GET photos/k"), std::string::npos);
    EXPECT_EQ(client_.asked.size(), 1U);
}

TEST_F(S3Exchange, WhatMayNotBeRepeatedHasAllTheTime) {
    const Time end = clock_.now() + 40 * kSecond;
    options_.deadline = [end] { return end; };
    client_.fail(Code::timeout, "late");

    EXPECT_EQ(store().put({"photos", "k"}, {}, {.if_match = "e"}).error().code, Code::timeout);
    EXPECT_EQ(client_.asked.size(), 1U);
    EXPECT_EQ(client_.asked.at(0).timeout, 40 * kSecond);
}

// A frozen instance wakes up with connections that died meanwhile.
TEST_F(S3Exchange, ADeadKeptConnectionCostsNoAttempt) {
    const Log quiet(system_clock(), Level::fatal, [](std::string_view) {});
    const auto serve = [&](int port) {
        return *net::make_server(
            {.port = port},
            [](http::Request&) {
                http::Response response = http::Response::text(200, "image/jpeg", "x");
                response.headers.set("ETag", "\"e-2\"");
                response.headers.set("Last-Modified", "Tue, 01 Dec 2026 12:00:00 GMT");
                return response;
            },
            quiet);
    };
    auto server = serve(0);
    const int port = server->port();
    options_.endpoint = "http://127.0.0.1:" + std::to_string(port);
    options_.attempts_max = 1;
    const auto client = net::make_client({});
    const auto kept = *make_s3_store(options_, credentials_, *client, system_clock());
    ASSERT_TRUE(kept->get({"photos", "k"}, {}));
    server.reset();
    server = serve(port);

    const auto got = kept->get({"photos", "k"}, {});

    ASSERT_TRUE(got) << got.error().message;
    EXPECT_TRUE(retried_.empty());
}

// --- What arrived.

TEST_F(S3Exchange, AFlippedBitIsFoundByEveryChecksum) {
    // Of "123456789".
    const std::pair<const char*, const char*> sums[] = {
        {"x-amz-checksum-crc32", "y/Q5Jg=="},
        {"x-amz-checksum-crc32c", "4waSgw=="},
        {"x-amz-checksum-crc64nvme", "rosUhgp5mIg="},
        {"x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="},
        {"x-amz-checksum-sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="}};
    options_.attempts_max = 2;
    for (const auto& [header, sum] : sums) {
        object("123456788", {{header, sum}});
        object("123456789", {{header, sum}});
        const auto got = get();
        ASSERT_TRUE(got) << header << ": " << got.error().message;
        EXPECT_EQ(as_text(got->body), "123456789");
    }
    EXPECT_EQ(retried_, std::vector(5, Code::unavailable));
    EXPECT_EQ(client_.asked.at(0).header("x-amz-checksum-mode"), "ENABLED");
}

TEST_F(S3Exchange, TheChecksumOfPartsIsNoneOfTheObject) {
    object("x", {{"x-amz-checksum-crc32c", "4waSgw==-2"}});
    object("x", {{"x-amz-checksum-crc32c", "4waSgw=="}, {"x-amz-checksum-type", "COMPOSITE"}});

    EXPECT_TRUE(get());
    EXPECT_TRUE(get());
}

// --- Where to.

TEST(S3Addresses, AreThePartitionsOwn) {
    struct Row {
        std::string_view region;
        AddressKind kind;
        std::string_view host;
    };
    for (const Row& row :
         {Row{"us-east-1", {}, "s3.us-east-1.amazonaws.com"},
          Row{"us-gov-west-1", {}, "s3.us-gov-west-1.amazonaws.com"},
          Row{"us-gov-west-1", {true, false}, "s3-fips.us-gov-west-1.amazonaws.com"},
          Row{"eu-west-1", {false, true}, "s3.dualstack.eu-west-1.amazonaws.com"},
          Row{"us-east-2", {true, true}, "s3-fips.dualstack.us-east-2.amazonaws.com"},
          Row{"cn-north-1", {}, "s3.cn-north-1.amazonaws.com.cn"},
          Row{"cn-north-1", {false, true}, "s3.dualstack.cn-north-1.amazonaws.com.cn"},
          Row{"us-iso-east-1", {}, "s3.us-iso-east-1.c2s.ic.gov"},
          Row{"us-isob-east-1", {}, "s3.us-isob-east-1.sc2s.sgov.gov"},
          Row{"us-isof-south-1", {}, "s3.us-isof-south-1.csp.hci.ic.gov"},
          Row{"eu-isoe-west-1", {}, "s3.eu-isoe-west-1.cloud.adc-e.uk"},
          Row{"eusc-de-east-1", {}, "s3.eusc-de-east-1.amazonaws.eu"}}) {
        const auto addresses = Addresses::make("", row.region, row.kind);
        ASSERT_TRUE(addresses) << addresses.error().message;
        EXPECT_EQ(addresses->of("photos", "k").origin(), "https://photos." + std::string(row.host));
        EXPECT_EQ(addresses->of("my.photos", "k").origin(), "https://" + std::string(row.host));
        EXPECT_EQ(addresses->of("my.photos", "k").path, "/my.photos/k");
    }
}

TEST(S3Addresses, RefuseByNameWhatThereIsNot) {
    const auto message = [](std::string_view endpoint, std::string_view region, AddressKind kind) {
        const auto made = Addresses::make(endpoint, region, kind);
        return made ? "" : made.error().message;
    };
    const AddressKind fips{.use_fips = true};
    const AddressKind dualstack{.use_dualstack = true};

    EXPECT_NE(message("", "cn-north-1", fips).find("AWS_USE_FIPS_ENDPOINT"), std::string::npos);
    EXPECT_NE(message("", "us-iso-east-1", dualstack).find("AWS_USE_DUALSTACK_ENDPOINT"),
              std::string::npos);
    EXPECT_NE(message("http://127.0.0.1:9000", "us-east-1", fips).find("AWS_USE_FIPS_ENDPOINT"),
              std::string::npos);
    EXPECT_NE(message("", "not/a/region", {}).find("AWS_REGION"), std::string::npos);
}

TEST(S3Options, AreAwsOwnVariables) {
    std::map<std::string, std::string, std::less<>> variables;
    const auto options = [&] {
        return s3_options_from_environment([&](std::string_view name) {
            const auto found = variables.find(name);
            return found == variables.end() ? std::nullopt : std::optional(found->second);
        });
    };
    EXPECT_EQ(options()->endpoint, "");
    EXPECT_EQ(options()->region, "us-east-1");
    EXPECT_EQ(options()->attempts_max, 3);
    variables = {{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_DEFAULT_REGION", "eu-west-1"}};
    EXPECT_EQ(options()->endpoint, "http://all");
    EXPECT_EQ(options()->region, "eu-west-1");
    variables["AWS_ENDPOINT_URL_S3"] = "http://s3";
    variables["AWS_REGION"] = "eu-central-1";
    variables["AWS_USE_FIPS_ENDPOINT"] = "True";
    variables["AWS_USE_DUALSTACK_ENDPOINT"] = "true";
    variables["AWS_MAX_ATTEMPTS"] = "5";
    EXPECT_EQ(options()->endpoint, "http://s3");
    EXPECT_EQ(options()->region, "eu-central-1");
    EXPECT_TRUE(options()->use_fips);
    EXPECT_TRUE(options()->use_dualstack);
    EXPECT_EQ(options()->attempts_max, 5);
    variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
    EXPECT_EQ(options()->endpoint, "");
    for (const auto& [name, value] :
         {std::pair("AWS_USE_FIPS_ENDPOINT", "yes"), std::pair("AWS_MAX_ATTEMPTS", "0"),
          std::pair("AWS_MAX_ATTEMPTS", "11")}) {
        variables.clear();
        variables[name] = value;
        ASSERT_FALSE(options());
        EXPECT_EQ(options().error().code, Code::invalid_argument);
        EXPECT_NE(options().error().message.find(name), std::string::npos);
    }
}

}  // namespace
}  // namespace imagemill::aws
