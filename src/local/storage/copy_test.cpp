#include <gtest/gtest.h>

#include "local/storage/files.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

const Origin kCopied = {.event_name = "ObjectCreated:Copy",
                        .source_ip = "127.0.0.1",
                        .principal = "AKIATEST",
                        .request_id = "R3"};

class Copy : public ::testing::Test {
  protected:
    std::string copy(const std::string& source, const std::string& target) {
        const auto opened = store_->open("photos", source);
        if (!opened) return TestStore::said(opened.error());
        auto upload = store_->copy(*opened);
        if (!upload) return TestStore::said(upload.error());
        const auto stored = (*upload)->commit("photos", target, {}, {}, kCopied);
        return stored ? stored->etag : TestStore::said(stored.error());
    }
    std::size_t object_files() { return files_below(store_.dir() + "/objects").size(); }

    TestStore store_{{{"photos", "ObjectCreated:", "processor"}}};
};

TEST_F(Copy, ReadsAsTheSourceAndOutlivesIt) {
    store_.put("cat.jpg", "meow");
    EXPECT_EQ(copy("cat.jpg", "copy.jpg"), md5_hex("meow"));

    store_.remove("cat.jpg");
    store_.reopen();

    EXPECT_EQ(store_.get("copy.jpg"), "meow");
    EXPECT_EQ(object_files(), 1U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>{});
}

TEST_F(Copy, KeepsWhatItCopiedWhenTheSourceIsOverwritten) {
    store_.put("cat.jpg", "meow");
    const auto opened = store_->open("photos", "cat.jpg");
    ASSERT_TRUE(opened);
    store_.put("cat.jpg", "purr");  // The file that is open has no name now.

    auto upload = store_->copy(*opened);
    ASSERT_TRUE(upload) << upload.error().message;
    EXPECT_TRUE((*upload)->commit("photos", "copy.jpg", {}, {}, kCopied));

    EXPECT_EQ(store_.get("copy.jpg"), "meow");
    EXPECT_EQ(store_.get("cat.jpg"), "purr");
}

TEST_F(Copy, OntoItselfLeavesOneFile) {
    store_.put("cat.jpg", "meow");
    EXPECT_EQ(copy("cat.jpg", "cat.jpg"), md5_hex("meow"));
    EXPECT_EQ(store_.get("cat.jpg"), "meow");
    EXPECT_EQ(object_files(), 1U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>{});
}

TEST_F(Copy, SharesTheBytesOfItsSource) {
    store_.put("cat.jpg", "meow");
    copy("cat.jpg", "copy.jpg");
    struct stat status = {};
    const auto opened = store_->open("photos", "copy.jpg");
    ASSERT_TRUE(opened);
    ASSERT_EQ(::fstat(opened->file.get(), &status), 0);
    EXPECT_EQ(status.st_nlink, 2U);
}

TEST_F(Copy, OfAnEtagThatIsNoMd5HasOne) {
    store_.put("cat.jpg", "meow");
    auto opened = store_->open("photos", "cat.jpg");
    ASSERT_TRUE(opened);
    opened->object.etag = md5_hex("of parts") + "-2";

    auto upload = store_->copy(*opened);
    ASSERT_TRUE(upload);
    const auto stored = (*upload)->commit("photos", "copy.jpg", {}, {}, kCopied);

    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->etag, md5_hex("meow"));
    EXPECT_EQ(store_.get("copy.jpg"), "meow");
}

TEST_F(Copy, DroppedLeavesTheSourceAndNothingElse) {
    store_.put("cat.jpg", "meow");
    {
        const auto opened = store_->open("photos", "cat.jpg");
        ASSERT_TRUE(opened);
        EXPECT_TRUE(store_->copy(*opened));
    }
    EXPECT_EQ(store_.get("cat.jpg"), "meow");
    EXPECT_TRUE(files_below(store_.dir() + "/tmp").empty());
}

TEST_F(Copy, TellsItsOwnEvent) {
    store_.put("cat.jpg", "meow");
    copy("cat.jpg", "copy.jpg");
    ASSERT_TRUE(*store_.events().take("processor"));
    const auto event = *store_.events().take("processor");
    ASSERT_TRUE(event);
    EXPECT_NE(event->payload.find("ObjectCreated:Copy"), std::string::npos);
    EXPECT_NE(event->payload.find("copy.jpg"), std::string::npos);
}

TEST(LinkFile, SaysNoWhereAFileHasNoNameAnyMore) {
    const TestDirectory directory;
    auto file = create_file(directory.path("a"));
    ASSERT_TRUE(file);
    EXPECT_TRUE(*link_file(*file, directory.path("b")));
    ASSERT_TRUE(remove_file(directory.path("a")));
    ASSERT_TRUE(remove_file(directory.path("b")));
    EXPECT_FALSE(*link_file(*file, directory.path("c")));
}

}  // namespace
}  // namespace imagemill::local
