#include "local/storage/check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "local/storage/repair.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

namespace fs = std::filesystem;

// The file of the only object.
std::string only_file(const TestStore& store) {
    const std::vector<std::string> paths = files_below(store.dir() + "/objects");
    EXPECT_EQ(paths.size(), 1U);
    return paths.front();
}

std::string only_finding(TestStore& store) {
    const std::vector<std::string> findings = store.findings();
    EXPECT_EQ(findings.size(), 1U);
    return findings.empty() ? "" : findings.front();
}

TEST(Check, FindsNothingWhereAllIsWell) {
    TestStore store;
    EXPECT_TRUE(store.findings().empty());
    for (int i = 0; i < 20; ++i) store.put(std::to_string(i), std::string(50'000, 'x'));
    store.put("0", "other");
    store.remove("1");
    EXPECT_TRUE(store.findings().empty());
    store.reopen();
    EXPECT_TRUE(store.findings().empty());
}

TEST(Check, TellsHowFarItIsInBytes) {
    TestStore store;
    store.put("a", "123");
    store.put("b", "4567");
    std::vector<std::pair<std::int64_t, std::int64_t>> steps;
    ASSERT_TRUE(store->check(
        [&](std::int64_t done, std::int64_t total) { steps.emplace_back(done, total); }));
    const std::vector<std::pair<std::int64_t, std::int64_t>> expected = {{3, 7}, {7, 7}};
    EXPECT_EQ(steps, expected);
}

TEST(Check, FindsAMissingFile) {
    TestStore store;
    store.put("a", "one");
    const std::string path = only_file(store);
    fs::remove(path);
    EXPECT_EQ(only_finding(store), "photos/a: its file " + path + " is missing.");
}

TEST(Check, FindsACutFile) {
    TestStore store;
    store.put("a", "one");
    fs::resize_file(only_file(store), 2);
    EXPECT_NE(only_finding(store).find("has 2 bytes instead of 3"), std::string::npos);
}

TEST(Check, FindsAByteThatChanged) {
    TestStore store;
    store.put("a", "one");
    std::ofstream(only_file(store)) << "onE";
    EXPECT_NE(only_finding(store).find("MD5 " + md5_hex("onE") + " instead of " + md5_hex("one")),
              std::string::npos);
}

TEST(Check, FindsFilesThatBelongToNothing) {
    TestStore store;
    store.put("a", "one");
    const std::string stray = store.dir() + "/objects/ab/ab" + std::string(30, '0');
    fs::create_directories(store.dir() + "/objects/ab");
    std::ofstream(stray) << "x";
    EXPECT_EQ(only_finding(store), "No object has the file " + stray + ".");
    fs::remove(stray);
    std::ofstream(store.dir() + "/objects/ab/notes.txt") << "x";
    EXPECT_EQ(only_finding(store), "The file notes.txt does not belong in objects/ab.");
    fs::remove(store.dir() + "/objects/ab/notes.txt");
    std::ofstream(store.dir() + "/objects/notes.txt") << "x";
    EXPECT_EQ(store.findings().size(), 1U);
}

TEST(Check, RepairSetsStraysAsideAndLeavesTheRest) {
    TestStore store;
    store.put("a", "one");
    store.put("b", "two");
    const std::string stray = "ab" + std::string(30, '0');
    fs::create_directories(store.dir() + "/objects/ab");
    std::ofstream(store.dir() + "/objects/ab/" + stray) << "nobody's";
    std::ofstream(store.dir() + "/objects/ab/notes.txt") << "x";
    std::ofstream(store.dir() + "/objects/notes.txt") << "x";

    const auto done = set_strays_aside(store.dir());

    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->size(), 2U);
    const std::string aside = store.dir() + "/lost+found/ab-";
    std::ifstream kept(aside + stray);
    EXPECT_EQ(std::string(std::istreambuf_iterator(kept), {}), "nobody's");
    EXPECT_TRUE(fs::exists(aside + "notes.txt"));
    EXPECT_EQ(store.get("a"), "one");
    EXPECT_EQ(store.findings().size(), 1U)
        << "objects/notes.txt, which is in no folder of objects/";
    EXPECT_TRUE(set_strays_aside(store.dir())->empty());
}

TEST(Check, RepairKeepsRowsWhoseFilesAreGoneAndWhatWasSetAsideBefore) {
    TestStore store;
    store.put("a", "one");
    fs::remove(only_file(store));
    EXPECT_TRUE(set_strays_aside(store.dir())->empty());
    EXPECT_EQ(store->head("photos", "a")->size_bytes, 3);

    fs::create_directories(store.dir() + "/lost+found");
    fs::create_directories(store.dir() + "/objects/ab");
    std::ofstream(store.dir() + "/lost+found/ab-x") << "first";
    std::ofstream(store.dir() + "/objects/ab/x") << "second";
    const auto refused = set_strays_aside(store.dir());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("already"), std::string::npos);
    EXPECT_TRUE(fs::exists(store.dir() + "/objects/ab/x"));
}

TEST(Check, FindsDamageInTheCatalog) {
    TestStore store;
    for (int i = 0; i < 400; ++i) {
        ASSERT_TRUE(store.events().add("processor", std::string(500, 'x')));
    }
    store.close();
    const std::string path = store.dir() + "/catalog.sqlite";
    {
        // Somewhere in the events: the store opens without looking there.
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(fs::file_size(path)) - 3 * 4096);
        file << std::string(4096, '\x55');
    }
    store.reopen();
    const std::vector<std::string> findings = store.findings();
    ASSERT_FALSE(findings.empty());
    EXPECT_NE(findings.front().find("is damaged"), std::string::npos) << findings.front();
}

TEST(Check, FindsNothingWrongWhileTheStoreIsUsed) {
    TestStore store;
    std::jthread writer([&](const std::stop_token& stop) {
        for (int i = 0; !stop.stop_requested(); ++i) {
            const std::string key = std::to_string(i % 10);
            store.put(key, std::string(static_cast<std::size_t>(1000 + i), 'x'));
            if (i % 7 == 0) store.remove(key);
        }
    });
    for (int i = 0; i < 30; ++i) {
        for (const std::string& finding : store.findings()) ADD_FAILURE() << finding;
    }
}

TEST(Check, CountsWhatIsBeyondAThousandFindings) {
    TestStore store;
    fs::create_directories(store.dir() + "/objects/ab");
    for (int i = 0; i < 1005; ++i) {
        std::ofstream(store.dir() + "/objects/ab/" + std::to_string(i)) << "x";
    }
    const std::vector<std::string> findings = store.findings();
    ASSERT_EQ(findings.size(), 1001U);
    EXPECT_EQ(findings.back(), "And 5 more findings.");
}

}  // namespace
}  // namespace imagemill::local
