#include "local/storage/listing.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <set>

#include "local/storage/catalog.h"
#include "local/storage/object_table.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

class ListingTest : public testing::Test {
  protected:
    void SetUp() override {
        auto opened = Catalog::open(directory_.path("catalog.sqlite"));
        ASSERT_TRUE(opened) << opened.error().message;
        catalog_ = *std::move(opened);
    }

    void add(const std::vector<std::string>& keys, const std::string& bucket = "photos") {
        ASSERT_TRUE(catalog_->write(Sync::normal, [&](Database& database) -> Result<void> {
            for (const std::string& key : keys) {
                ObjectRow row;
                row.object.bucket = bucket;
                row.object.key = key;
                row.object.etag = "e-" + key;
                row.object.size_bytes = std::ssize(key);
                TRY(put_object(database, row));
                keys_.insert(key);
            }
            return {};
        }));
    }

    ListAnswer list(const ListQuery& query) {
        auto answer = catalog_->read(
            [&](Database& database) { return list_objects(database, "photos", query); });
        EXPECT_TRUE(answer);
        return *std::move(answer);
    }

    // Entries and common prefixes of all pages, in the order in which they came; checks the pages.
    std::vector<std::string> all(ListQuery query) {
        std::vector<std::string> names;
        for (;;) {
            const ListAnswer page = list(query);
            std::vector<std::string> merged = page.common_prefixes;
            for (const store::ListEntry& entry : page.entries) merged.push_back(entry.key);
            std::ranges::sort(merged);
            EXPECT_LE(std::ssize(merged), query.count_max);
            names.insert(names.end(), merged.begin(), merged.end());
            if (page.next_after.empty()) return names;
            EXPECT_EQ(std::ssize(merged), query.count_max);
            EXPECT_EQ(page.next_after, merged.back());
            query.after = page.next_after;
        }
    }

    // The definition, by the letter.
    std::vector<std::string> model(const ListQuery& query) const {
        std::set<std::string> names;
        for (const std::string& key : keys_) {
            if (!key.starts_with(query.prefix)) continue;
            const std::size_t at = query.delimiter.empty()
                                       ? std::string::npos
                                       : key.find(query.delimiter, query.prefix.size());
            const std::string name =
                at == std::string::npos ? key : key.substr(0, at + query.delimiter.size());
            if (name > query.after) names.insert(name);
        }
        return {names.begin(), names.end()};
    }

    TestDirectory directory_;
    std::unique_ptr<Catalog> catalog_;
    std::set<std::string> keys_;
};

TEST_F(ListingTest, GivesWhatIsKnownOfEachObjectInByteOrder) {
    add({"b", "a", "Z", "ü", "🦊", std::string("a\0", 2), "a b"});
    add({"elsewhere"}, "other");

    const ListAnswer answer = list({});

    std::vector<std::string> keys;
    for (const store::ListEntry& entry : answer.entries) keys.push_back(entry.key);
    const std::vector<std::string> expected = {"Z", "a",   std::string("a\0", 2), "a b", "b",
                                               "ü", "🦊"};
    EXPECT_EQ(keys, expected);
    EXPECT_EQ(answer.entries[1].etag, "e-a");
    EXPECT_EQ(answer.entries[1].size_bytes, 1);
    EXPECT_EQ(answer.next_after, "");
}

TEST_F(ListingTest, FoldsWhatLiesBehindADelimiter) {
    add({"a.jpg", "trips/x.jpg", "trips/rome/1.jpg", "trips/rome/2.jpg", "trips/oslo/1.jpg"});

    const ListAnswer answer = list({.prefix = "trips/", .delimiter = "/", .after = ""});

    ASSERT_EQ(answer.entries.size(), 1U);
    EXPECT_EQ(answer.entries[0].key, "trips/x.jpg");
    const std::vector<std::string> expected = {"trips/oslo/", "trips/rome/"};
    EXPECT_EQ(answer.common_prefixes, expected);
}

TEST_F(ListingTest, AfterInsideACommonPrefixIsPastIt) {
    add({"a/1", "a/2", "b"});
    const ListAnswer answer = list({.prefix = "", .delimiter = "/", .after = "a/1"});
    EXPECT_TRUE(answer.common_prefixes.empty());
    ASSERT_EQ(answer.entries.size(), 1U);
    EXPECT_EQ(answer.entries[0].key, "b");
}

TEST_F(ListingTest, PagesAreFullAndTheLastHasNoNext) {
    add({"a", "b", "c"});
    EXPECT_EQ(list({.prefix = "", .delimiter = "", .after = "", .count_max = 2}).next_after, "b");
    EXPECT_EQ(list({.prefix = "", .delimiter = "", .after = "", .count_max = 3}).next_after, "");
    EXPECT_EQ(list({.prefix = "", .delimiter = "", .after = "b", .count_max = 1}).next_after, "");
    const ListAnswer none = list({.prefix = "", .delimiter = "", .after = "", .count_max = 0});
    EXPECT_TRUE(none.entries.empty());
    EXPECT_EQ(none.next_after, "");
}

TEST_F(ListingTest, NothingMatchesNothing) {
    EXPECT_TRUE(list({}).entries.empty());
    add({"a"});
    EXPECT_TRUE(list({.prefix = "b", .delimiter = "", .after = ""}).entries.empty());
    EXPECT_TRUE(list({.prefix = "", .delimiter = "", .after = "z"}).entries.empty());
}

