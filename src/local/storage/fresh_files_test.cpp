#include "local/storage/fresh_files.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

class FreshFilesTest : public testing::Test {
  protected:
    std::size_t files_in_tmp() const { return files_below(directory_.path("tmp")).size(); }

    TestDirectory directory_;
    ObjectFiles files_ = *ObjectFiles::open(directory_.path());
    FreshFiles fresh_{files_};
};

TEST_F(FreshFilesTest, OneAtATimeIsMadeWhenItIsWanted) {
    for (int i = 0; i < 3; ++i) {
        const auto fresh = fresh_.take();
        ASSERT_TRUE(fresh);
        EXPECT_FALSE(fresh->is_synced) << "whoever commits it syncs its name";
        EXPECT_EQ(files_in_tmp(), 1U);
        ASSERT_TRUE(files_.remove(fresh->id));
        fresh_.give_back();
        EXPECT_EQ(files_in_tmp(), 0U);
    }
}

TEST_F(FreshFilesTest, SeveralUnderWayAreMadeAheadAndSyncedTogether) {
    const auto first = fresh_.take();
    const auto second = fresh_.take();
    const auto third = fresh_.take();
    EXPECT_FALSE(first->is_synced);
    EXPECT_TRUE(second->is_synced);
    EXPECT_TRUE(third->is_synced) << "made with the second";
    EXPECT_EQ(files_in_tmp(), 3U);
    for (int i = 0; i < 3; ++i) fresh_.give_back();
}

TEST_F(FreshFilesTest, NothingIsLeftWhenTheLastIsOver) {
    std::vector<FreshFile> taken;
    for (int i = 0; i < 5; ++i) taken.push_back(*fresh_.take());
    EXPECT_GE(files_in_tmp(), 5U);
    for (const FreshFile& fresh : taken) {
        ASSERT_TRUE(files_.remove(fresh.id));
        fresh_.give_back();
    }
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(FreshFilesTest, NobodyGetsAFileTwice) {
    std::mutex mutex;
    std::set<std::string> ids;
    {
        std::vector<std::jthread> takers;
        for (int i = 0; i < 8; ++i) {
            takers.emplace_back([&] {
                for (int n = 0; n < 20; ++n) {
                    const auto fresh = fresh_.take();
                    EXPECT_TRUE(fresh);
                    {
                        const std::lock_guard lock(mutex);
                        EXPECT_TRUE(ids.insert(fresh->id).second);
                    }
                    EXPECT_TRUE(files_.remove(fresh->id));
                    fresh_.give_back();
                }
            });
        }
    }
    EXPECT_EQ(ids.size(), 160U);
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(FreshFilesTest, AFullTableOfFilesIsSaidAndPasses) {
    const auto first = fresh_.take();
    {
        const LowerLimit no_more(RLIMIT_NOFILE, 3);
        const auto refused = fresh_.take();
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::unavailable);
    }
    const auto second = fresh_.take();
    ASSERT_TRUE(second);
    EXPECT_TRUE(second->is_synced);
    fresh_.give_back();
    fresh_.give_back();
}

}  // namespace
}  // namespace imagemill::local
