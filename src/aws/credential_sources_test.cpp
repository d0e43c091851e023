#include "aws/credential_sources.h"

#include <gtest/gtest.h>

#include <map>

#include "aws/scripted_client.h"

namespace imagemill::aws {
namespace {

class CredentialSources : public testing::Test {
  protected:
    Result<CredentialSource> find() {
        return find_credentials(
            [this](std::string_view name) {
                const auto found = variables_.find(name);
                return found == variables_.end() ? std::nullopt : std::optional(found->second);
            },
            [this](const std::string& path) -> Result<std::string> {
                const auto found = files_.find(path);
                if (found != files_.end()) return found->second;
                return Error{Code::unavailable, "The file " + path + " cannot be read."};
            },
            client_, clock_);
    }

    Result<Credentials> credentials() {
        const auto source = find();
        if (!source) return source.error();
        return (*source)();
    }

    void in_container() {
        variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:9001/2021/credentials";
    }
    // What a container's service says; the key tells one answer from another.
    void says(std::string_view key, Milliseconds life) {
        client_.answer(200, {{"Content-Type", "application/json"}},
                       R"({"AccessKeyId":")" + std::string(key) +
                           R"(","SecretAccessKey":"hush","Token":"session","Expiration":")" +
                           format_rfc3339(clock_.now() + life) + "\"}");
    }

