#include "local/storage/bucket_settings.h"

#include <gtest/gtest.h>

#include "local/storage/settings_table.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

const std::vector<Notification> kDefaults = {{"photos", "ObjectCreated:", "processor"}};

class Settings : public ::testing::Test {
  protected:
    bool is_told(const std::string& function) {
        return (*store_.events().take(function)).has_value();
    }
    BucketSettings& settings() { return store_->settings(); }

    TestStore store_{kDefaults};
};

TEST_F(Settings, AreKeptOverARestart) {
    EXPECT_FALSE(*settings().find("photos", "cors"));
    ASSERT_TRUE(settings().put("photos", "cors", "some rules"));
    ASSERT_TRUE(settings().put("photos", "cors", "other rules"));
    store_.reopen();
    EXPECT_EQ(*settings().find("photos", "cors"), "other rules");
    ASSERT_TRUE(settings().remove("photos", "cors"));
    EXPECT_FALSE(*settings().find("photos", "cors"));
}

TEST_F(Settings, AreOfABucketThatIsThere) {
    EXPECT_EQ(settings().find("nowhere", "cors").error().code, Code::no_such_bucket);
    EXPECT_EQ(settings().put("nowhere", "cors", "x").error().code, Code::no_such_bucket);
    EXPECT_EQ(settings().remove("nowhere", "cors").error().code, Code::no_such_bucket);
    EXPECT_EQ(settings().notifications("nowhere").error().code, Code::no_such_bucket);
    EXPECT_EQ(settings().set_notifications("nowhere", {}).error().code, Code::no_such_bucket);
}

TEST_F(Settings, GoWithTheirBucket) {
    ASSERT_TRUE(store_->create_bucket("other"));
    ASSERT_TRUE(settings().put("other", "cors", "x"));
    ASSERT_TRUE(store_->remove_bucket("other"));
    EXPECT_EQ(store_->head_bucket("other").error().code, Code::no_such_bucket);
    ASSERT_TRUE(store_->create_bucket("other"));
    EXPECT_FALSE(*settings().find("other", "cors"));
}

TEST_F(Settings, ABucketWithAnObjectIsNotRemoved) {
    store_.put("a", "1");
    EXPECT_EQ(store_->remove_bucket("photos").error().code, Code::conflict);
    store_.remove("a");
    EXPECT_TRUE(store_->remove_bucket("photos"));
    EXPECT_EQ(store_->remove_bucket("photos").error().code, Code::no_such_bucket);
}

TEST_F(Settings, TheStoresOwnNotificationsHoldUntilTheOwnerSaysOthers) {
    EXPECT_EQ(settings().notifications("photos")->front().function, "processor");
    store_.put("a", "1");
    EXPECT_TRUE(is_told("processor"));

    ASSERT_TRUE(settings().set_notifications("photos", {}));
    store_.put("b", "1");
    EXPECT_FALSE(is_told("processor"));
    store_.reopen();
    EXPECT_TRUE(settings().notifications("photos")->empty());
}

TEST_F(Settings, ANotificationAsksForPrefixSuffixAndEvent) {
    ASSERT_TRUE(settings().set_notifications(
        "photos", {{"photos", "ObjectCreated:Put", "f", "one", "in/", ".jpg"},
                   {"photos", "ObjectRemoved:", "g", "two", "", ""}}));
    store_.put("in/a.png", "1");
    store_.put("out/a.jpg", "1");
    EXPECT_FALSE(is_told("f"));
    store_.put("in/a.jpg", "1");
    EXPECT_TRUE(is_told("f"));
    EXPECT_FALSE(is_told("g"));
    store_.remove("out/a.jpg");
    EXPECT_TRUE(is_told("g"));
    EXPECT_FALSE(is_told("f"));
}

TEST(Notifications, OfOneIdTellOnce) {
    const std::vector<Notification> list = {{"b", "ObjectCreated:", "f", "one"},
                                            {"b", "ObjectCreated:Put", "f", "one"},
                                            {"b", "ObjectCreated:Put", "g", "two"}};
    const auto found = matching(list, "ObjectCreated:Put", "k");
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].id, "one");
    EXPECT_EQ(found[1].id, "two");
}

TEST(Notifications, ReadBackAsTheyWereWritten) {
    const std::vector<Notification> list = {
        {"b", "ObjectCreated:", "f", "one", "a\"b", "\xC3\xA4"}};
    const auto read = parse_notifications(format_notifications(list), "b");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->size(), 1U);
    EXPECT_EQ(read->front().bucket, "b");
    EXPECT_EQ(read->front().event_prefix, "ObjectCreated:");
    EXPECT_EQ(read->front().id, "one");
    EXPECT_EQ(read->front().key_prefix, "a\"b");
    EXPECT_EQ(read->front().key_suffix, "\xC3\xA4");
}

TEST(Notifications, ThatAreDamagedAreOurFault) {
    EXPECT_EQ(parse_notifications("[{\"id\":1}]", "b").error().code, Code::internal);
    EXPECT_EQ(parse_notifications("{", "b").error().code, Code::internal);
}

// --- Tags, and removing many, which are of the store itself.

TEST_F(Settings, TagsChangeNeitherEtagNorDate) {
    store_.put("a", "1");
    const auto before = store_->head("photos", "a");
    store_.clock().advance(Milliseconds(5000));
    ASSERT_TRUE(store_->tag("photos", "a", {{"color", "red"}, {"\xC3\xA4", ""}}));
    store_.reopen();
    const auto after = store_->head("photos", "a");
    ASSERT_TRUE(before && after);
    EXPECT_EQ(after->etag, before->etag);
    EXPECT_EQ(after->modified, before->modified);
    EXPECT_EQ(after->attributes.tags.at("color"), "red");
    EXPECT_EQ(after->attributes.tags.at("\xC3\xA4"), "");
    ASSERT_TRUE(store_->tag("photos", "a", {}));
    EXPECT_TRUE(store_->head("photos", "a")->attributes.tags.empty());
    EXPECT_EQ(store_->tag("photos", "b", {}).error().code, Code::no_such_key);
}

TEST_F(Settings, ManyAreRemovedEachOnItsOwnCondition) {
    for (const char* key : {"a", "b", "c"}) store_.put(key, key);
    const auto answers = store_->remove_all(
        "photos",
        {{.key = "a", .conditions = {}},
         {.key = "b", .conditions = {.if_match = md5_hex("other")}},
         {.key = "c", .conditions = {.if_match = md5_hex("c")}},
         {.key = "none", .conditions = {}},
         {.key = "none", .conditions = {.if_match = md5_hex("x")}},
         {.key = "a", .conditions = {}}},
        {.event_name = "ObjectRemoved:Delete", .source_ip = "", .principal = "", .request_id = ""});
    ASSERT_TRUE(answers);
    EXPECT_TRUE((*answers)[0]);
    EXPECT_EQ((*answers)[1].error().code, Code::precondition_failed);
    EXPECT_TRUE((*answers)[2]);
    EXPECT_TRUE((*answers)[3]);
    EXPECT_EQ((*answers)[4].error().code, Code::no_such_key);
    EXPECT_TRUE((*answers)[5]);
    EXPECT_EQ(store_.get("b"), "b");
    EXPECT_FALSE(store_->head("photos", "a"));
    EXPECT_FALSE(store_->head("photos", "c"));
    EXPECT_EQ(store_->remove_all("nowhere", {}, Origin()).error().code, Code::no_such_bucket);
}

}  // namespace
}  // namespace imagemill::local
