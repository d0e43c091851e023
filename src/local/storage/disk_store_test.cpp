#include "local/storage/disk_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "aws/s3_event.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

namespace fs = std::filesystem;

const Notification kCreated = {
    .bucket = "photos", .event_prefix = "ObjectCreated:", .function = "processor"};
const Notification kRemoved = {
    .bucket = "photos", .event_prefix = "ObjectRemoved:", .function = "processor"};

std::string code_of(const std::string& said) {
    return said.substr(0, said.find(':'));
}

// The one record of the next event of `function`.
store::ObjectEvent next_event(TestStore& store, const std::string& function = "processor") {
    const auto taken = store.events().take(function);
    if (!taken || !*taken) return {};
    const auto records = aws::parse_s3_event((*taken)->payload);
    EXPECT_TRUE(records && records->size() == 1);
    return records ? records->front() : store::ObjectEvent();
}

TEST(DiskStore, GivesBackWhatWasPut) {
    TestStore store;
    Attributes attributes;
    attributes.content_type = "image/jpeg";
    attributes.content_encoding = "gzip";
    attributes.content_language = "de";
    attributes.content_disposition = "inline; filename=\"ü.jpg\"";
    attributes.cache_control = "no-store";
    attributes.expires = "never";
    attributes.metadata = {{"camera", "Ä 100"}, {"empty", ""}};

    auto upload = *store->begin();
    ASSERT_TRUE(upload->write(as_bytes("hello ")));
    ASSERT_TRUE(upload->write(as_bytes("world")));
    EXPECT_EQ(upload->size_bytes(), 11);
    const auto stored = upload->commit("photos", "a/ü 🦊.jpg", attributes, {}, {});
    ASSERT_TRUE(stored);
    store.reopen();
    const auto opened = store->open("photos", "a/ü 🦊.jpg");

    ASSERT_TRUE(opened);
    EXPECT_EQ(read_whole(opened->file), "hello world");
    for (const StoredObject* object : {&*stored, &opened->object}) {
        EXPECT_EQ(object->bucket, "photos");
        EXPECT_EQ(object->key, "a/ü 🦊.jpg");
        EXPECT_EQ(object->etag, md5_hex("hello world"));
        EXPECT_EQ(object->size_bytes, 11);
        EXPECT_EQ(object->modified, store.clock().now());
        EXPECT_EQ(object->attributes.content_type, "image/jpeg");
        EXPECT_EQ(object->attributes.content_encoding, "gzip");
        EXPECT_EQ(object->attributes.content_language, "de");
        EXPECT_EQ(object->attributes.content_disposition, "inline; filename=\"ü.jpg\"");
        EXPECT_EQ(object->attributes.cache_control, "no-store");
        EXPECT_EQ(object->attributes.expires, "never");
        EXPECT_EQ(object->attributes.metadata, attributes.metadata);
    }
}

TEST(DiskStore, AnEmptyObjectIsAnObject) {
    TestStore store;
    EXPECT_EQ(store.put("empty", ""), md5_hex(""));
    EXPECT_EQ(store.get("empty"), "");
    EXPECT_EQ(store->head("photos", "empty")->size_bytes, 0);
}

TEST(DiskStore, SaysWhatIsMissing) {
    TestStore store;
    EXPECT_EQ(code_of(store.get("a")), "no_such_key");
    EXPECT_EQ(store->head("photos", "a").error().code, Code::no_such_key);
    EXPECT_EQ(store->head("other", "a").error().code, Code::no_such_bucket);
    EXPECT_EQ(store->open("other", "a").error().code, Code::no_such_bucket);
    EXPECT_EQ(store->list("other", {}).error().code, Code::no_such_bucket);
    EXPECT_EQ(store->head_bucket("other").error().code, Code::no_such_bucket);
    EXPECT_EQ(store->remove("other", "a", {}, {}).error().code, Code::no_such_bucket);
    auto upload = *store->begin();
    EXPECT_EQ(upload->commit("other", "a", {}, {}, {}).error().code, Code::no_such_bucket);
    upload.reset();
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
}

