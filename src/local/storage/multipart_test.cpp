#include "local/storage/multipart.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "local/storage/catalog.h"
#include "local/storage/multipart_table.h"
#include "local/storage/object_files.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kSlot = 5 << 20;  // The least that slots are made for.

const Origin kOrigin = {.event_name = "ObjectCreated:CompleteMultipartUpload",
                        .source_ip = "127.0.0.1",
                        .principal = "AKIATEST",
                        .request_id = "R1"};

std::string filled(char letter, std::size_t size = kSlot) {
    return std::string(size, letter);
}

class MultipartTest : public testing::Test {
  protected:
    Multiparts& parts() { return store_->multiparts(); }

    UploadRef start(const std::string& key = "big") {
        Attributes attributes;
        attributes.content_type = "image/jpeg";
        attributes.metadata["by"] = "me";
        const auto id = parts().create("photos", key, attributes, "AKIATEST");
        EXPECT_TRUE(id) << id.error().message;
        return {.bucket = "photos", .key = key, .id = *id};
    }
    std::string put(const UploadRef& ref, int number, std::string_view bytes) {
        auto part = parts().begin_part(ref, number, std::ssize(bytes));
        if (!part) return TestStore::said(part.error());
        const auto written = (*part)->write(as_bytes(bytes));
        if (!written) return TestStore::said(written.error());
        const auto stored = (*part)->commit("");
        return stored ? stored->etag : TestStore::said(stored.error());
    }
    std::string complete(const UploadRef& ref, const std::vector<int>& numbers,
                         const WriteConditions& conditions = {}) {
        const auto page = parts().parts(ref, 0, kPartNumberMax);
        if (!page) return TestStore::said(page.error());
        Completion completion;
        completion.ref = ref;
        std::vector<std::string> etags;
        for (const StoredPart& part : page->parts) {
            if (std::ranges::find(numbers, part.number) == numbers.end()) continue;
            completion.parts.push_back(part);
            etags.push_back(part.etag);
        }
        completion.etag = multipart_etag(etags);
        const auto object = parts().complete(completion, conditions, kOrigin);
        return object ? object->etag : TestStore::said(object.error());
    }
    std::size_t files_in_tmp() const { return files_below(store_.dir() + "/tmp").size(); }

    TestStore store_{{{"photos", "ObjectCreated:", "processor"}}};
};

TEST_F(MultipartTest, PartsInAnyOrderBecomeTheObject) {
    const UploadRef ref = start();
    EXPECT_EQ(put(ref, 2, filled('b')), md5_hex(filled('b')));
    put(ref, 3, "tail");
    put(ref, 1, filled('a'));
    EXPECT_EQ(files_in_tmp(), 1U) << "slots of one file";

    const std::string etag = complete(ref, {1, 2, 3});

    EXPECT_EQ(etag, multipart_etag({md5_hex(filled('a')), md5_hex(filled('b')), md5_hex("tail")}));
    EXPECT_TRUE(etag.ends_with("-3"));
    EXPECT_EQ(store_.get("big"), filled('a') + filled('b') + "tail");
    const auto object = store_->head("photos", "big");
    EXPECT_EQ(object->size_bytes, 2 * std::ssize(filled('a')) + 4);
    EXPECT_EQ(object->attributes.metadata.at("by"), "me");
    EXPECT_EQ(object->attributes.part_layout, "2x5242880,1x4");
    EXPECT_EQ(files_in_tmp(), 0U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>());
    const auto event = store_.events().take("processor");
    ASSERT_TRUE(event && *event);
    EXPECT_NE((*event)->payload.find("CompleteMultipartUpload"), std::string::npos);
}

TEST_F(MultipartTest, PartsThatLieElsewhereAreBroughtIn) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, filled('b'));
    put(ref, 2, filled('c'));  // Replaced: the slot is never written again.
    put(ref, 3, filled('d', 7));
    EXPECT_EQ(store_.findings(), std::vector<std::string>());

    EXPECT_TRUE(complete(ref, {1, 2, 3}).ends_with("-3"));

    EXPECT_EQ(store_.get("big"), filled('a') + filled('c') + filled('d', 7));
    EXPECT_EQ(files_in_tmp(), 0U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>());
}

TEST_F(MultipartTest, PartsOfAnySizesAndGapsMakeAnObject) {
    const UploadRef ref = start();
    put(ref, 1, "one");
    put(ref, 4, filled('f'));
    put(ref, 5, "");
    put(ref, 9, "nine");

    EXPECT_TRUE(complete(ref, {1, 4, 5, 9}).ends_with("-4"));

    EXPECT_EQ(store_.get("big"), "one" + filled('f') + "nine");
    EXPECT_EQ(store_->head("photos", "big")->attributes.part_layout, "1x3,1x5242880,1x0,1x4");
    EXPECT_EQ(files_in_tmp(), 0U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>());
}

