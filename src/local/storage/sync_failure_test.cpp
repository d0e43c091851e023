// A disk that fails in fsync: then nobody knows what is on it, and the kernel says it only once.
// SQLite's own file layer is wrapped, so that the log's sync fails when a test wants it to.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

class FailingSync final {
  public:
    FailingSync() {
        sqlite3_vfs* base = sqlite3_vfs_find(nullptr);
        base_open() = base->xOpen;
        layer_ = *base;
        layer_.zName = "failing-sync";
        layer_.xOpen = &open;
        sqlite3_vfs_register(&layer_, 1);
    }
    ~FailingSync() { sqlite3_vfs_unregister(&layer_); }
    FailingSync(const FailingSync&) = delete;
    FailingSync& operator=(const FailingSync&) = delete;

    void set(bool fails) { is_failing() = fails; }

  private:
    using Open = int (*)(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);

    // SQLite's callbacks carry no context of ours.
    static Open& base_open() {
        static Open open = nullptr;
        return open;
    }
    static std::atomic<bool>& is_failing() {
        static std::atomic<bool> fails = false;
        return fails;
    }
    static const sqlite3_io_methods*& base_methods() {
        static const sqlite3_io_methods* methods = nullptr;
        return methods;
    }

    static int open(sqlite3_vfs* layer, const char* name, sqlite3_file* file, int flags,
                    int* flags_out) {
        const int code = base_open()(layer, name, file, flags, flags_out);
        if (code != SQLITE_OK || (flags & SQLITE_OPEN_WAL) == 0) return code;
        base_methods() = file->pMethods;
        static sqlite3_io_methods methods;
        methods = *file->pMethods;
        methods.xSync = &sync;
        file->pMethods = &methods;
        return code;
    }
    static int sync(sqlite3_file* file, int flags) {
        return is_failing() ? SQLITE_IOERR_FSYNC : base_methods()->xSync(file, flags);
    }

    sqlite3_vfs layer_ = {};
};

class SyncFailureTest : public testing::Test {
  protected:
    std::string put_on_failing_disk(const std::string& key, std::string_view body) {
        disk_.set(true);
        std::string said = store_.put(key, body);
        disk_.set(false);
        return said;
    }

    FailingSync disk_;  // Before the store, which opens its files through it.
    TestStore store_{
        {{.bucket = "photos", .event_prefix = "ObjectCreated:", .function = "processor"}}};
};

TEST_F(SyncFailureTest, IsNotAcknowledgedAndTheFormerVersionStays) {
    store_.put("a", "one");

    const std::string said = put_on_failing_disk("a", "two");

    EXPECT_NE(said.find("unavailable: The disk reports an error"), std::string::npos) << said;
    EXPECT_EQ(store_.get("a"), "one");
    EXPECT_EQ(store_.events().counts("processor")->waiting, 1);
}

TEST_F(SyncFailureTest, KeepsBothFilesUntilTheNextStartKnows) {
    store_.put("a", "one");
    put_on_failing_disk("a", "two");
    EXPECT_EQ(files_below(store_.dir() + "/tmp").size(), 1U);
    EXPECT_EQ(files_below(store_.dir() + "/objects").size(), 1U);

    store_.reopen();

    EXPECT_EQ(store_.get("a"), "one");
    EXPECT_TRUE(files_below(store_.dir() + "/tmp").empty());
    EXPECT_TRUE(store_.findings().empty());
}

TEST_F(SyncFailureTest, PassesOnceTheDiskIsWell) {
    store_.put("a", "one");
    put_on_failing_disk("a", "two");

    EXPECT_EQ(store_.put("b", "three"), md5_hex("three"));

    // The log was written into the catalog and begun anew: nothing of the failed commit is in it.
    store_.reopen();
    EXPECT_EQ(store_.get("a"), "one");
    EXPECT_EQ(store_.get("b"), "three");
    EXPECT_EQ(store_.events().counts("processor")->waiting, 2);
    EXPECT_TRUE(store_.findings().empty());
}

}  // namespace
}  // namespace imagemill::local