TEST(DiskStore, MakingABucketTwiceKeepsTheFirst) {
    TestStore store;
    const Time created = store.clock().now();
    store.clock().advance(std::chrono::hours(1));
    EXPECT_TRUE(store->create_bucket("photos"));
    EXPECT_TRUE(store->create_bucket("another"));
    EXPECT_TRUE(store->head_bucket("photos"));
    const auto buckets = store->list_buckets();
    ASSERT_EQ(buckets->size(), 2U);
    EXPECT_EQ(buckets->at(0).name, "another");
    EXPECT_EQ(buckets->at(1).name, "photos");
    EXPECT_EQ(buckets->at(1).created, created);
}

TEST(DiskStore, TakesKeysUpToTheirLimitAndNoFurther) {
    TestStore store;
    EXPECT_EQ(store.put(std::string(1024, 'k'), "x"), md5_hex("x"));
    EXPECT_EQ(store.get(std::string(1024, 'k')), "x");
    const std::string said = store.put(std::string(1025, 'k'), "x");
    EXPECT_EQ(code_of(said), "invalid_argument");
    EXPECT_NE(said.find("1025"), std::string::npos);
    EXPECT_EQ(code_of(store.put("", "x")), "invalid_argument");
    EXPECT_EQ(code_of(store.put("\xFF", "x")), "invalid_argument");
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
}

TEST(DiskStore, RefusesAttributesThatAreNotUtf8) {
    TestStore store;
    Attributes attributes;
    attributes.metadata["name"] = "\xE9";
    auto upload = *store->begin();
    EXPECT_EQ(upload->commit("photos", "a", attributes, {}, {}).error().code,
              Code::invalid_argument);
}

TEST(DiskStore, KeysNeverBecomePaths) {
    TestStore store;
    const std::vector<std::string> keys = {
        "../../etc/passwd",     "/abs",       "a//b", ".", "..", "a/", "a",
        std::string("n\0l", 3), "line\nbreak"};
    for (const std::string& key : keys) EXPECT_EQ(store.put(key, key), md5_hex(key));
    for (const std::string& key : keys) EXPECT_EQ(store.get(key), key);
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), keys.size());
    EXPECT_TRUE(store.findings().empty());
}

TEST(DiskStore, ADroppedUploadLeavesNothing) {
    TestStore store;
    auto upload = *store->begin();
    ASSERT_TRUE(upload->write(as_bytes("half")));
    EXPECT_EQ(files_below(store.dir() + "/tmp").size(), 1U);
    upload.reset();
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_TRUE(store->list("photos", {})->entries.empty());
}

TEST(DiskStore, AnOverwriteReplacesTheFile) {
    TestStore store;
    store.put("a", "one");
    store.put("a", "two");
    EXPECT_EQ(store.get("a"), "two");
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
    EXPECT_TRUE(store.findings().empty());
}

TEST(DiskStore, AReaderKeepsItsVersion) {
    TestStore store;
    store.put("a", "one");
    const auto before = store->open("photos", "a");
    store.put("a", "two");
    const auto between = store->open("photos", "a");
    store.remove("a");
    EXPECT_EQ(read_whole(before->file), "one");
    EXPECT_EQ(read_whole(between->file), "two");
    EXPECT_EQ(code_of(store.get("a")), "no_such_key");
}

TEST(DiskStore, WritesOnlyWhereItsConditionsHold) {
    TestStore store;
    const std::string one = md5_hex("one");
    EXPECT_EQ(code_of(store.put("a", "one", {.if_match = one})), "no_such_key");
    EXPECT_EQ(store.put("a", "one", {.if_match = "", .if_none_match = true}), one);
    EXPECT_EQ(code_of(store.put("a", "two", {.if_match = "", .if_none_match = true})),
              "precondition_failed");
    EXPECT_EQ(code_of(store.put("a", "two", {.if_match = md5_hex("two")})), "precondition_failed");
    EXPECT_EQ(store.get("a"), "one");
    EXPECT_EQ(store.put("a", "two", {.if_match = one}), md5_hex("two"));
    EXPECT_EQ(store.get("a"), "two");
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
}