TEST_F(MultipartTest, PartsLeftOutAreLeftOut) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, filled('b'));
    put(ref, 3, filled('c'));
    EXPECT_TRUE(complete(ref, {1, 2}).ends_with("-2"));
    EXPECT_EQ(store_.get("big"), filled('a') + filled('b'));
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, ARefusedCompletionLosesNothing) {
    EXPECT_EQ(store_.put("big", "there").size(), 32U);
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, filled('b'));
    put(ref, 3, filled('c'));

    for (const std::vector<int>& numbers : {std::vector<int>{1, 2}, {1, 3}, {1, 2, 3}}) {
        const std::string refused = complete(ref, numbers, {.if_none_match = true});
        EXPECT_TRUE(refused.starts_with("precondition_failed")) << refused;
        EXPECT_EQ(store_.get("big"), "there");
        EXPECT_EQ(store_.findings(), std::vector<std::string>());
    }
    EXPECT_TRUE(complete(ref, {1, 2, 3}).ends_with("-3"));
    EXPECT_EQ(store_.get("big"), filled('a') + filled('b') + filled('c'));
}

TEST_F(MultipartTest, AnObjectWrittenSinceIsAConflict) {
    const std::string etag = store_.put("big", "first");
    const UploadRef ref = start();
    put(ref, 1, "a");
    store_.clock().advance(Milliseconds(1));
    store_.put("big", "first");

    EXPECT_TRUE(complete(ref, {1}, WriteConditions{.if_match = etag}).starts_with("conflict"));

    const UploadRef again = start();
    put(again, 1, "a");
    EXPECT_TRUE(complete(again, {1}, WriteConditions{.if_match = etag}).ends_with("-1"));
}

TEST_F(MultipartTest, GoesOnAfterARestart) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, filled('b'));
    put(ref, 2, filled('B'));
    { auto broken = parts().begin_part(ref, 3, kSlot); }
    store_.reopen();
    EXPECT_EQ(store_.findings(), std::vector<std::string>());
    put(ref, 1, filled('A'));
    put(ref, 3, filled('c'));
    put(ref, 4, "d");
    store_.reopen();

    EXPECT_TRUE(complete(ref, {1, 2, 3, 4}).ends_with("-4"));

    EXPECT_EQ(store_.get("big"), filled('A') + filled('B') + filled('c') + "d");
    EXPECT_EQ(files_in_tmp(), 0U);
    EXPECT_EQ(store_.findings(), std::vector<std::string>());
}

TEST_F(MultipartTest, ASlotUnderWayKeepsItsWriterFromTheObject) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    auto late = parts().begin_part(ref, 2, kSlot);
    ASSERT_TRUE(late);
    ASSERT_TRUE((*late)->write(as_bytes("x")));

    EXPECT_TRUE(complete(ref, {1}).ends_with("-1"));
    ASSERT_TRUE((*late)->write(as_bytes("yz")));
    const auto stored = (*late)->commit("");

    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, Code::no_such_upload);
    late->reset();
    EXPECT_EQ(store_.get("big"), filled('a'));
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, APartThatBreaksOffLeavesNothing) {
    const UploadRef ref = start();
    {
        auto part = parts().begin_part(ref, 1, 3);
        ASSERT_TRUE((*part)->write(as_bytes("ab")));
    }
    EXPECT_EQ(files_in_tmp(), 0U);
    EXPECT_TRUE(parts().parts(ref, 0, 10)->parts.empty());
}

