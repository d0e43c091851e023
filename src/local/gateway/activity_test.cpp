#include "local/gateway/activity.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

std::string event_of(const std::string& key) {
    return R"({"Records":[{"eventVersion":"2.6","eventSource":"aws:s3","eventName":)"
           R"("ObjectCreated:Put","eventTime":"2026-12-01T00:00:00.000Z","s3":{"bucket":)"
           R"({"name":"b"},"object":{"key":")" +
           key + R"(","size":1,"eTag":"x","sequencer":"00"}}}]})";
}

class ActivityTest : public testing::Test {
  protected:
    // An answer is the key that failed.
    Activity activity_{
        [](std::string_view answer) { return std::vector<std::string>{std::string(answer)}; }};
    Time now_{Milliseconds(1'000'000)};

    void add(std::string_view event, std::string_view answer = "", std::string_view error = "") {
        activity_.add({.function = "f",
                       .request_id = "r",
                       .trace_id = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0",
                       .what = "POST /upload",
                       .event = event,
                       .answer = answer,
                       .error_type = error,
                       .duration = Milliseconds(30),
                       .ended = now_});
    }
    std::string failed_keys() const {
        std::string keys;
        for (const auto& failure : activity_.failures()) keys += failure.key + " ";
        return keys;
    }
};

TEST_F(ActivityTest, NamesWhatRan) {
    add("");
    add(event_of("a+b.jpg"));
    add("{}");

    const auto entries = activity_.entries_after(0);
    ASSERT_EQ(entries.size(), 3U);
    EXPECT_EQ(entries[0].what, "POST /upload");
    EXPECT_EQ(entries[0].trace_id, "1-5759e988-bd862e3fe1be46a994272793");
    EXPECT_EQ(entries[1].what, "ObjectCreated:Put");
    EXPECT_EQ(entries[1].key, "a b.jpg");
    EXPECT_EQ(entries[2].what, "event");
    EXPECT_EQ(activity_.entries_after(2).at(0).number, 3);
}

TEST_F(ActivityTest, KeepsTheNewest) {
    for (std::size_t i = 0; i < Activity::kEntriesMax + 1; ++i) add("");
    EXPECT_EQ(activity_.entries_after(0).size(), Activity::kEntriesMax);
    EXPECT_EQ(activity_.entries_after(0).front().number, 2);
    for (std::size_t i = 0; i < Activity::kFailuresMax + 1; ++i) {
        add(event_of(std::to_string(i)), std::to_string(i));
    }
    EXPECT_EQ(activity_.failures().size(), Activity::kFailuresMax);
    EXPECT_EQ(activity_.failures().front().key, "1");
}

TEST_F(ActivityTest, APictureThatFailedIsForgottenOnceItIsDone) {
    add(event_of("a"), "a");
    add(event_of("b"), "b");
    add(event_of("a"), "a");  // Again: the newest once.
    EXPECT_EQ(failed_keys(), "b a ");
    const auto version = activity_.failures_version();
    add(event_of("b"), "");
    EXPECT_EQ(failed_keys(), "a ");
    EXPECT_NE(activity_.failures_version(), version);
    add(event_of("c"), "");
    EXPECT_EQ(failed_keys(), "a ");
}

TEST_F(ActivityTest, SumsUpByTheTime) {
    add("");
    add("", "", "Function.Internal");
    now_ += 3 * Activity::kSpan;
    add("");

    const auto spans = activity_.spans("f", Time());
    ASSERT_EQ(spans.size(), 2U);
    EXPECT_EQ(spans[0].start, Time(Milliseconds(1'000'000)));
    EXPECT_EQ(spans[0].count, 2);
    EXPECT_EQ(spans[0].errors, 1);
    EXPECT_EQ(spans[0].sum, Milliseconds(60));
    EXPECT_EQ(spans[0].longest, Milliseconds(30));
    EXPECT_EQ(activity_.spans("f", spans[1].start).size(), 1U);
    EXPECT_TRUE(activity_.spans("g", Time()).empty());
    for (std::size_t i = 0; i < Activity::kSpansMax; ++i) {
        now_ += Activity::kSpan;
        add("");
    }
    EXPECT_EQ(activity_.spans("f", Time()).size(), Activity::kSpansMax);
}

TEST_F(ActivityTest, AClockThatIsSetBackLosesNothing) {
    add("");
    now_ -= 10 * Activity::kSpan;
    add("");
    EXPECT_EQ(activity_.spans("f", Time()).at(0).count, 2);
}

}  // namespace
}  // namespace imagemill::local