TEST(DiskStore, RemovesOnlyWhereItsConditionsHold) {
    TestStore store;
    EXPECT_EQ(store.remove("a"), "removed");
    EXPECT_EQ(code_of(store.remove("a", {.if_match = "*"})), "no_such_key");
    store.put("a", "one");
    EXPECT_EQ(code_of(store.remove("a", {.if_match = md5_hex("two")})), "precondition_failed");
    EXPECT_EQ(store.remove("a", {.if_match = md5_hex("one")}), "removed");
    EXPECT_EQ(code_of(store.get("a")), "no_such_key");
    store.put("a", "one");
    EXPECT_EQ(store.remove("a", {.if_match = "*"}), "removed");
    EXPECT_TRUE(files_below(store.dir() + "/objects").empty());
}

TEST(DiskStore, OfManyWhoCreateOneWins) {
    TestStore store;
    std::atomic<int> won = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                const std::string said =
                    store.put("a", std::to_string(i), {.if_match = "", .if_none_match = true});
                if (said == md5_hex(std::to_string(i))) {
                    ++won;
                } else {
                    EXPECT_EQ(code_of(said), "precondition_failed");
                }
            });
        }
    }
    EXPECT_EQ(won, 1);
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
}

TEST(DiskStore, APutQueuesItsEventInS3sWords) {
    TestStore store({kCreated, kRemoved});
    int told = 0;
    store.events().on_added([&] { ++told; });
    store.put("a b+ü.jpg", "one");
    EXPECT_EQ(told, 1);

    const auto taken = store.events().take("processor");

    ASSERT_TRUE(taken && *taken);
    const std::string& payload = (*taken)->payload;
    for (const char* part : {"\"eu-central-1\"", "\"AWS:AKIATEST\"", "\"127.0.0.1\"", "\"R1\""}) {
        EXPECT_NE(payload.find(part), std::string::npos) << part << " in " << payload;
    }
    const auto records = aws::parse_s3_event(payload);
    ASSERT_TRUE(records && records->size() == 1);
    const store::ObjectEvent& event = records->front();
    EXPECT_EQ(event.kind, store::EventKind::created);
    EXPECT_EQ(event.name, "ObjectCreated:Put");
    EXPECT_EQ(event.bucket, "photos");
    EXPECT_EQ(event.key, "a b+ü.jpg");
    EXPECT_EQ(event.etag, md5_hex("one"));
    EXPECT_EQ(event.size_bytes, 3);
    EXPECT_EQ(event.time, store.clock().now());
    EXPECT_EQ(event.sequencer, "0000000000000001");
}

TEST(DiskStore, ARemovalQueuesAnEventOnlyIfThereWasSomething) {
    TestStore store({kRemoved});
    store.remove("a");
    EXPECT_EQ(store.events().counts("processor")->waiting, 0);
    store.put("a", "one");
    EXPECT_EQ(store.events().counts("processor")->waiting, 0);
    store.remove("a");
    const store::ObjectEvent event = next_event(store);
    EXPECT_EQ(event.kind, store::EventKind::removed);
    EXPECT_EQ(event.name, "ObjectRemoved:Delete");
    EXPECT_EQ(event.key, "a");
}

TEST(DiskStore, OnlyMatchingNotificationsHear) {
    Notification other = kCreated;
    other.bucket = "other";
    Notification second = kCreated;
    second.function = "api";
    TestStore store({kCreated, other, second});
    store.put("a", "one");
    EXPECT_EQ(store.events().counts("processor")->waiting, 1);
    EXPECT_EQ(store.events().counts("api")->waiting, 1);
    const std::string sequencer = next_event(store).sequencer;
    EXPECT_EQ(next_event(store, "api").sequencer, sequencer);  // One event, told twice.
}

TEST(DiskStore, AWriteThatFailsQueuesNothing) {
    TestStore store({kCreated});
    store.put("a", "one", {.if_match = "none"});
    EXPECT_EQ(store.events().counts("processor")->waiting, 0);
}

TEST(DiskStore, SequencersOnlyRiseAlsoOverRestarts) {
    TestStore store({kCreated, kRemoved});
    std::string last;
    for (int round = 0; round < 3; ++round) {
        store.put("a", "one");
        store.remove("a");
        for (int i = 0; i < 2; ++i) {
            const auto taken = store.events().take("processor");
            ASSERT_TRUE(taken && *taken);
            const auto records = aws::parse_s3_event((*taken)->payload);
            ASSERT_TRUE(records);
            EXPECT_EQ(records->front().sequencer.size(), 16U);
            EXPECT_GT(records->front().sequencer, last);
            last = records->front().sequencer;
            ASSERT_TRUE(store.events().done((*taken)->id));
        }
        store.reopen();
    }
}