TEST_F(MultipartTest, AnAbortedUploadIsGoneWithItsBytes) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, "b");
    { auto broken = parts().begin_part(start("other"), 1, kSlot); }
    EXPECT_TRUE(parts().abort(ref));

    EXPECT_EQ(files_in_tmp(), 1U) << "what was begun for the other";
    EXPECT_EQ(parts().abort(ref).error().code, Code::no_such_upload);
    EXPECT_EQ(put(ref, 3, "c").substr(0, 14), "no_such_upload");
    EXPECT_EQ(complete(ref, {1}).substr(0, 14), "no_such_upload");
    EXPECT_FALSE(*parts().find_completed(ref));
    store_.reopen();
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, WhatWasCompletedIsRememberedAsLongAsItsBucket) {
    const UploadRef ref = start();
    put(ref, 1, "a");
    const std::string etag = complete(ref, {1});
    store_.reopen();
    EXPECT_EQ((*parts().find_completed(ref))->etag, etag);

    EXPECT_EQ(store_.remove("big"), "removed");
    const UploadRef open = start();
    put(open, 1, filled('a'));
    ASSERT_TRUE(store_->remove_bucket("photos"));
    ASSERT_TRUE(store_->create_bucket("photos"));

    EXPECT_FALSE(*parts().find_completed(ref));
    EXPECT_EQ(parts().find(open).error().code, Code::no_such_upload);
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, WhatWasCompletedSevenDaysAgoIsForgotten) {
    const auto complete_one = [&] {
        const UploadRef ref = start();
        put(ref, 1, "a");
        complete(ref, {1});
        return ref;
    };
    const UploadRef first = complete_one();
    store_.clock().advance(std::chrono::hours(7 * 24));
    complete_one();
    EXPECT_TRUE(*parts().find_completed(first));

    store_.clock().advance(Milliseconds(1));
    const UploadRef last = complete_one();

    EXPECT_FALSE(*parts().find_completed(first));
    EXPECT_TRUE(*parts().find_completed(last));
}

TEST_F(MultipartTest, AnUploadBelongsToItsKey) {
    UploadRef ref = start();
    ref.key = "other";
    EXPECT_EQ(parts().find(ref).error().code, Code::no_such_upload);
    ref.bucket = "nobody";
    EXPECT_EQ(parts().find(ref).error().code, Code::no_such_bucket);
    EXPECT_EQ(parts().create("nobody", "k", {}, "").error().code, Code::no_such_bucket);
    EXPECT_EQ(parts().create("photos", "", {}, "").error().code, Code::invalid_argument);
}

TEST_F(MultipartTest, ListsPartsPageByPage) {
    const UploadRef ref = start();
    for (const int number : {5, 1, 3}) put(ref, number, "x");
    const auto first = parts().parts(ref, 0, 2);
    ASSERT_EQ(first->parts.size(), 2U);
    EXPECT_EQ(first->parts[1].number, 3);
    EXPECT_TRUE(first->is_truncated);
    const auto second = parts().parts(ref, 3, 2);
    ASSERT_EQ(second->parts.size(), 1U);
    EXPECT_EQ(second->parts[0].number, 5);
    EXPECT_FALSE(second->is_truncated);
    EXPECT_TRUE(parts().parts(ref, 0, 0)->parts.empty());
}

TEST_F(MultipartTest, ListsUploadsByKeyAndPageByPage) {
    std::vector<std::string> ids;
    for (const char* key : {"b/1", "a", "a", "b/2", "c"}) {
        store_.clock().advance(Milliseconds(1));
        ids.push_back(start(key).id);
    }
    const auto names = [&](const UploadQuery& query) {
        const auto page = parts().list("photos", query);
        std::string text;
        for (const OpenUpload& upload : page->uploads) text += upload.ref.key + " ";
        for (const std::string& prefix : page->common_prefixes) text += "[" + prefix + "] ";
        return text + (page->is_truncated ? "… after " + page->next_key : "");
    };
    EXPECT_EQ(names({}), "a a b/1 b/2 c ");
    EXPECT_EQ(names({.prefix = "b/"}), "b/1 b/2 ");
    EXPECT_EQ(names({.delimiter = "/"}), "a a c [b/] ");
    EXPECT_EQ(names({.delimiter = "/", .count_max = 3}), "a a [b/] … after b/");
    EXPECT_EQ(names({.delimiter = "/", .after_key = "b/"}), "c ");
    EXPECT_EQ(names({.count_max = 1}), "a … after a");
    EXPECT_EQ(names({.after_key = "a", .after_id = ids[1], .count_max = 1}), "a … after a");
    EXPECT_EQ(names({.after_key = "a"}), "b/1 b/2 c ");
    EXPECT_EQ(names({.prefix = "b/", .after_key = "a", .after_id = ids[1]}), "b/1 b/2 ");
    EXPECT_EQ(parts().list("nobody", {}).error().code, Code::no_such_bucket);
}