TEST_F(ListingTest, AgreesWithTheDefinitionOnRandomKeys) {
    std::mt19937 random(7);
    const auto make_text = [&](std::size_t size_max) {
        // The last is the greatest byte that UTF-8 has.
        const std::vector<std::string> letters = {
            "a", "b", "/", "//", "-", "ü", "\xF4\x8F\xBF\xBF"};
        std::string text;
        const std::size_t size = random() % (size_max + 1);
        for (std::size_t i = 0; i < size; ++i) text += letters[random() % letters.size()];
        return text;
    };
    std::vector<std::string> keys;
    for (int i = 0; i < 400; ++i) keys.push_back("k" + make_text(6));
    for (int i = 0; i < 100; ++i) keys.push_back("\xF4\x8F\xBF\xBF" + make_text(3));
    add(keys);

    for (int i = 0; i < 400; ++i) {
        const std::vector<std::string> delimiters = {"", "/", "//", "ü", "-a"};
        const ListQuery query = {.prefix = random() % 4 == 0 ? make_text(1) : "k" + make_text(2),
                                 .delimiter = delimiters[random() % delimiters.size()],
                                 .after = random() % 2 == 0 ? "" : "k" + make_text(3),
                                 .count_max = static_cast<int>(1 + random() % 12)};
        EXPECT_EQ(all(query), model(query)) << "prefix " << query.prefix << " delimiter "
                                            << query.delimiter << " after " << query.after;
    }
}

// What SQLite's machine did for statements of connections that were opened while it lives.
class CountedSteps final {
  public:
    CountedSteps() { sqlite3_auto_extension(entry()); }
    ~CountedSteps() { sqlite3_cancel_auto_extension(entry()); }
    CountedSteps(const CountedSteps&) = delete;
    CountedSteps& operator=(const CountedSteps&) = delete;

    std::int64_t take() { return count().exchange(0); }

  private:
    static void (*entry())() { return reinterpret_cast<void (*)()>(&watch); }
    static int watch(sqlite3* connection, char**, const void*) {
        return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, &add, nullptr);
    }
    static int add(unsigned, void*, void* statement, void*) {
        auto* const done = static_cast<sqlite3_stmt*>(statement);
        count() += sqlite3_stmt_status(done, SQLITE_STMTSTATUS_VM_STEP, 1);
        return 0;
    }
    // SQLite's callbacks carry no context of ours.
    static std::atomic<std::int64_t>& count() {
        static std::atomic<std::int64_t> steps = 0;
        return steps;
    }
};

// Half the objects lie in one folder, the others in folders of a hundred. IMAGEMILL_LONG=1 makes a
// million of them and says what a page takes.
class LongListingTest : public ListingTest {
  protected:
    void SetUp() override {
        ListingTest::SetUp();
        for (int start = 0; start < half_; start += kBatch) {
            std::vector<std::string> keys;
            for (int i = start; i < start + kBatch; ++i) {
                keys.push_back("big/" + digits(i));
                keys.push_back("many/" + digits(i / 100) + "/" + digits(i));
            }
            add(keys);
        }
        keys_.clear();
        steps_.take();
    }

    static std::string digits(int number) { return std::to_string(10'000'000 + number); }

    std::int64_t steps_of(const ListQuery& query, int expected_count) {
        const auto start = std::chrono::steady_clock::now();
        const ListAnswer page = list(query);
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        EXPECT_EQ(std::ssize(page.entries) + std::ssize(page.common_prefixes), expected_count);
        const std::int64_t steps = steps_.take();
        if (is_long_) {
            std::printf("prefix %s delimiter %s after %s: %.2f ms, %lld steps\n",
                        query.prefix.c_str(), query.delimiter.c_str(), query.after.c_str(),
                        took.count(), static_cast<long long>(steps));
        }
        return steps;
    }

    const bool is_long_ = std::getenv("IMAGEMILL_LONG") != nullptr;
    const int half_ = is_long_ ? 500'000 : 3'000;
    static constexpr int kBatch = 1'000;
    CountedSteps steps_;  // From before the catalog is opened.
};

TEST_F(LongListingTest, EveryPageCostsTheSame) {
    const auto page_after = [&](const std::string& after) {
        return steps_of({.prefix = "big/", .delimiter = "", .after = after}, 1000);
    };

    const std::int64_t first = page_after("");
    const std::int64_t middle = page_after("big/" + digits(half_ / 2));
    const std::int64_t last = page_after("big/" + digits(half_ - 1001));

    EXPECT_GT(first, 1000);
    EXPECT_LE(middle, first + 100);
    EXPECT_LE(last, first + 100);
}

TEST_F(LongListingTest, AFolderIsOneSeekHoweverMuchLiesInIt) {
    const auto folders = [&](const std::string& prefix, const std::string& after, int count) {
        return steps_of({.prefix = prefix, .delimiter = "/", .after = after, .count_max = count},
                        count);
    };

    const std::int64_t two = folders("", "", 2);
    const std::int64_t first = folders("many/", "", 10);
    const std::int64_t middle = folders("many/", "many/" + digits(half_ / 200 - 1) + "/", 10);

    EXPECT_GT(two, 2);
    EXPECT_LE(two, 200);
    EXPECT_LE(first, 10 * 50);
    EXPECT_LE(middle, first + 100);
}

TEST(Listing, ThePrefixEndsWhereItsLastByteIsOneMore) {
    EXPECT_EQ(end_of_prefix("a/"), "a0");
    EXPECT_EQ(end_of_prefix("a\xFF\xFF"), "b");
    EXPECT_EQ(end_of_prefix("\xFF"), std::nullopt);
    EXPECT_EQ(end_of_prefix(""), std::nullopt);
}

}  // namespace
}  // namespace imagemill::local