TEST(DiskStore, ListsByPrefixAndDelimiter) {
    TestStore store;
    for (const char* key : {"a/1", "a/2", "b"}) store.put(key, key);
    const auto answer = store->list("photos", {.prefix = "", .delimiter = "/", .after = ""});
    ASSERT_EQ(answer->entries.size(), 1U);
    EXPECT_EQ(answer->entries[0].key, "b");
    EXPECT_EQ(answer->entries[0].etag, md5_hex("b"));
    EXPECT_EQ(answer->entries[0].size_bytes, 1);
    EXPECT_EQ(answer->entries[0].modified, store.clock().now());
    EXPECT_EQ(answer->common_prefixes, std::vector<std::string>{"a/"});
}

TEST(DiskStore, AFileThatWentMissingIsSaidPlainly) {
    TestStore store;
    store.put("a", "one");
    fs::remove(files_below(store.dir() + "/objects").front());
    const std::string said = store.get("a");
    EXPECT_EQ(code_of(said), "unavailable");
    EXPECT_NE(said.find("photos/a"), std::string::npos) << said;
    EXPECT_NE(store.logged().find("photos/a"), std::string::npos);
    store.put("a", "two");
    EXPECT_EQ(store.get("a"), "two");
    EXPECT_TRUE(store.findings().empty());
}

TEST(DiskStore, AFileThatWasCutIsNotServed) {
    TestStore store;
    store.put("a", "one");
    fs::resize_file(files_below(store.dir() + "/objects").front(), 2);
    EXPECT_EQ(code_of(store.get("a")), "unavailable");
}

TEST(DiskStore, OneServerADirectory) {
    TestStore store;
    const auto second = open_disk_store(store.options(), store.clock(), store.log());
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::conflict);
    EXPECT_NE(second.error().message.find(store.dir()), std::string::npos);
    EXPECT_NE(second.error().message.find("Another server"), std::string::npos);
    store.close();
    EXPECT_TRUE(open_disk_store(store.options(), store.clock(), store.log()));
}

TEST(DiskStore, MakesItsDirectoryWithAllAboveIt) {
    TestStore store;
    DiskStoreOptions options = store.options();
    options.dir = store.dir() + "/x/y/z/";
    ASSERT_TRUE(open_disk_store(options, store.clock(), store.log()));
    EXPECT_TRUE(fs::exists(store.dir() + "/x/y/z/catalog.sqlite"));
    EXPECT_EQ(fs::status(store.dir() + "/x/y/z").permissions(), fs::perms::owner_all);
    options.dir = "";
    EXPECT_EQ(open_disk_store(options, store.clock(), store.log()).error().code,
              Code::invalid_argument);
    options.dir = store.dir() + "/lock/sub";
    EXPECT_EQ(open_disk_store(options, store.clock(), store.log()).error().code, Code::unavailable);
}

TEST(DiskStore, ALostCatalogIsNotTakenForAnEmptyOne) {
    TestStore store;
    store.put("a", "one");
    store.close();
    fs::remove(store.dir() + "/catalog.sqlite");
    const auto opened = open_disk_store(store.options(), store.clock(), store.log());
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::unavailable);
    EXPECT_NE(opened.error().message.find("catalog.sqlite is missing"), std::string::npos);
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
}