TEST_F(MultipartTest, ManyWritersAndCompletersEndInOneObject) {
    const UploadRef ref = start();
    {
        std::vector<std::jthread> writers;
        for (int number = 1; number <= 6; ++number) {
            writers.emplace_back(
                [&, number] { put(ref, number, filled(static_cast<char>('a' + number))); });
        }
    }
    std::vector<std::string> answers(4);
    {
        std::vector<std::jthread> completers;
        for (std::string& answer : answers) {
            completers.emplace_back([&] { answer = complete(ref, {1, 2, 3, 4, 5, 6}); });
        }
    }
    EXPECT_EQ(std::ranges::count_if(answers, [](const auto& a) { return a.ends_with("-6"); }), 1);
    std::string whole;
    for (int number = 1; number <= 6; ++number) whole += filled(static_cast<char>('a' + number));
    EXPECT_EQ(store_.get("big"), whole);
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, CheckFindsPartsThatChangedOrWentMissing) {
    const UploadRef ref = start();
    put(ref, 1, "one");
    const std::string path = files_below(store_.dir() + "/tmp").front();
    { std::ofstream(path) << "two"; }
    ASSERT_EQ(store_.findings().size(), 1U);
    EXPECT_NE(store_.findings()[0].find("part 1 of upload"), std::string::npos);
    std::filesystem::remove(path);
    ASSERT_EQ(store_.findings().size(), 1U);
    EXPECT_NE(store_.findings()[0].find("missing"), std::string::npos);
    EXPECT_TRUE(complete(ref, {1}).starts_with("unavailable"));
    EXPECT_FALSE(store_->head("photos", "big"));
}

// As if they had been uploaded, but for their bytes, which nobody reads: a hole of 50 GB.
TEST_F(MultipartTest, TenThousandPartsBecomeAnObjectWithoutACopy) {
    constexpr auto kPart = static_cast<std::int64_t>(kSlot);
    const UploadRef ref = start();
    store_.close();
    const std::string file = ObjectFiles::make_id();
    const std::string path = store_.dir() + "/tmp/" + file;
    { const std::ofstream made(path); }
    std::filesystem::resize_file(path, kPartNumberMax * kSlot);
    {
        auto catalog = Catalog::open(store_.dir() + "/catalog.sqlite");
        ASSERT_TRUE(catalog);
        ASSERT_TRUE((*catalog)->write(Sync::full, [&](Database& database) -> Result<void> {
            TRY(set_slots(database, ref, file, kPart));
            for (int number = 1; number <= kPartNumberMax; ++number) {
                PartRow row = {.part = {}, .file = file, .offset_bytes = (number - 1) * kPart};
                row.part.number = number;
                row.part.etag = md5_hex(std::to_string(number));
                row.part.size_bytes = kPart;
                TRY(put_part(database, ref.id, row));
            }
            return {};
        }));
    }
    store_.reopen();

    const auto page = parts().parts(ref, kPartNumberMax - 1000, 1000);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->parts.size(), 1000U);
    EXPECT_FALSE(page->is_truncated);
    std::vector<int> numbers(kPartNumberMax);
    for (int i = 0; i < kPartNumberMax; ++i) numbers[static_cast<std::size_t>(i)] = i + 1;
    const std::string etag = complete(ref, numbers);

    EXPECT_TRUE(etag.ends_with("-10000")) << etag;
    const auto object = store_->open("photos", "big");
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(object->object.size_bytes, kPartNumberMax * kPart);
    struct stat facts = {};
    ASSERT_EQ(::fstat(object->file.get(), &facts), 0);
    EXPECT_LT(facts.st_blocks * 512, kPart);
    EXPECT_EQ(files_in_tmp(), 0U);
}

TEST_F(MultipartTest, ALostFileOfSlotsIsSaidAndNeverAHole) {
    const UploadRef ref = start();
    put(ref, 1, filled('a'));
    put(ref, 2, filled('b'));
    const std::string path = files_below(store_.dir() + "/tmp").front();
    std::filesystem::resize_file(path, kSlot);
    EXPECT_TRUE(complete(ref, {1, 2}).starts_with("unavailable"));
    std::filesystem::remove(path);
    EXPECT_TRUE(put(ref, 3, filled('c')).starts_with("unavailable"));
    EXPECT_TRUE(complete(ref, {1, 2}).starts_with("unavailable"));
}

TEST(PartLayout, IsReadAsItIsWritten) {
    std::vector<StoredPart> parts;
    for (const std::int64_t size : {8, 8, 0, 3}) {
        parts.push_back(
            {.number = 1, .etag = "", .size_bytes = size, .modified = {}, .checksum = ""});
    }
    EXPECT_EQ(format_part_layout(parts), "2x8,1x0,1x3");
    EXPECT_EQ(*parse_part_layout("2x8,1x0,1x3"), (std::vector<std::int64_t>{8, 8, 0, 3}));
    for (const char* wrong : {"2", "x", "2x", "x8", "2x8,,1x1", "10001x1", "-1x1", "2x8 "}) {
        EXPECT_FALSE(parse_part_layout(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace imagemill::local
