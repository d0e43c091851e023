#include "aws/credentials.h"

#include <gtest/gtest.h>

#include <map>

namespace imagemill::aws {
namespace {

Environment environment_of(std::map<std::string, std::string, std::less<>> variables) {
    return [variables = std::move(variables)](std::string_view name) {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
}

TEST(Credentials, ComeFromTheEnvironment) {
    const auto credentials = credentials_from_environment(
        environment_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                        {"AWS_SECRET_ACCESS_KEY", "secret"},
                        {"AWS_SESSION_TOKEN", "token"},
                        {"AWS_CREDENTIAL_EXPIRATION", "2026-12-01T12:00:00Z"}}));

    ASSERT_TRUE(credentials) << credentials.error().message;
    EXPECT_EQ(credentials->access_key, "AKID");
    EXPECT_EQ(credentials->secret_key, "secret");
    EXPECT_EQ(credentials->session_token, "token");
    EXPECT_EQ(format_rfc3339(credentials->expires.value_or(Time())), "2026-12-01T12:00:00.000Z");
}

TEST(Credentials, OfAnEmptyEnvironmentNameThePlacesLookedAt) {
    const auto credentials = credentials_from_environment(environment_of({}));

    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Code::unauthenticated);
    EXPECT_NE(credentials.error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
    EXPECT_NE(credentials.error().message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
}

TEST(Credentials, HalfSetAreRefusedWithoutTellingTheSecret) {
    const auto credentials =
        credentials_from_environment(environment_of({{"AWS_SECRET_ACCESS_KEY", "hush"}}));

    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Code::unauthenticated);
    EXPECT_NE(credentials.error().message.find("AWS_ACCESS_KEY_ID is not set"), std::string::npos);
    EXPECT_EQ(credentials.error().message.find("hush"), std::string::npos);
}

TEST(Credentials, WithAnExpirationThatIsNoTimeAreRefused) {
    const auto credentials =
        credentials_from_environment(environment_of({{"AWS_ACCESS_KEY_ID", "AKID"},
                                                     {"AWS_SECRET_ACCESS_KEY", "secret"},
                                                     {"AWS_CREDENTIAL_EXPIRATION", "soon"}}));

    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Code::invalid_argument);
    EXPECT_TRUE(credentials.error().message.starts_with("AWS_CREDENTIAL_EXPIRATION: "));
}

TEST(CredentialsFile, GivesTheProfileAskedFor) {
    constexpr std::string_view kText =
        "# mine\r\n"
        "[other]\r\naws_access_key_id = OTHER\r\naws_secret_access_key = no\r\n"
        "; yours\r\n"
        "[ default ]\r\n  AWS_ACCESS_KEY_ID=AKID\r\naws_secret_access_key = a=b/c+d \r\n"
        "region = eu-west-1\r\n";

    const auto credentials = parse_credentials_file(kText, "default");

    ASSERT_TRUE(credentials) << credentials.error().message;
    EXPECT_EQ(credentials->access_key, "AKID");
    EXPECT_EQ(credentials->secret_key, "a=b/c+d");
    EXPECT_EQ(credentials->session_token, "");
}

TEST(CredentialsFile, ReadsBackWhatItWrote) {
    const Credentials credentials{.access_key = "AKID",
                                  .secret_key = "se/cr+et=",
                                  .session_token = "to=ken",
                                  .expires = std::nullopt};

    const auto read = parse_credentials_file(format_credentials_file(credentials, "p"), "p");

    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->access_key, credentials.access_key);
    EXPECT_EQ(read->secret_key, credentials.secret_key);
    EXPECT_EQ(read->session_token, credentials.session_token);
}

TEST(CredentialsFile, NamesTheProfileOrTheFieldItLacks) {
    const auto no_profile = parse_credentials_file("[a]\n", "default");
    const auto no_secret = parse_credentials_file("[a]\naws_access_key_id = AKID\n", "a");

    ASSERT_FALSE(no_profile);
    EXPECT_EQ(no_profile.error().code, Code::unauthenticated);
    EXPECT_NE(no_profile.error().message.find("[default]"), std::string::npos);
    ASSERT_FALSE(no_secret);
    EXPECT_EQ(no_secret.error().code, Code::unauthenticated);
    EXPECT_NE(no_secret.error().message.find("aws_secret_access_key"), std::string::npos);
}

TEST(CredentialsFile, NamesALineItCannotReadButNotWhatItHolds) {
    const auto credentials = parse_credentials_file("[default]\n\nwJalrXUtnFEMI\n", "default");

    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, Code::invalid_argument);
    EXPECT_NE(credentials.error().message.find("Line 3"), std::string::npos);
    EXPECT_EQ(credentials.error().message.find("wJalr"), std::string::npos);
}

}  // namespace
}  // namespace imagemill::aws
