#include "aws/post_policy.h"

#include <gtest/gtest.h>

#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

const SigningTarget kTarget{
    .credentials = {.access_key = "AKIAIOSFODNN7EXAMPLE",
                    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    .session_token = "",
                    .expires = std::nullopt}};
constexpr std::string_view kCredential = "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request";

Time now() {
    return *parse_iso_basic("20151229T000000Z");
}

VerifyOptions options_at(Time time) {
    return {.region = "us-east-1",
            .now = time,
            .find_key = [](std::string_view access_key) -> std::optional<Credentials> {
                if (access_key != kTarget.credentials.access_key) return std::nullopt;
                return kTarget.credentials;
            }};
}

std::string hex_of(std::string_view policy) {
    return signature(signing_key(kTarget.credentials.secret_key, "20151229", "us-east-1", "s3"),
                     policy);
}

// A form signed over `policy`, with `more` fields.
http::Parameters form_with_policy(std::string_view policy, const http::Parameters& more) {
    const std::string encoded = format_base64(as_bytes(policy));
    http::Parameters fields{{"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                            {"x-amz-credential", std::string(kCredential)},
                            {"x-amz-date", "20151229T000000Z"},
                            {"policy", encoded},
                            {"x-amz-signature", hex_of(encoded)}};
    fields.insert(fields.begin(), more.begin(), more.end());
    return fields;
}

// The same, over a policy of these conditions and those every form needs.
http::Parameters form_with(std::string conditions, const http::Parameters& more) {
    return form_with_policy(
        R"({"expiration":"2015-12-30T12:00:00.000Z","conditions":[)" + conditions +
            R"(,["starts-with","$x-amz-algorithm",""],["starts-with","$x-amz-credential",""],)"
            R"(["starts-with","$x-amz-date",""]]})",
        more);
}

std::variant<CheckedPolicy, AuthError> check(const http::Parameters& fields, Time time = now()) {
    return check_post_policy(fields, "photos", options_at(time));
}

AuthError refused(const http::Parameters& fields, Time time = now()) {
    const auto checked = check(fields, time);
    const auto* error = std::get_if<AuthError>(&checked);
    EXPECT_NE(error, nullptr) << "the form was let in";
    return error == nullptr ? AuthError{} : *error;
}

bool let_in(const http::Parameters& fields, Time time = now()) {
    const auto checked = check(fields, time);
    const auto* error = std::get_if<AuthError>(&checked);
    if (error != nullptr) ADD_FAILURE() << error->code << ": " << error->message;
    return error == nullptr;
}

http::Parameters made_form() {
    return make_post_fields(
        {"photos", "in/cät \"1\".jpg"},
        {.seconds = 900, .content_type = "image/jpeg", .size_min = 1, .size_max = 1'000}, kTarget,
        now());
}

void set(http::Parameters& fields, std::string_view name, std::string value) {
    for (auto& field : fields) {
        if (field.first == name) field.second = value;
    }
}

void remove(http::Parameters& fields, std::string_view name) {
    std::erase_if(fields, [&](const auto& field) { return field.first == name; });
}

TEST(PostPolicy, SignsTheExampleOfAmazonsDocument) {
    // The document's example policy, whose base64 has its line ends; only the signature of the
    // base64 text counts.
    constexpr std::string_view kPolicy =
        "eyAiZXhwaXJhdGlvbiI6ICIyMDE1LTEyLTMwVDEyOjAwOjAwLjAwMFoiLA0KICAiY29uZGl0aW9ucyI6IFsNCiAgIC"
        "B7ImJ1Y2tldCI6ICJzaWd2NGV4YW1wbGVidWNrZXQifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRrZXkiLCAidXNl"
        "ci91c2VyMS8iXSwNCiAgICB7ImFjbCI6ICJwdWJsaWMtcmVhZCJ9LA0KICAgIHsic3VjY2Vzc19hY3Rpb25fcmVkaX"
        "JlY3QiOiAiaHR0cDovL3NpZ3Y0ZXhhbXBsZWJ1Y2tldC5zMy5hbWF6b25hd3MuY29tL3N1Y2Nlc3NmdWxfdXBsb2Fk"
        "Lmh0bWwifSwNCiAgICBbInN0YXJ0cy13aXRoIiwgIiRDb250ZW50LVR5cGUiLCAiaW1hZ2UvIl0sDQogICAgeyJ4LW"
        "Ftei1tZXRhLXV1aWQiOiAiMTQzNjUxMjM2NTEyNzQifSwNCiAgICB7IngtYW16LXNlcnZlci1zaWRlLWVuY3J5cHRp"
        "b24iOiAiQUVTMjU2In0sDQogICAgWyJzdGFydHMtd2l0aCIsICIkeC1hbXotbWV0YS10YWciLCAiIl0sDQoNCiAgIC"
        "B7IngtYW16LWNyZWRlbnRpYWwiOiAiQUtJQUlPU0ZPRE5ON0VYQU1QTEUvMjAxNTEyMjkvdXMtZWFzdC0xL3MzL2F3"
        "czRfcmVxdWVzdCJ9LA0KICAgIHsieC1hbXotYWxnb3JpdGhtIjogIkFXUzQtSE1BQy1TSEEyNTYifSwNCiAgICB7In"
        "gtYW16LWRhdGUiOiAiMjAxNTEyMjlUMDAwMDAwWiIgfQ0KICBdDQp9";

    EXPECT_EQ(hex_of(kPolicy), "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e");
}

TEST(PostPolicy, LetsInTheFormItMade) {
    const auto checked = check(made_form(), now() + std::chrono::seconds(900));

    ASSERT_TRUE(std::holds_alternative<CheckedPolicy>(checked))
        << std::get<AuthError>(checked).message;
    EXPECT_EQ(std::get<CheckedPolicy>(checked).access_key, "AKIAIOSFODNN7EXAMPLE");
    EXPECT_EQ(std::get<CheckedPolicy>(checked).size_min, 1);
    EXPECT_EQ(std::get<CheckedPolicy>(checked).size_max, 1'000);
    EXPECT_EQ(made_form().front().first, "key");
}

TEST(PostPolicy, CarriesASessionToken) {
    SigningTarget target = kTarget;
    target.credentials.session_token = "token";
    const auto fields = make_post_fields(
        {"photos", "k"}, {.content_type = "image/png", .size_max = 1}, target, now());
    VerifyOptions options = options_at(now());
    options.find_key = [&](std::string_view) { return std::optional(target.credentials); };

    EXPECT_TRUE(
        std::holds_alternative<CheckedPolicy>(check_post_policy(fields, "photos", options)));
    EXPECT_EQ(refused(fields).code, "InvalidToken");
}

TEST(PostPolicy, NeverGivesTheSecretAway) {
    for (const auto& [name, value] : made_form()) {
        EXPECT_EQ(value.find(kTarget.credentials.secret_key), std::string::npos) << name;
    }
}

TEST(PostPolicy, DeniesAnotherKeyTypeOrBucketThanWasSigned) {
    auto key = made_form();
    set(key, "key", "in/dog.jpg");
    auto type = made_form();
    set(type, "Content-Type", "text/html");

    EXPECT_EQ(refused(key).code, "AccessDenied");
    EXPECT_EQ(refused(key).message,
              "Invalid according to Policy: Policy Condition failed: "
              "[\"eq\", \"$key\", \"in/cät \\\"1\\\".jpg\"]");
    EXPECT_EQ(refused(type).code, "AccessDenied");
    const auto bucket = check_post_policy(made_form(), "secrets", options_at(now()));
    ASSERT_TRUE(std::holds_alternative<AuthError>(bucket));
    EXPECT_EQ(std::get<AuthError>(bucket).message,
              "Invalid according to Policy: Policy Condition failed: "
              "[\"eq\", \"$bucket\", \"photos\"]");
}

TEST(PostPolicy, DeniesAFieldThatNoConditionCovers) {
    auto fields = made_form();
    fields.emplace_back("acl", "public-read");
    fields.emplace_back("x-amz-meta-a", "1");
    auto ignored = made_form();
    ignored.emplace_back("X-Ignore-Submit", "go");

    EXPECT_EQ(refused(fields).code, "AccessDenied");
    EXPECT_EQ(refused(fields).message,
              "Invalid according to Policy: Extra input fields: acl, x-amz-meta-a");
    EXPECT_TRUE(let_in(ignored));
}

TEST(PostPolicy, ExpiresAtItsTime) {
    const AuthError error =
        refused(made_form(), now() + std::chrono::seconds(900) + Milliseconds(1));

    EXPECT_EQ(error.code, "AccessDenied");
    EXPECT_EQ(error.status, 403);
    EXPECT_EQ(error.message, "Invalid according to Policy: Policy expired.");
}

TEST(PostPolicy, RefusesAWrongSignature) {
    auto fields = made_form();
    set(fields, "x-amz-signature", std::string(64, '0'));
    auto policy = made_form();
    set(policy, "policy", format_base64(as_bytes("{}")));

    EXPECT_EQ(refused(fields).code, "SignatureDoesNotMatch");
    EXPECT_EQ(refused(fields).status, 403);
    EXPECT_EQ(refused(policy).code, "SignatureDoesNotMatch");
}

TEST(PostPolicy, KnowsNoOtherKey) {
    auto fields = made_form();
    set(fields, "x-amz-credential", "AKIDOTHER/20151229/us-east-1/s3/aws4_request");

    EXPECT_EQ(refused(fields).code, "InvalidAccessKeyId");
}

TEST(PostPolicy, NamesAFieldThatIsMissing) {
    for (const std::string_view name : {"key", "policy", "x-amz-algorithm", "x-amz-credential",
                                        "x-amz-date", "x-amz-signature"}) {
        auto fields = made_form();
        remove(fields, name);
        const AuthError error = refused(fields);
        EXPECT_EQ(error.code, "InvalidArgument");
        EXPECT_EQ(error.status, 400);
        ASSERT_EQ(error.details.size(), 1U);
        EXPECT_EQ(to_lower(error.details[0].second), name);
        EXPECT_EQ(error.message, "Bucket POST must contain a field named '" +
                                     error.details[0].second +
                                     "'.  If it is specified, please check the order of the "
                                     "fields.");
    }
}

TEST(PostPolicy, DeniesAFormWithoutAPolicy) {
    EXPECT_EQ(refused({{"key", "k"}}).code, "AccessDenied");
    EXPECT_EQ(refused({{"key", "k"}}).status, 403);
}

TEST(PostPolicy, RefusesAFieldThatComesTwice) {
    auto fields = made_form();
    fields.emplace_back("Key", "in/dog.jpg");

    EXPECT_EQ(refused(fields).code, "InvalidArgument");
    EXPECT_NE(refused(fields).message.find("'Key' twice"), std::string::npos);
}

TEST(PostPolicy, RefusesSignatureVersion2AndSaysWhatToWrite) {
    const AuthError error =
        refused({{"key", "k"}, {"AWSAccessKeyId", "A"}, {"policy", "e30="}, {"signature", "c2ln"}});

    EXPECT_EQ(error.code, "InvalidRequest");
    EXPECT_NE(error.message.find("signature_version='s3v4'"), std::string::npos);
}

TEST(PostPolicy, NamesWhatIsWrongWithTheScope) {
    struct Row {
        std::string_view field, value, argument;
    };
    for (const Row& row :
         {Row{"x-amz-algorithm", "AWS4-HMAC-SHA1", "X-Amz-Algorithm"},
          Row{"x-amz-credential", "A/20151229/eu-west-1/s3/aws4_request", "X-Amz-Credential"},
          Row{"x-amz-credential", "A/20151228/us-east-1/s3/aws4_request", "X-Amz-Credential"},
          Row{"x-amz-credential", "A", "X-Amz-Credential"},
          Row{"x-amz-date", "2015-12-29", "X-Amz-Date"}}) {
        auto fields = made_form();
        set(fields, row.field, std::string(row.value));
        const AuthError error = refused(fields);
        EXPECT_EQ(error.code, "InvalidArgument");
        ASSERT_EQ(error.details.size(), 1U);
        EXPECT_EQ(error.details[0].second, row.argument);
    }
}

TEST(PostPolicy, UnderstandsEveryKindOfCondition) {
    const auto form = [](std::string key, std::string type) {
        return form_with(R"({"bucket":"photos"},["starts-with","$KEY","in/"],)"
                         R"(["starts-with","$Content-Type","image/"],["eq","$acl",""],)"
                         R"(["content-length-range",1,"10"],["content-length-range",0,20])",
                         {{"Key", std::move(key)}, {"content-type", std::move(type)}});
    };

    EXPECT_TRUE(let_in(form("in/a", "image/png")));
    EXPECT_TRUE(let_in(form("in/a", "image/png, image/jpeg")));
    EXPECT_EQ(refused(form("IN/a", "image/png")).code, "AccessDenied");
    EXPECT_EQ(refused(form("in/a", "image/png, text/html")).code, "AccessDenied");
    const auto checked = check(form("in/a", "image/png"));
    ASSERT_TRUE(std::holds_alternative<CheckedPolicy>(checked));
    EXPECT_EQ(std::get<CheckedPolicy>(checked).size_min, 1);
    EXPECT_EQ(std::get<CheckedPolicy>(checked).size_max, 10);
}

TEST(PostPolicy, DeniesAPolicyThatDoesNotPinTheBucket) {
    EXPECT_EQ(refused(form_with(R"({"key":"k"})", {{"key", "k"}})).message,
              "Invalid according to Policy: Extra input fields: bucket");
}

TEST(PostPolicy, RefusesADocumentThatIsNone) {
    for (
        const std::string_view policy :
        {"", "[]", "not json", R"({"conditions":[]})", R"({"expiration":"soon","conditions":[]})",
         R"({"expiration":7,"conditions":[]})", R"({"expiration":"2015-12-30T12:00:00Z"})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":{}})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":["eq"]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[[]]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[["ne","$key","a"]]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[["eq","$key"]]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[["eq","key","a"]]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[{"a":"1","b":"2"}]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[{"a":1}]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[["content-length-range",1]]})",
         R"({"expiration":"2015-12-30T12:00:00Z","conditions":[["content-length-range",-1,2]]})"}) {
        auto fields = form_with_policy(policy, {{"key", "k"}});
        if (policy.empty()) {
            set(fields, "policy", "=");
            set(fields, "x-amz-signature", hex_of("="));
        }
        EXPECT_EQ(refused(fields).code, "InvalidPolicyDocument") << policy;
        EXPECT_EQ(refused(fields).status, 400);
    }
}

TEST(PostPolicy, BoundsTheSizeOfTheFile) {
    const CheckedPolicy policy{.access_key = "A", .size_min = 1, .size_max = 10};

    EXPECT_FALSE(check_size(policy, 1));
    EXPECT_FALSE(check_size(policy, 10));
    const auto large = check_size(policy, 11);
    ASSERT_TRUE(large);
    EXPECT_EQ(large->code, "EntityTooLarge");
    EXPECT_EQ(large->status, 400);
    EXPECT_EQ(large->details[0], std::pair(std::string("MaxSizeAllowed"), std::string("10")));
    EXPECT_EQ(large->details[1], std::pair(std::string("ProposedSize"), std::string("11")));
    const auto small = check_size(policy, 0);
    ASSERT_TRUE(small);
    EXPECT_EQ(small->code, "EntityTooSmall");
    EXPECT_EQ(small->details[0], std::pair(std::string("MinSizeAllowed"), std::string("1")));
}

}  // namespace
}  // namespace imagemill::aws
