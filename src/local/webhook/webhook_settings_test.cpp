#include "local/webhook/webhook_settings.h"

#include <gtest/gtest.h>

#include "base/encodings.h"
#include "local/webhook/signature.h"

namespace imagemill::local {
namespace {

using Variables = std::map<std::string, std::string>;

const std::string kGoodSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

Variables with(const std::string& name, const std::string& value) {
    Variables variables{{"IMAGEMILL_WEBHOOK_URL", "https://example.org/hooks"},
                        {"IMAGEMILL_WEBHOOK_SECRET", kGoodSecret}};
    variables[name] = value;
    return variables;
}

std::string refusal(const std::string& name, const std::string& value) {
    const auto parsed = parse_webhook_settings(with(name, value));
    if (parsed) return "";
    EXPECT_EQ(parsed.error().code, Code::invalid_argument);
    return parsed.error().message;
}

// The example in the specification's reference libraries.
TEST(WebhookSignature, IsThatOfTheReference) {
    const Buffer secret = *parse_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    const Signed message{.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                         .timestamp_seconds = 1'614'265'330,
                         .body = R"({"test": 2432232314})"};

    EXPECT_EQ(sign(message, {secret}), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(sign(message, {secret, secret}),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(WebhookSettings, AreNoneWithoutAUrl) {
    EXPECT_FALSE(*parse_webhook_settings({}));
    EXPECT_FALSE(*parse_webhook_settings({{"IMAGEMILL_WEBHOOK_URL", ""}}));
    EXPECT_EQ(refusal("IMAGEMILL_WEBHOOK_URL", ""),
              "IMAGEMILL_WEBHOOK_SECRET is set, but IMAGEMILL_WEBHOOK_URL, which says where "
              "messages go, is not.");
}

TEST(WebhookSettings, AUrlIsAnEndpointAndATarget) {
    struct Row {
        const char* url;
        const char* scheme;
        const char* host;
        int port;
        const char* target;
    };
    for (const Row& row :
         {Row{"https://example.org/hooks?a=b/c", "https", "example.org", 443, "/hooks?a=b/c"},
          Row{"http://127.0.0.1:9999", "http", "127.0.0.1", 9999, "/"},
          Row{"http://[::1]:81/x", "http", "::1", 81, "/x"},
          Row{"https://EXAMPLE.org?Key=Value", "https", "example.org", 443, "/?Key=Value"}}) {
        const auto parsed = parse_webhook_settings(with("IMAGEMILL_WEBHOOK_URL", row.url));
        ASSERT_TRUE(parsed) << parsed.error().message;
        EXPECT_EQ((**parsed).endpoint, (net::Endpoint{row.scheme, row.host, row.port})) << row.url;
        EXPECT_EQ((**parsed).target, row.target);
    }
}

TEST(WebhookSettings, RefusesWhatIsNoUrlByASentence) {
    for (const std::string url :
         {"example.org", "ftp://example.org/", "https://", "https:///hooks", "https://a b.org/",
          "https://example.org/#part", "https://example.org/\xC3\xBC",
          "https://me:word@example.org/", "http://example.org:99999/"}) {
        EXPECT_TRUE(refusal("IMAGEMILL_WEBHOOK_URL", url).starts_with("IMAGEMILL_WEBHOOK_URL "))
            << url;
    }
    EXPECT_EQ(refusal("IMAGEMILL_WEBHOOK_URL", "https://me:word@example.org/").find("word"),
              std::string::npos);
    const std::string long_url = "https://example.org/" + std::string(2'048, 'a');
    EXPECT_EQ(refusal("IMAGEMILL_WEBHOOK_URL", long_url.substr(0, 2'048)), "");
    EXPECT_NE(refusal("IMAGEMILL_WEBHOOK_URL", long_url).find("2068 bytes; at most 2048"),
              std::string::npos);
}

TEST(WebhookSettings, SecretsAreOfTheirFormAndNotRepeatedInTheRefusal) {
    const auto secret_of = [](std::size_t size) {
        return "whsec_" + format_base64(Buffer(size, std::byte{7}));
    };
    for (const std::string& good :
         {secret_of(24), secret_of(64), kGoodSecret + "  " + secret_of(32)}) {
        EXPECT_EQ(refusal("IMAGEMILL_WEBHOOK_SECRET", good), "");
    }
    const auto two =
        parse_webhook_settings(with("IMAGEMILL_WEBHOOK_SECRET", kGoodSecret + " " + secret_of(32)));
    EXPECT_EQ((**two).secrets.size(), 2U);
    for (const std::string& bad :
         {std::string(" "), secret_of(23), secret_of(65), std::string("whsec_"),
          kGoodSecret.substr(6), kGoodSecret + " MfKQ9r8GKYqrTwjU", std::string("whsec_%%%%"),
          kGoodSecret + " " + kGoodSecret + " " + kGoodSecret + " " + kGoodSecret + " " +
              kGoodSecret}) {
        const std::string message = refusal("IMAGEMILL_WEBHOOK_SECRET", bad);
        EXPECT_NE(message.find("24 to 64 random bytes"), std::string::npos) << bad;
        EXPECT_EQ(message.find("MfKQ"), std::string::npos);
    }
    EXPECT_NE(refusal("IMAGEMILL_WEBHOOK_SECRET", ""), "");
}

TEST(WebhookSettings, NumbersAreInTheirRange) {
    struct Row {
        const char* name;
        std::int64_t max;
        std::int64_t (*get)(const WebhookSettings& settings);
        std::int64_t unit;
    };
    for (const Row& row :
         {Row{"IMAGEMILL_WEBHOOK_SECONDS", 60,
              [](const WebhookSettings& s) { return std::int64_t{s.timeout.count()}; }, 1'000},
          Row{"IMAGEMILL_WEBHOOK_RETRY_MILLISECONDS", 3'600'000,
              [](const WebhookSettings& s) { return std::int64_t{s.retry_delay.count()}; }, 1},
          Row{"IMAGEMILL_WEBHOOK_MAX_AGE_SECONDS", 604'800,
              [](const WebhookSettings& s) { return std::int64_t{s.age_max.count()}; }, 1'000},
          Row{"IMAGEMILL_WEBHOOK_MAX_EVENTS", 10'000'000,
              [](const WebhookSettings& s) { return s.events_max; }, 1}}) {
        for (const std::int64_t good : {std::int64_t{1}, row.max}) {
            const auto parsed = parse_webhook_settings(with(row.name, std::to_string(good)));
            ASSERT_TRUE(parsed) << row.name;
            EXPECT_EQ(row.get(**parsed), good * row.unit) << row.name;
        }
        for (const std::string& bad :
             {std::string("0"), std::to_string(row.max + 1), std::string("soon")}) {
            EXPECT_EQ(refusal(row.name, bad),
                      row.name + (" is \"" + bad + "\"; expected a whole number from 1 to ") +
                          std::to_string(row.max) + ".");
        }
    }
}

}  // namespace
}  // namespace imagemill::local
