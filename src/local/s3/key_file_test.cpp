#include "local/s3/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "base/random.h"
#include "local/s3/grants.h"

namespace imagemill::local {
namespace {

namespace fs = std::filesystem;

// "s3:GetObject photos trips/; …", or the sentence.
std::string parsed(const std::string& text) {
    const auto grants = parse_grant(text);
    if (!grants) return grants.error().message;
    std::string said;
    for (const Grant& grant : *grants) {
        said += (said.empty() ? "" : "; ") + std::string(name_of(grant.action)) + " " +
                grant.bucket + " " + grant.key_prefix;
    }
    return said;
}

TEST(ParseGrant, ReadsActionsAndTheirGroups) {
    EXPECT_EQ(parsed("s3:GetObject=photos/trips/"), "s3:GetObject photos trips/");
    EXPECT_EQ(parsed("PutBucketCORS=photos"), "s3:PutBucketCORS photos ");
    EXPECT_EQ(parsed("ListAllMyBuckets=*"), "s3:ListAllMyBuckets * ");
    EXPECT_EQ(parsed("read=photos/a"),
              "s3:GetObject photos a; s3:GetObjectTagging photos a; s3:ListBucket photos a");
    EXPECT_EQ(parsed("s3:GetObject=*"), "s3:GetObject * ");
    EXPECT_NE(parsed("write=photos").find("s3:DeleteObject photos ;"), std::string::npos);
}

TEST(ParseGrant, RefusesWhatMakesNoSenseWithASentence) {
    const auto says = [](const std::string& text, const std::string& words) {
        const std::string said = parsed(text);
        return said.find("makes no sense") != std::string::npos &&
               said.find(words) != std::string::npos;
    };
    EXPECT_TRUE(says("", "WHAT=BUCKET"));
    EXPECT_TRUE(says("photos", "WHAT=BUCKET"));
    EXPECT_TRUE(says("=photos", "WHAT=BUCKET"));
    EXPECT_TRUE(says("eat=photos", "none of read, write, s3:GetObject"));
    EXPECT_TRUE(says("read=", "no bucket's name"));
    EXPECT_TRUE(says("read=Photos", "no bucket's name"));
    EXPECT_TRUE(says("read=photos/*", "leave out the \"*\""));
    EXPECT_TRUE(says("ListAllMyBuckets=photos", "s3:ListAllMyBuckets=*"));
    EXPECT_TRUE(says("s3:DeleteBucket=photos/a", "leave out the prefix"));
    EXPECT_TRUE(says("read=photos/\xFF", "UTF-8"));
}

TEST(ParseGrant, KnowsEveryActionByItsName) {
    for (const Action action : all_actions()) {
        const std::string name(name_of(action));
        EXPECT_EQ(parsed(name + "=*"), name + " * ");
    }
}

class KeyFileTest : public ::testing::Test {
  protected:
    KeyFileTest() { fs::create_directories(dir_); }
    ~KeyFileTest() override { fs::remove_all(dir_); }

    std::string path() const { return dir_ + "/keys.json"; }
    Keys keys() {
        return {{.access_key = "IMROOT",
                 .secret_key = "a root's secret",
                 .session_token = "",
                 .expires = std::nullopt},
                {},
                &file_};
    }

    std::string dir_ = fs::temp_directory_path() / ("imagemill-key-file-" + random_hex(8));
    std::string logged_;
    FakeClock clock_{Time(Milliseconds(0))};
    Log log_{clock_, Level::info, [this](std::string_view line) { logged_ += line; }};
    KeyFile file_{dir_, log_};
};

TEST_F(KeyFileTest, AServerFollowsWhatIsAddedAndRemoved) {
    const Keys all = keys();
    EXPECT_FALSE(all.find("IMNOBODY"));

    const auto key = add_key(dir_, "app", {"read=photos/trips/", "s3:PutObject=inbox"});
    ASSERT_TRUE(key) << key.error().message;
    const std::string& access_key = key->credentials.access_key;
    ASSERT_TRUE(all.find(access_key));
    EXPECT_EQ(all.find(access_key)->secret_key, key->credentials.secret_key);
    EXPECT_EQ(all.holder_of(access_key), "app");
    EXPECT_TRUE(all.allows(access_key, Action::get_object, "photos", "trips/a"));
    EXPECT_FALSE(all.allows(access_key, Action::get_object, "photos", "a"));
    EXPECT_FALSE(all.allows(access_key, Action::put_object, "photos", "trips/a"));
    EXPECT_TRUE(all.allows(access_key, Action::put_object, "inbox", "a"));

    ASSERT_TRUE(remove_key(dir_, "app"));
    EXPECT_FALSE(all.find(access_key));
    EXPECT_FALSE(all.allows(access_key, Action::get_object, "photos", "trips/a"));
    EXPECT_EQ(all.holder_of(access_key), "nobody");
}

TEST_F(KeyFileTest, AStarIsEveryBucket) {
    const auto key = add_key(dir_, "reader", {"s3:GetObject=*"});
    ASSERT_TRUE(key);
    EXPECT_TRUE(keys().allows(key->credentials.access_key, Action::get_object, "any", "k"));
    EXPECT_FALSE(keys().allows(key->credentials.access_key, Action::put_object, "any", "k"));
}

TEST_F(KeyFileTest, TheFileIsItsOwnersAlone) {
    ASSERT_TRUE(add_key(dir_, "app", {"read=photos"}));
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    ::chmod(path().c_str(), 0644);
    ASSERT_TRUE(load_keys(dir_));
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(KeyFileTest, RefusesNamesAndGrantsThatCannotBe) {
    for (const std::string name : {"", "App", "a b", "root", "default", "nobody", "../x"}) {
        EXPECT_EQ(add_key(dir_, name, {"read=photos"}).error().code, Code::invalid_argument)
            << name;
    }
    EXPECT_EQ(add_key(dir_, "app", {}).error().code, Code::invalid_argument);
    EXPECT_EQ(add_key(dir_, "app", {"eat=photos"}).error().code, Code::invalid_argument);
    EXPECT_FALSE(fs::exists(path()));
    ASSERT_TRUE(add_key(dir_, "app", {"read=photos"}));
    EXPECT_EQ(add_key(dir_, "app", {"read=photos"}).error().code, Code::conflict);
    EXPECT_EQ(remove_key(dir_, "other").error().code, Code::no_such_key);
}

TEST_F(KeyFileTest, ADamagedFileKeepsTheKeysThatWereThereAndIsLogged) {
    const auto key = add_key(dir_, "app", {"read=photos"});
    ASSERT_TRUE(key);
    const Keys all = keys();
    ASSERT_TRUE(all.find(key->credentials.access_key));
    std::ofstream(path()) << "[{\"name\":\"app\"}]";
    EXPECT_TRUE(all.find(key->credentials.access_key));
    EXPECT_NE(logged_.find("keys.json is damaged"), std::string::npos);
    EXPECT_EQ(logged_.find(key->credentials.secret_key), std::string::npos);
    // Nothing is written over it.
    EXPECT_EQ(add_key(dir_, "more", {"read=photos"}).error().code, Code::corrupt);
    std::ofstream(path()) << std::string(100'000, ' ');
    EXPECT_EQ(load_keys(dir_).error().code, Code::corrupt);
}

TEST_F(KeyFileTest, ManyAtOnceLoseNone) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back(
            [&, i] { EXPECT_TRUE(add_key(dir_, "key-" + std::to_string(i), {"read=photos"})); });
    }
    threads.clear();
    EXPECT_EQ(load_keys(dir_)->size(), 8U);
}

}  // namespace
}  // namespace imagemill::local
