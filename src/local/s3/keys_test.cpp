#include "local/s3/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

namespace imagemill::local {
namespace {

namespace fs = std::filesystem;

class TempDir final {
  public:
    TempDir() {
        std::string name = fs::temp_directory_path() / "imagemill-keys-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    ~TempDir() { fs::remove_all(path_); }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    std::string path() const { return path_; }

  private:
    std::string path_;
};

aws::Credentials root() {
    return {.access_key = "IMROOT",
            .secret_key = "root's secret",
            .session_token = "",
            .expires = std::nullopt};
}

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777U;
}

Keys keys() {
    return {root(),
            {{.function = "reader", .grants = {{Action::get_object, "photos", ""}}},
             {.function = "writer", .grants = {{Action::put_object, "photos", "manifests/"}}}}};
}

TEST(Keys, LetTheRootDoEverything) {
    EXPECT_TRUE(keys().allows("IMROOT", Action::delete_object, "photos", "cat.jpg"));
    EXPECT_TRUE(keys().allows("IMROOT", Action::list_buckets, "", ""));
}

TEST(Keys, LetAFunctionDoWhatItsGrantsSay) {
    const Keys all = keys();
    const std::string reader = all.of_function("reader").access_key;
    EXPECT_TRUE(all.allows(reader, Action::get_object, "photos", "cat.jpg"));
    EXPECT_FALSE(all.allows(reader, Action::put_object, "photos", "cat.jpg"));
    EXPECT_FALSE(all.allows(reader, Action::get_object, "other", "cat.jpg"));
    EXPECT_FALSE(all.allows(reader, Action::list_buckets, "", ""));
}

TEST(Keys, KeepAGrantToItsPrefix) {
    const Keys all = keys();
    const std::string writer = all.of_function("writer").access_key;
    EXPECT_TRUE(all.allows(writer, Action::put_object, "photos", "manifests/cat.jpg"));
    EXPECT_TRUE(all.allows(writer, Action::put_object, "photos", "manifests/"));
    EXPECT_FALSE(all.allows(writer, Action::put_object, "photos", "manifests"));
    EXPECT_FALSE(all.allows(writer, Action::put_object, "photos", "cat.jpg"));
}

TEST(Keys, LetNobodyElseDoAnything) {
    EXPECT_FALSE(keys().allows("IMNOBODY", Action::get_object, "photos", "cat.jpg"));
    EXPECT_FALSE(keys().allows("", Action::get_object, "photos", "cat.jpg"));
    EXPECT_FALSE(keys().find("IMNOBODY"));
    EXPECT_EQ(keys().holder_of("IMNOBODY"), "nobody");
}

TEST(Keys, FindWhatTheyGaveOut) {
    const Keys all = keys();
    const aws::Credentials reader = all.of_function("reader");
    ASSERT_TRUE(all.find(reader.access_key));
    EXPECT_EQ(all.find(reader.access_key)->secret_key, reader.secret_key);
    EXPECT_EQ(all.find("IMROOT")->secret_key, "root's secret");
    EXPECT_EQ(all.holder_of(reader.access_key), "reader");
    EXPECT_EQ(all.holder_of("IMROOT"), "root");
}

TEST(Keys, OfAFunctionFollowFromTheRootAndItsName) {
    const aws::Credentials reader = keys().of_function("reader");
    EXPECT_EQ(keys().of_function("reader").secret_key, reader.secret_key);
    EXPECT_NE(keys().of_function("writer").access_key, reader.access_key);
    EXPECT_NE(keys().of_function("writer").secret_key, reader.secret_key);

    aws::Credentials rotated = root();
    rotated.secret_key = "another secret";
    EXPECT_NE(Keys(rotated, {}).of_function("reader").secret_key, reader.secret_key);
    EXPECT_NE(Keys(rotated, {}).of_function("reader").access_key, reader.access_key);
}

TEST(Keys, HaveTheShapeOfAmazons) {
    const aws::Credentials reader = keys().of_function("reader");
    EXPECT_EQ(reader.access_key.size(), 20U);
    EXPECT_EQ(reader.access_key.substr(0, 2), "IM");
    EXPECT_EQ(reader.access_key.find_first_not_of("0123456789ABCDEFIM"), std::string::npos);
    EXPECT_EQ(reader.secret_key.size(), 40U);
}

TEST(RootKey, IsMadeAtTheFirstStartAndKept) {
    const TempDir dir;
    const std::string data = dir.path() + "/data";
    const auto made = load_root_key(data);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(made->access_key.size(), 20U);
    EXPECT_EQ(made->secret_key.size(), 40U);
    EXPECT_EQ(mode_of(data + "/credentials"), 0600U);

    const auto again = load_root_key(data);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->access_key, made->access_key);
    EXPECT_EQ(again->secret_key, made->secret_key);
    EXPECT_EQ(std::distance(fs::directory_iterator(data), fs::directory_iterator()), 1);
}

TEST(RootKey, MayBeGivenByTheUser) {
    const TempDir dir;
    std::ofstream(dir.path() + "/credentials")
        << "[default]\naws_access_key_id = MINE\naws_secret_access_key = secret\n";
    const auto loaded = load_root_key(dir.path());
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->access_key, "MINE");
    EXPECT_EQ(loaded->secret_key, "secret");
}

TEST(RootKey, IsClosedToOthersAgain) {
    const TempDir dir;
    ASSERT_TRUE(load_root_key(dir.path()));
    const std::string path = dir.path() + "/credentials";
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
    ASSERT_TRUE(load_root_key(dir.path()));
    EXPECT_EQ(mode_of(path), 0600U);
}

TEST(RootKey, IsNotReplacedWhereItCannotBeRead) {
    const TempDir dir;
    const std::string path = dir.path() + "/credentials";
    std::ofstream(path) << "not an ini file";
    const auto loaded = load_root_key(dir.path());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::corrupt);
    EXPECT_NE(loaded.error().message.find(path), std::string::npos);
    std::string text;
    std::getline(std::ifstream(path), text);
    EXPECT_EQ(text, "not an ini file");
}

TEST(RootKey, SaysWhichFileIsInTheWay) {
    const TempDir dir;
    fs::create_directory(dir.path() + "/credentials");
    const auto loaded = load_root_key(dir.path());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::unavailable);

    std::ofstream(dir.path() + "/file") << "x";
    const auto under_a_file = load_root_key(dir.path() + "/file");
    ASSERT_FALSE(under_a_file);
    EXPECT_EQ(under_a_file.error().code, Code::unavailable);
    EXPECT_NE(under_a_file.error().message.find("/file"), std::string::npos);
}

TEST(RootKey, IsOneForAllWhoStartAtOnce) {
    const TempDir dir;
    std::vector<std::string> found(8);
    {
        std::vector<std::jthread> threads;
        for (std::string& key : found) {
            threads.emplace_back([&] {
                const auto loaded = load_root_key(dir.path());
                if (loaded) key = loaded->secret_key;
            });
        }
    }
    EXPECT_EQ(std::set<std::string>(found.begin(), found.end()).size(), 1U);
    EXPECT_EQ(found.front().size(), 40U);
}

}  // namespace
}  // namespace imagemill::local
