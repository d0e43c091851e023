#include "local/storage/catalog.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

Result<void> insert_bucket(Database& database, const std::string& name) {
    Statement insert = TRY(database.prepare("INSERT INTO buckets VALUES (?, 0)"));
    return insert.bind(1, name).run();
}

Result<std::int64_t> count_buckets(Database& database) {
    Statement count = TRY(database.prepare("SELECT count(*) FROM buckets"));
    TRY(count.step());
    return count.integer(0);
}

class CatalogTest : public testing::Test {
  protected:
    void SetUp() override {
        auto opened = Catalog::open(path_);
        ASSERT_TRUE(opened) << opened.error().message;
        catalog_ = *std::move(opened);
    }

    Result<void> add(const std::string& name) {
        return catalog_->write(Sync::full,
                               [&](Database& database) { return insert_bucket(database, name); });
    }

    TestDirectory directory_;
    std::string path_ = directory_.path("catalog.sqlite");
    std::unique_ptr<Catalog> catalog_;
};

TEST_F(CatalogTest, AReadSeesTheWriteBeforeIt) {
    for (int i = 1; i <= 20; ++i) {
        ASSERT_TRUE(add(std::to_string(i)));
        EXPECT_EQ(*catalog_->read(count_buckets), i);
    }
}

TEST_F(CatalogTest, AReadDoesNotWaitForAWriteInProgress) {
    ASSERT_TRUE(catalog_->write(Sync::full, [&](Database& database) -> Result<void> {
        const Result<void> inserted = insert_bucket(database, "a");
        EXPECT_EQ(*catalog_->read(count_buckets), 0);
        return inserted;
    }));
    EXPECT_EQ(*catalog_->read(count_buckets), 1);
}

TEST_F(CatalogTest, AChangeThatFailsLeavesNothing) {
    const auto answer = catalog_->write(Sync::full, [&](Database& database) -> Result<void> {
        EXPECT_TRUE(insert_bucket(database, "a"));
        return Error{Code::precondition_failed, "No."};
    });
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Code::precondition_failed);
    EXPECT_EQ(*catalog_->read(count_buckets), 0);
}

TEST_F(CatalogTest, ChangesOfManyThreadsEachHappenOnceOrNotAtAll) {
    constexpr int kThreads = 8;
    constexpr int kChanges = 40;
    std::atomic<int> done = 0;
    {
        std::vector<std::jthread> threads;
        for (int thread = 0; thread < kThreads; ++thread) {
            threads.emplace_back([&, thread] {
                for (int i = 0; i < kChanges; ++i) {
                    const std::string name = std::to_string(thread) + "-" + std::to_string(i);
                    const bool fails = i % 3 == 0;
                    const auto answer = catalog_->write(i % 2 == 0 ? Sync::full : Sync::normal,
                                                        [&](Database& database) -> Result<void> {
                                                            TRY(insert_bucket(database, name));
                                                            if (!fails) return {};
                                                            return Error{Code::conflict, name};
                                                        });
                    EXPECT_EQ(answer.has_value(), !fails);
                    if (answer) {
                        ++done;
                    } else {
                        EXPECT_EQ(answer.error().message, name);
                    }
                }
            });
        }
    }
    EXPECT_EQ(*catalog_->read(count_buckets), done);
}

TEST_F(CatalogTest, WorksAgainOnceTheDiskHasRoom) {
    ASSERT_TRUE(add("before"));
    {
        const LowerLimit limit(RLIMIT_FSIZE, std::filesystem::file_size(path_ + "-wal"));
        const auto answer = add("full");
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, Code::unavailable);
        EXPECT_EQ(*catalog_->read(count_buckets), 1);
    }
    EXPECT_TRUE(add("after"));
    EXPECT_EQ(*catalog_->read(count_buckets), 2);
}

TEST_F(CatalogTest, RefusesANewerVersionAndLeavesItAsItIs) {
    catalog_.reset();
    {
        auto database = Database::open(path_, Database::Mode::read_write);
        ASSERT_TRUE(database);
        ASSERT_TRUE(database->execute("PRAGMA user_version = 7"));
    }

    const auto opened = Catalog::open(path_);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::unsupported);
    EXPECT_NE(opened.error().message.find("of version 7"), std::string::npos);
    EXPECT_NE(opened.error().message.find("knows versions up to"), std::string::npos);
    auto database = Database::open(path_, Database::Mode::read_write);
    EXPECT_EQ(*database->user_version(), 7);
}

TEST_F(CatalogTest, OpeningAgainKeepsWhatIsThere) {
    ASSERT_TRUE(add("a"));
    catalog_.reset();
    SetUp();
    EXPECT_EQ(*catalog_->read(count_buckets), 1);
}

}  // namespace
}  // namespace imagemill::local