TEST(DiskStore, AFullDiskFailsTheWriteAndLeavesNothing) {
    TestStore store({kCreated});
    store.put("a", "one");
    {
        const LowerLimit limit(RLIMIT_FSIZE, 100'000);
        const std::string said = store.put("b", std::string(100'001, 'x'));
        EXPECT_EQ(code_of(said), "unavailable");
        EXPECT_NE(said.find(store.dir() + "/tmp/"), std::string::npos) << said;
    }
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_EQ(store.events().counts("processor")->waiting, 1);
    EXPECT_EQ(store.put("b", std::string(100'001, 'x')), md5_hex(std::string(100'001, 'x')));
}

TEST(DiskStore, AFailedWriteStaysFailed) {
    TestStore store;
    auto upload = *store->begin();
    {
        const LowerLimit limit(RLIMIT_FSIZE, 10);
        EXPECT_FALSE(upload->write(as_bytes("more than ten bytes")));
    }
    EXPECT_FALSE(upload->write(as_bytes("x")));
    const auto stored = upload->commit("photos", "a", {}, {}, {});
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Code::unavailable);
    EXPECT_EQ(code_of(store.get("a")), "no_such_key");
}

TEST(DiskStore, AFullDiskInTheCatalogFailsTheCommitAndLeavesNothing) {
    TestStore store({kCreated});
    store.put("a", "one");
    {
        const LowerLimit limit(RLIMIT_FSIZE, 4096);  // The file fits, the log does not.
        EXPECT_EQ(code_of(store.put("a", "two")), "unavailable");
        EXPECT_EQ(code_of(store.remove("a")), "unavailable");
        EXPECT_EQ(store.get("a"), "one");
    }
    EXPECT_TRUE(files_below(store.dir() + "/tmp").empty());
    EXPECT_EQ(files_below(store.dir() + "/objects").size(), 1U);
    EXPECT_EQ(store.events().counts("processor")->waiting, 1);
    EXPECT_EQ(store.put("a", "two"), md5_hex("two"));
    EXPECT_EQ(store.get("a"), "two");
    EXPECT_TRUE(store.findings().empty());
}

TEST(DiskStore, NoMoreFilesIsSaidAndPasses) {
    TestStore store;
    store.put("a", "one");
    {
        const LowerLimit limit(RLIMIT_NOFILE, 3);
        const std::string put = store.put("b", "two");
        EXPECT_EQ(code_of(put), "unavailable");
        EXPECT_NE(put.find("Too many files"), std::string::npos) << put;
        EXPECT_EQ(code_of(store.get("a")), "unavailable");
    }
    EXPECT_EQ(store.get("a"), "one");
    EXPECT_EQ(store.put("b", "two"), md5_hex("two"));
}

TEST(DiskStore, ReadersOnlyEverSeeWholeVersions) {
    TestStore store({kCreated, kRemoved});
    constexpr int kRounds = 60;
    const auto body = [](int writer, int round) {
        return std::string(static_cast<std::size_t>(1 + (writer * 7919 + round * 104729) % 90'000),
                           static_cast<char>('a' + (writer * 13 + round) % 26));
    };
    std::atomic<int> running = 2;
    std::atomic<int> whole = 0;
    {
        std::vector<std::jthread> threads;
        for (int writer = 0; writer < 2; ++writer) {
            threads.emplace_back([&, writer] {
                for (int round = 0; round < kRounds; ++round) {
                    const std::string text = body(writer, round);
                    const std::string key = round % 2 == 0 ? "x" : "y";
                    EXPECT_EQ(store.put(key, text), md5_hex(text));
                    if (round % 5 == 0) {
                        EXPECT_EQ(store.remove("x"), "removed");
                    }
                }
                --running;
            });
        }
        for (int reader = 0; reader < 2; ++reader) {
            threads.emplace_back([&] {
                while (running > 0) {
                    const auto opened = store->open("photos", whole % 2 == 0 ? "x" : "y");
                    if (!opened) {
                        EXPECT_EQ(opened.error().code, Code::no_such_key) << opened.error().message;
                    } else {
                        const std::string text = read_whole(opened->file);
                        EXPECT_EQ(std::ssize(text), opened->object.size_bytes);
                        EXPECT_EQ(md5_hex(text), opened->object.etag);
                    }
                    ++whole;
                    const auto listed = store->list("photos", {});
                    ASSERT_TRUE(listed);
                    EXPECT_LE(listed->entries.size(), 2U);
                }
            });
        }
    }
    EXPECT_GT(whole, 0);
    EXPECT_TRUE(store.findings().empty());
    EXPECT_EQ(files_below(store.dir() + "/objects").size(),
              store->list("photos", {})->entries.size());
}

}  // namespace
}  // namespace imagemill::local
