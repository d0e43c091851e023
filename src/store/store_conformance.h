// store_conformance: what every ObjectStore must do. A test file includes this once and says how to
// make its store:
//
//     INSTANTIATE_TEST_SUITE_P(Memory, StoreConformance, testing::Values(StoreCase{"memory",
//     make}),
//                              case_name);
//
// Each test gets a fresh store with two empty buckets, "source" and "destination".
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "base/digest.h"
#include "base/encodings.h"
#include "store/object_store.h"

namespace imagemill::store {

// Keeps alive whatever the store needs: a clock, a server, a directory.
class StoreUnderTest {
  public:
    virtual ~StoreUnderTest() = default;
    virtual ObjectStore& store() = 0;
};

struct StoreCase {
    std::string name;
    std::unique_ptr<StoreUnderTest> (*make)();
};

inline void PrintTo(const StoreCase& store_case, std::ostream* out) {
    *out << store_case.name;
}
inline std::string case_name(const testing::TestParamInfo<StoreCase>& info) {
    return info.param.name;
}

class StoreConformance : public testing::TestWithParam<StoreCase> {
  protected:
    void SetUp() override {
        under_test_ = GetParam().make();
        ASSERT_NE(under_test_, nullptr);
    }

    ObjectStore& store() { return under_test_->store(); }
    static ObjectId source(std::string key) { return {.bucket = "source", .key = std::move(key)}; }

    // The new ETag; empty where it failed.
    std::string put(const ObjectId& id, std::string_view body, const PutOptions& options = {}) {
        const auto etag = store().put(id, as_bytes(body), options);
        if (!etag) ADD_FAILURE() << id.key << ": " << etag.error().message;
        return etag ? *etag : "";
    }
    // The body, or the name of the error's code.
    std::string get(const ObjectId& id, const GetOptions& options = {}) {
        const auto object = store().get(id, options);
        return object ? std::string(as_text(object->body))
                      : std::string(name_of(object.error().code));
    }
    std::vector<std::string> list(const ListOptions& options) {
        const auto page = store().list("source", options);
        if (!page) return {std::string(name_of(page.error().code))};
        std::vector<std::string> keys;
        for (const ListEntry& entry : page->entries) keys.push_back(entry.key);
        return keys;
    }