    std::map<std::string, std::string, std::less<>> variables_;
    std::map<std::string, std::string> files_;
    FakeClock clock_{*parse_rfc3339("2026-12-01T12:00:00Z")};
    ScriptedClient client_;
};

constexpr Milliseconds kHour{3'600'000};
constexpr Milliseconds kMinute{60'000};

TEST_F(CredentialSources, TheEnvironmentComesFirst) {
    variables_ = {{"AWS_ACCESS_KEY_ID", "AKID"},
                  {"AWS_SECRET_ACCESS_KEY", "hush"},
                  {"AWS_SESSION_TOKEN", "session"},
                  {"HOME", "/h"}};
    files_["/h/.aws/credentials"] = "[default]\naws_access_key_id=F\naws_secret_access_key=f\n";
    in_container();

    const auto found = credentials();

    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->access_key, "AKID");
    EXPECT_EQ(found->session_token, "session");
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(CredentialSources, AHalfSetEnvironmentIsNotPassedOver) {
    variables_ = {{"AWS_ACCESS_KEY_ID", "AKID"}};
    in_container();

    EXPECT_EQ(credentials().error().code, Code::unauthenticated);
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(CredentialSources, ThenTheProfileOfTheFile) {
    variables_ = {{"HOME", "/h"}};
    files_["/h/.aws/credentials"] =
        "[default]\naws_access_key_id=F\naws_secret_access_key=f\n"
        "[other]\naws_access_key_id=G\naws_secret_access_key=g\naws_session_token=t\n";
    const auto usual = credentials();
    variables_["AWS_PROFILE"] = "other";
    const auto other = credentials();
    files_["/elsewhere"] = "[other]\naws_access_key_id=H\naws_secret_access_key=h\n";
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = "/elsewhere";
    const auto elsewhere = credentials();

    ASSERT_TRUE(usual && other && elsewhere);
    EXPECT_EQ(usual->access_key, "F");
    EXPECT_EQ(other->access_key, "G");
    EXPECT_EQ(other->session_token, "t");
    EXPECT_EQ(elsewhere->access_key, "H");
}

TEST_F(CredentialSources, ANamedProfileOrFileThatIsNotThereIsAnError) {
    in_container();
    variables_["AWS_PROFILE"] = "other";
    EXPECT_EQ(credentials().error().code, Code::unauthenticated);
    variables_["HOME"] = "/h";
    files_["/h/.aws/credentials"] = "[default]\naws_access_key_id=F\naws_secret_access_key=f\n";
    EXPECT_NE(credentials().error().message.find("[other]"), std::string::npos);
    variables_["AWS_SHARED_CREDENTIALS_FILE"] = "/none";
    EXPECT_NE(credentials().error().message.find("/none"), std::string::npos);
    EXPECT_TRUE(client_.asked.empty());
}

TEST_F(CredentialSources, NowhereNamesThePlacesLookedAt) {
    variables_ = {{"HOME", "/h"}};
    files_["/h/.aws/credentials"] = "[default]\nrole_arn = arn:aws:iam::1:role/x\n";

    const auto found = credentials();

    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Code::unauthenticated);
    for (const char* place : {"AWS_ACCESS_KEY_ID", "~/.aws/credentials", "AWS_PROFILE",
                              "AWS_CONTAINER_CREDENTIALS_FULL_URI"}) {
        EXPECT_NE(found.error().message.find(place), std::string::npos) << place;
    }
}

// --- The container's.

TEST_F(CredentialSources, AContainerIsAskedWhenItsCredentialsAreNeeded) {
    in_container();
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "ticket";
    const auto source = find();
    ASSERT_TRUE(source) << source.error().message;
    EXPECT_TRUE(client_.asked.empty());
    says("AKID", kHour);

    const auto found = (*source)();

    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->access_key, "AKID");
    EXPECT_EQ(found->secret_key, "hush");
    EXPECT_EQ(found->session_token, "session");
    EXPECT_EQ(found->expires, clock_.now() + kHour);
    EXPECT_EQ(client_.asked.at(0).endpoint, (net::Endpoint{"http", "127.0.0.1", 9001}));
    EXPECT_EQ(client_.asked.at(0).request.target, "/2021/credentials");
    EXPECT_EQ(client_.asked.at(0).header("Authorization"), "ticket");
}

TEST_F(CredentialSources, ARelativeAddressIsEcss) {
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/id?x=1";
    in_container();
    says("AKID", kHour);

    ASSERT_TRUE(credentials());

    EXPECT_EQ(client_.asked.at(0).endpoint, (net::Endpoint{"http", "169.254.170.2", 80}));
    EXPECT_EQ(client_.asked.at(0).request.target, "/v2/credentials/id?x=1");
    EXPECT_EQ(client_.asked.at(0).header("Authorization"), "");
}

TEST_F(CredentialSources, TheTokenIsReadFromItsFileEachTime) {
    in_container();
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "stale";
    files_["/token"] = "first\n";
    const auto source = *find();
    says("A", kMinute);
    says("B", kHour);
    ASSERT_TRUE(source());
    files_["/token"] = "second";
    clock_.advance(kMinute);

    ASSERT_TRUE(source());

    EXPECT_EQ(client_.asked.at(0).header("Authorization"), "first");
    EXPECT_EQ(client_.asked.at(1).header("Authorization"), "second");
    files_["/token"] = "two\r\nHeader: x";
    clock_.advance(kHour);
    EXPECT_EQ(source().error().code, Code::invalid_argument);
    files_.erase("/token");
    EXPECT_NE(source().error().message.find("/token"), std::string::npos);
    EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(CredentialSources, AreKeptAndAskedForAgainBeforeTheyExpire) {
    in_container();
    const auto source = *find();
    says("A", kHour);
    says("B", kHour);

    EXPECT_EQ(source()->access_key, "A");
    clock_.advance(54 * kMinute);
    EXPECT_EQ(source()->access_key, "A");
    EXPECT_EQ(client_.asked.size(), 1U);
    clock_.advance(2 * kMinute);
    EXPECT_EQ(source()->access_key, "B");
    EXPECT_EQ(source()->access_key, "B");
    EXPECT_EQ(client_.asked.size(), 2U);
}

TEST_F(CredentialSources, HoldWhileTheContainerIsSilentAndUntilTheyExpire) {
    in_container();
    const auto source = *find();
    says("A", 4 * kMinute);
    EXPECT_EQ(source()->access_key, "A");
    clock_.advance(kMinute);
    client_.answer(500);
    client_.fail(Code::timeout, "late");
    client_.fail(Code::unavailable, "refused");
    EXPECT_EQ(source()->access_key, "A");
    EXPECT_EQ(client_.asked.size(), 4U);
    EXPECT_EQ(source()->access_key, "A");  // Asked no more for a while.
    EXPECT_EQ(client_.asked.size(), 4U);
    clock_.advance(4 * kMinute);

    EXPECT_EQ(source().error().code, Code::unavailable);

    says("B", kHour);
    EXPECT_EQ(source()->access_key, "B");
}

TEST_F(CredentialSources, ARefusalIsSaidWithoutASecret) {
    in_container();
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "ticket";
    client_.answer(403, {}, R"({"code":"AccessDenied","message":"No such role"})");
    const auto refused = credentials();
    client_.answer(200, {}, R"({"AccessKeyId":"A","SecretAccessKey":["hush"]})");
    const auto odd = credentials();
    client_.answer(200, {}, "hush");
    const auto none = credentials();

    EXPECT_EQ(refused.error().code, Code::unauthenticated);
    EXPECT_NE(refused.error().message.find("403: AccessDenied: No such role"), std::string::npos);
    for (const Error& error : {refused.error(), odd.error(), none.error()}) {
        EXPECT_EQ(error.code, Code::unauthenticated);
        EXPECT_EQ(error.message.find("hush"), std::string::npos) << error.message;
        EXPECT_EQ(error.message.find("ticket"), std::string::npos) << error.message;
        EXPECT_NE(error.message.find("http://127.0.0.1:9001"), std::string::npos) << error.message;
    }
    EXPECT_EQ(client_.asked.size(), 3U);  // None of this changes by asking again.
}

TEST_F(CredentialSources, AreNotAskedOfJustAnyone) {
    const auto code = [this](std::string_view url) {
        variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
        const auto source = find();
        return source ? std::optional<Code>() : std::optional(source.error().code);
    };
    for (const char* trusted :
         {"http://127.0.0.1/", "http://127.8.8.8:1/x", "http://[::1]/x", "http://localhost/x",
          "http://169.254.170.2/x", "http://169.254.170.23/v1/credentials",
          "http://[fd00:ec2::23]/x", "https://example.org/x"}) {
        EXPECT_EQ(code(trusted), std::nullopt) << trusted;
    }
    for (const char* other :
         {"http://example.org/x", "http://169.254.169.254/x", "http://127.0.0.1.example.org/x",
          "http://128.0.0.1/x", "http://[::2]/x", "ftp://127.0.0.1/x",
          "http://169.254.100.1:9001/x", "http://127.0.0.1@example.org/x", "127.0.0.1"}) {
        EXPECT_EQ(code(other), Code::invalid_argument) << other;
    }
    variables_["AWS_LAMBDA_RUNTIME_API"] = "169.254.100.1:9001";
    EXPECT_EQ(code("http://169.254.100.1:9001/2021-04-23/credentials"), std::nullopt);
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@example.org/x";
    EXPECT_EQ(code("http://127.0.0.1/"), Code::invalid_argument);
}

}  // namespace
}  // namespace imagemill::aws
