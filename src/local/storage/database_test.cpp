#include "local/storage/database.h"

#include <gtest/gtest.h>

#include <fstream>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

Database open_or_die(const std::string& path) {
    auto opened = Database::open(path, Database::Mode::read_write);
    CHECK(opened.has_value());
    return *std::move(opened);
}

std::int64_t count_rows(Database& database) {
    auto select = database.prepare("SELECT count(*) FROM texts");
    CHECK(select.has_value());
    CHECK(*select->step());
    return select->integer(0);
}

void insert(Database& database, std::string_view text) {
    auto statement = database.prepare("INSERT INTO texts (text) VALUES (?)");
    ASSERT_TRUE(statement);
    ASSERT_TRUE(statement->bind(1, text).run());
}

class DatabaseTest : public testing::Test {
  protected:
    void SetUp() override { ASSERT_TRUE(database_.execute("CREATE TABLE texts (text NOT NULL)")); }

    TestDirectory directory_;
    std::string path_ = directory_.path("test.sqlite");
    Database database_ = open_or_die(path_);
};

TEST_F(DatabaseTest, KeepsEveryByteOfAText) {
    const std::vector<std::string> texts = {"", std::string("a\0b", 3), "ü/🦊", "\xFF"};

    for (const std::string& text : texts) insert(database_, text);
    insert(database_, std::string_view());  // Empty, not NULL.

    auto select = database_.prepare("SELECT text FROM texts ORDER BY rowid");
    ASSERT_TRUE(select);
    for (const std::string& text : texts) {
        ASSERT_TRUE(*select->step());
        EXPECT_EQ(select->text(0), text);
    }
    ASSERT_TRUE(*select->step());
    EXPECT_EQ(select->text(0), "");
    EXPECT_FALSE(*select->step());
}

TEST_F(DatabaseTest, RollsBackWhatIsNotCommitted) {
    {
        auto transaction = Transaction::begin(database_, Sync::full);
        ASSERT_TRUE(transaction);
        insert(database_, "lost");
        EXPECT_TRUE(database_.in_transaction());
    }
    EXPECT_FALSE(database_.in_transaction());
    EXPECT_EQ(count_rows(database_), 0);

    {
        auto transaction = Transaction::begin(database_, Sync::normal);
        ASSERT_TRUE(transaction);
        insert(database_, "kept");
        ASSERT_TRUE(transaction->commit());
    }
    EXPECT_EQ(count_rows(database_), 1);
}

TEST_F(DatabaseTest, AStatementIsRewoundWhenGivenBack) {
    insert(database_, "one");
    insert(database_, "two");
    for (int i = 0; i < 3; ++i) {
        auto select = database_.prepare("SELECT text FROM texts ORDER BY rowid");
        ASSERT_TRUE(select);
        ASSERT_TRUE(*select->step());
        EXPECT_EQ(select->text(0), "one");
    }
}

TEST_F(DatabaseTest, AReaderSeesACommitButNoOpenTransaction) {
    auto reader = Database::open(path_, Database::Mode::read_only);
    ASSERT_TRUE(reader);
    auto transaction = Transaction::begin(database_, Sync::full);
    ASSERT_TRUE(transaction);
    insert(database_, "x");

    EXPECT_EQ(count_rows(*reader), 0);
    ASSERT_TRUE(transaction->commit());
    EXPECT_EQ(count_rows(*reader), 1);
    EXPECT_FALSE(reader->execute("DELETE FROM texts"));
}

TEST_F(DatabaseTest, SqlThatIsNoneIsABug) {
    const auto statement = database_.prepare("SELEKT 1");
    ASSERT_FALSE(statement);
    EXPECT_EQ(statement.error().code, Code::internal);
    EXPECT_NE(statement.error().message.find("SELEKT"), std::string::npos);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsNamed) {
    const std::string path = directory_.path("other.sqlite");
    std::ofstream(path) << std::string(5000, 'x');

    const auto opened = Database::open(path, Database::Mode::read_write);

    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::unavailable);
    EXPECT_NE(opened.error().message.find(path + " is damaged"), std::string::npos)
        << opened.error().message;
}

TEST_F(DatabaseTest, AMissingFolderIsTheDisksReason) {
    const auto opened =
        Database::open(directory_.path("none/test.sqlite"), Database::Mode::read_write);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::unavailable);
}

TEST_F(DatabaseTest, AFullDiskEndsTheTransactionAndNothingElse) {
    {
        const LowerLimit limit(RLIMIT_FSIZE, 64 * 1024);
        auto transaction = Transaction::begin(database_, Sync::full);
        ASSERT_TRUE(transaction);
        insert(database_, std::string(200 * 1024, 'x'));
        const auto committed = transaction->commit();
        ASSERT_FALSE(committed);
        EXPECT_EQ(committed.error().code, Code::unavailable);
        EXPECT_FALSE(database_.sync_failed());
    }
    EXPECT_FALSE(database_.in_transaction());
    EXPECT_EQ(count_rows(database_), 0);
    insert(database_, std::string(200 * 1024, 'x'));
    EXPECT_EQ(count_rows(database_), 1);
}

}  // namespace
}  // namespace imagemill::local