  private:
    std::unique_ptr<StoreUnderTest> under_test_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreConformance);

template <typename T>
std::string code_of(const Result<T>& result) {
    return result ? "ok" : std::string(name_of(result.error().code));
}

TEST_P(StoreConformance, GivesBackWhatWasPut) {
    const std::string etag = put(source("cat.jpg"), "meow");
    const auto object = store().get(source("cat.jpg"), {});
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(as_text(object->body), "meow");
    EXPECT_EQ(object->info.etag, etag);
    EXPECT_EQ(object->info.size_bytes, 4);
}

TEST_P(StoreConformance, TheEtagIsTheMd5OfTheBody) {
    EXPECT_EQ(put(source("a"), "meow"), format_hex(md5(as_bytes("meow"))));
}

TEST_P(StoreConformance, HeadSaysWhatGetSays) {
    put(source("cat.jpg"), "meow",
        {.content_type = "image/jpeg", .metadata = {{"owner", "ann"}, {"two-words", "a b"}}});
    const auto info = store().head(source("cat.jpg"));
    const auto object = store().get(source("cat.jpg"), {});
    ASSERT_TRUE(info) << info.error().message;
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(info->etag, object->info.etag);
    EXPECT_EQ(info->size_bytes, 4);
    EXPECT_EQ(info->content_type, "image/jpeg");
    EXPECT_EQ(object->info.content_type, "image/jpeg");
    EXPECT_EQ(info->modified, object->info.modified);
    EXPECT_EQ(info->modified, std::chrono::floor<std::chrono::seconds>(info->modified));
    const std::map<std::string, std::string> metadata = {{"owner", "ann"}, {"two-words", "a b"}};
    EXPECT_EQ(info->metadata, metadata);
    EXPECT_EQ(object->info.metadata, metadata);
}

TEST_P(StoreConformance, APutReplacesBodyTypeAndMetadata) {
    put(source("a"), "old", {.content_type = "image/png", .metadata = {{"owner", "ann"}}});
    put(source("a"), "new", {.content_type = "image/gif"});
    const auto object = store().get(source("a"), {});
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_EQ(as_text(object->body), "new");
    EXPECT_EQ(object->info.content_type, "image/gif");
    EXPECT_TRUE(object->info.metadata.empty());
}

TEST_P(StoreConformance, BucketsDoNotShareKeys) {
    put({.bucket = "source", .key = "a"}, "one");
    put({.bucket = "destination", .key = "a"}, "two");
    EXPECT_EQ(get({.bucket = "source", .key = "a"}), "one");
    EXPECT_EQ(get({.bucket = "destination", .key = "a"}), "two");
}

TEST_P(StoreConformance, WhatIsNotThereIsNoSuchKey) {
    EXPECT_EQ(get(source("nobody")), "no_such_key");
    EXPECT_EQ(code_of(store().head(source("nobody"))), "no_such_key");
    EXPECT_EQ(get(source("nobody"), {.if_match = "0"}), "no_such_key");
}

TEST_P(StoreConformance, AnUnknownBucketIsNoSuchBucket) {
    const ObjectId id = {.bucket = "nowhere", .key = "a"};
    EXPECT_EQ(get(id), "no_such_bucket");
    EXPECT_EQ(code_of(store().put(id, as_bytes("x"), {})), "no_such_bucket");
    EXPECT_EQ(code_of(store().remove(id, {})), "no_such_bucket");
    EXPECT_EQ(code_of(store().list("nowhere", {})), "no_such_bucket");
}

TEST_P(StoreConformance, RemovesAndThenItIsGone) {
    put(source("a"), "x");
    EXPECT_EQ(code_of(store().remove(source("a"), {})), "ok");
    EXPECT_EQ(get(source("a")), "no_such_key");
    EXPECT_TRUE(list({}).empty());
}

TEST_P(StoreConformance, RemovingNothingSucceeds) {
    EXPECT_EQ(code_of(store().remove(source("nobody"), {})), "ok");
}

TEST_P(StoreConformance, RemoveHoldsItsCondition) {
    const std::string etag = put(source("a"), "x");
    EXPECT_EQ(code_of(store().remove(source("a"), {.if_match = format_hex(md5(as_bytes("y")))})),
              "precondition_failed");
    EXPECT_EQ(get(source("a")), "x");
    EXPECT_EQ(code_of(store().remove(source("a"), {.if_match = etag})), "ok");
    EXPECT_EQ(code_of(store().remove(source("a"), {.if_match = etag})), "no_such_key");
}

TEST_P(StoreConformance, GetHoldsItsCondition) {
    const std::string etag = put(source("a"), "x");
    EXPECT_EQ(get(source("a"), {.if_match = etag}), "x");
    put(source("a"), "y");
    EXPECT_EQ(get(source("a"), {.if_match = etag}), "precondition_failed");
}

TEST_P(StoreConformance, PutIfNoneMatchOnlyMakesWhatIsNotThere) {
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("one"), {.if_none_match = true})), "ok");
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("two"), {.if_none_match = true})),
              "precondition_failed");
    EXPECT_EQ(get(source("a")), "one");
    EXPECT_EQ(code_of(store().remove(source("a"), {})), "ok");
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("three"), {.if_none_match = true})), "ok");
}

TEST_P(StoreConformance, PutIfMatchOnlyReplacesTheEtagItNames) {
    const std::string one = put(source("a"), "one");
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("two"), {.if_match = one})), "ok");
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("three"), {.if_match = one})),
              "precondition_failed");
    EXPECT_EQ(get(source("a")), "two");
}

TEST_P(StoreConformance, PutIfMatchOverNothingIsNoSuchKey) {
    const std::string etag = format_hex(md5(as_bytes("x")));
    EXPECT_EQ(code_of(store().put(source("a"), as_bytes("x"), {.if_match = etag})), "no_such_key");
    EXPECT_EQ(get(source("a")), "no_such_key");
}

TEST_P(StoreConformance, OfManyWhoMakeOneObjectOnlyOneDoes) {
    std::atomic<int> made = 0;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 8; ++i) {
            threads.emplace_back([this, &made, i] {
                const auto etag = store().put(source("a"), as_bytes("body " + std::to_string(i)),
                                              {.if_none_match = true});
                if (etag) ++made;
                if (etag) return;
                EXPECT_TRUE(etag.error().code == Code::precondition_failed ||
                            etag.error().code == Code::conflict)
                    << etag.error().message;
            });
        }
    }
    EXPECT_EQ(made, 1);
}

TEST_P(StoreConformance, KeepsAnEmptyBody) {
    put(source("empty"), "");
    const auto object = store().get(source("empty"), {});
    ASSERT_TRUE(object) << object.error().message;
    EXPECT_TRUE(object->body.empty());
    EXPECT_EQ(object->info.size_bytes, 0);
}

TEST_P(StoreConformance, KeepsFiveMegabytesToTheByte) {
    std::string body(5'000'000, '\0');
    std::uint32_t state = 1;
    for (char& byte : body) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    const std::string etag = put(source("big"), body);
    EXPECT_EQ(etag, format_hex(md5(as_bytes(body))));
    EXPECT_TRUE(get(source("big")) == body);
}

TEST_P(StoreConformance, GetReadsNothingOverItsSizeMax) {
    put(source("a"), "12345");
    EXPECT_EQ(get(source("a"), {.size_max = 5}), "12345");
    EXPECT_EQ(get(source("a"), {.size_max = 4}), "too_large");
    EXPECT_EQ(get(source("a"), {.size_max = 0}), "too_large");
}

TEST_P(StoreConformance, OddKeysAreJustKeys) {
    const std::vector<std::string> keys = {
        "a b+ü%20.jpg",
        "trips/rome/cat.jpg",
        "manifests/cat.jpg.json",
        "/leading",
        "doubled//slash",
        "trailing/",
        "dots/../up",
        "./here",
        "?query=1&x=2#fragment",
        "quotes'\"<>&;",
        "日本語/写真.jpg",
        "emoji 🐈.png",
        "back\\slash",
        "tilde~!$()*,=:@[]{}|^`",
        std::string(1024, 'k'),
    };
    for (const std::string& key : keys) put(source(key), "body of " + key);
    for (const std::string& key : keys) {
        EXPECT_EQ(get(source(key)), "body of " + key);
        const auto info = store().head(source(key));
        EXPECT_TRUE(info) << key << ": " << info.error().message;
    }
    std::vector<std::string> sorted = keys;
    std::ranges::sort(sorted);
    EXPECT_EQ(list({}), sorted);
    for (const std::string& key : keys) {
        EXPECT_EQ(code_of(store().remove(source(key), {})), "ok") << key;
    }
    EXPECT_TRUE(list({}).empty());
}

TEST_P(StoreConformance, AKeyHasAtMost1024Bytes) {
    EXPECT_EQ(code_of(store().put(source(std::string(1025, 'k')), as_bytes("x"), {})),
              "invalid_argument");
    EXPECT_TRUE(list({}).empty());
}

TEST_P(StoreConformance, ListsByPrefixInByteOrder) {
    for (const char* key : {"b", "a/2", "a/1", "a", "ab", "Z", "ä"}) put(source(key), "x");
    EXPECT_EQ(list({}), (std::vector<std::string>{"Z", "a", "a/1", "a/2", "ab", "b", "ä"}));
    EXPECT_EQ(list({.prefix = "a/"}), (std::vector<std::string>{"a/1", "a/2"}));
    EXPECT_EQ(list({.prefix = "a"}), (std::vector<std::string>{"a", "a/1", "a/2", "ab"}));
    EXPECT_TRUE(list({.prefix = "nobody"}).empty());
}

TEST_P(StoreConformance, AListEntrySaysWhatHeadSays) {
    put(source("a"), "meow");
    const auto page = store().list("source", {});
    const auto info = store().head(source("a"));
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_TRUE(info) << info.error().message;
    ASSERT_EQ(page->entries.size(), 1U);
    EXPECT_EQ(page->entries[0].etag, info->etag);
    EXPECT_EQ(page->entries[0].size_bytes, 4);
    EXPECT_EQ(std::chrono::floor<std::chrono::seconds>(page->entries[0].modified), info->modified);
}

TEST_P(StoreConformance, PagesGiveEachKeyOnce) {
    std::vector<std::string> keys;
    for (int i = 0; i < 7; ++i) keys.push_back("p/a b+" + std::to_string(i));
    for (const std::string& key : keys) put(source(key), "x");
    put(source("q"), "x");

    std::vector<std::string> seen;
    ListOptions options = {.prefix = "p/", .count_max = 3};
    for (int pages = 1; pages <= 4; ++pages) {
        const auto page = store().list("source", options);
        ASSERT_TRUE(page) << page.error().message;
        EXPECT_LE(page->entries.size(), 3U);
        for (const ListEntry& entry : page->entries) seen.push_back(entry.key);
        if (page->next_token.empty()) break;
        options.token = page->next_token;
    }
    EXPECT_EQ(seen, keys);
}

TEST_P(StoreConformance, AFullLastPageHasNoNextToken) {
    for (const char* key : {"a", "b", "c"}) put(source(key), "x");
    const auto page = store().list("source", {.count_max = 3});
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_EQ(page->entries.size(), 3U);
    EXPECT_EQ(page->next_token, "");
}

TEST_P(StoreConformance, PresignsWithoutAskingWhetherTheObjectIsThere) {
    const auto url = store().presign_get(source("nobody yet.jpg"), {.seconds = 60});
    ASSERT_TRUE(url) << url.error().message;
    EXPECT_NE(url->url.find("source"), std::string::npos);
    EXPECT_NE(url->url.find("nobody%20yet.jpg"), std::string::npos) << url->url;
    const auto form = store().presign_post(source("nobody yet.jpg"),
                                           {.content_type = "image/jpeg", .size_max = 1000});
    ASSERT_TRUE(form) << form.error().message;
    ASSERT_FALSE(form->fields.empty());
    EXPECT_EQ(form->fields[0].first, "key");
    EXPECT_EQ(form->fields[0].second, "nobody yet.jpg");
}

}  // namespace imagemill::store
