#include "local/storage/queue.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

class QueueTest : public testing::Test {
  protected:
    EventQueue& queue() { return store_.events(); }

    void add(const std::string& payload) { ASSERT_TRUE(queue().add("processor", payload)); }
    // Its payload; "-" where nothing is due.
    std::string take() {
        const auto taken = queue().take("processor");
        EXPECT_TRUE(taken);
        if (!*taken) return "-";
        last_ = **taken;
        return last_.payload;
    }
    // "waiting running dead"
    std::string counts() {
        const auto counts = queue().counts("processor");
        EXPECT_TRUE(counts);
        return std::to_string(counts->waiting) + " " + std::to_string(counts->running) + " " +
               std::to_string(counts->dead);
    }

    TestStore store_;
    QueuedEvent last_;
};

TEST_F(QueueTest, GivesEventsOnceInTheirOrder) {
    add("1");
    add("2");
    EXPECT_EQ(counts(), "2 0 0");
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.function, "processor");
    EXPECT_EQ(last_.attempts, 0);
    EXPECT_EQ(last_.queued, store_.clock().now());
    EXPECT_EQ(last_.request_id.size(), 36U);
    EXPECT_EQ(take(), "2");
    EXPECT_EQ(take(), "-");
    EXPECT_EQ(counts(), "0 2 0");
}

TEST_F(QueueTest, KeepsFunctionsApart) {
    add("1");
    ASSERT_TRUE(queue().add("api", "2"));
    EXPECT_EQ((*queue().take("api"))->payload, "2");
    EXPECT_FALSE(queue().take("api")->has_value());
    EXPECT_EQ(counts(), "1 0 0");
    EXPECT_FALSE(queue().next_due("api")->has_value());
}

TEST_F(QueueTest, DoneIsGoneAndItsIdIsNotUsedAgain) {
    add("1");
    take();
    const std::int64_t id = last_.id;
    ASSERT_TRUE(queue().done(id));
    EXPECT_EQ(counts(), "0 0 0");
    store_.reopen();
    add("2");
    take();
    EXPECT_GT(last_.id, id);
    ASSERT_TRUE(queue().done(id));
    EXPECT_EQ(counts(), "0 1 0");
}

TEST_F(QueueTest, ARetryCountsAndWaitsUntilItIsDue) {
    add("1");
    take();
    const std::string request_id = last_.request_id;
    const Time due = store_.clock().now() + std::chrono::minutes(1);
    ASSERT_TRUE(queue().retry(last_.id, due));

    EXPECT_EQ(take(), "-");
    EXPECT_EQ(*queue().next_due("processor"), due);
    add("2");
    EXPECT_EQ(take(), "2");
    store_.clock().advance(Milliseconds(59'999));
    EXPECT_EQ(take(), "-");
    store_.clock().advance(Milliseconds(1));
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.attempts, 1);
    EXPECT_EQ(last_.request_id, request_id);
}

TEST_F(QueueTest, WhatIsDueLongestComesFirst) {
    const Time now = store_.clock().now();
    for (const char* payload : {"1", "2", "3"}) add(payload);
    std::vector<std::int64_t> ids;
    while (take() != "-") ids.push_back(last_.id);
    ASSERT_TRUE(queue().retry(ids[0], now + Milliseconds(30)));
    ASSERT_TRUE(queue().retry(ids[1], now + Milliseconds(10)));
    ASSERT_TRUE(queue().retry(ids[2], now + Milliseconds(10)));
    store_.clock().advance(Milliseconds(50));

    EXPECT_EQ(take(), "2");
    EXPECT_EQ(take(), "3");
    EXPECT_EQ(take(), "1");
}

TEST_F(QueueTest, PutBackIsAsIfItHadNotBeenTaken) {
    add("1");
    add("2");
    take();
    ASSERT_TRUE(queue().put_back(last_.id));
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.attempts, 0);
}

TEST_F(QueueTest, ARestartPutsBackWhatWasRunningWithItsAttempts) {
    add("1");
    take();
    ASSERT_TRUE(queue().retry(last_.id, store_.clock().now()));
    take();
    const std::string request_id = last_.request_id;
    store_.reopen();
    EXPECT_EQ(counts(), "1 0 0");
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.attempts, 1);
    EXPECT_EQ(last_.request_id, request_id);
}

TEST_F(QueueTest, OnlyWhatRunsIsRetriedOrPutBack) {
    add("1");
    take();
    const std::int64_t id = last_.id;
    ASSERT_TRUE(queue().put_back(id));
    ASSERT_TRUE(queue().retry(id, store_.clock().now() + std::chrono::hours(1)));
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.attempts, 0);
    EXPECT_TRUE(queue().retry(12345, store_.clock().now()));
    EXPECT_TRUE(queue().put_back(12345));
    EXPECT_TRUE(queue().done(12345));
}

TEST_F(QueueTest, ADeadLetterKeepsAllThatIsKnown) {
    const Time queued = store_.clock().now();
    add("1");
    take();
    ASSERT_TRUE(queue().retry(last_.id, queued));
    take();
    store_.clock().advance(std::chrono::seconds(5));
    ASSERT_TRUE(queue().bury(last_.id, "RetriesExhausted", "{\"errorType\":\"X\"}", "", ""));

    EXPECT_EQ(counts(), "0 0 1");
    store_.reopen();
    const auto letters = queue().dead_letters(10);
    ASSERT_EQ(letters->size(), 1U);
    const DeadLetter& letter = letters->front();
    EXPECT_EQ(letter.id, last_.id);
    EXPECT_EQ(letter.function, "processor");
    EXPECT_EQ(letter.request_id, last_.request_id);
    EXPECT_EQ(letter.payload, "1");
    EXPECT_EQ(letter.attempts, 2);
    EXPECT_EQ(letter.condition, "RetriesExhausted");
    EXPECT_EQ(letter.error, "{\"errorType\":\"X\"}");
    EXPECT_EQ(letter.queued, queued);
    EXPECT_EQ(letter.died, queued + std::chrono::seconds(5));
}

TEST_F(QueueTest, BuryingQueuesTheFailureRecordInTheSameStep) {
    add("1");
    take();
    ASSERT_TRUE(queue().bury(last_.id, "RetriesExhausted", "", "api", "record"));
    EXPECT_EQ((*queue().take("api"))->payload, "record");
    // Burying what is not there makes no second record.
    ASSERT_TRUE(queue().bury(last_.id, "RetriesExhausted", "", "api", "record"));
    EXPECT_FALSE(queue().take("api")->has_value());
    EXPECT_EQ(queue().dead_letters(10)->size(), 1U);
}

TEST_F(QueueTest, DeadLettersComeNewestFirstAndBounded) {
    for (const char* payload : {"1", "2", "3"}) {
        add(payload);
        take();
        ASSERT_TRUE(queue().bury(last_.id, "C", "", "", ""));
    }
    const auto letters = queue().dead_letters(2);
    ASSERT_EQ(letters->size(), 2U);
    EXPECT_EQ(letters->at(0).payload, "3");
    EXPECT_EQ(letters->at(1).payload, "2");
    EXPECT_TRUE(queue().dead_letters(0)->empty());
}

TEST_F(QueueTest, TheOldestIsOfThoseThatWait) {
    EXPECT_FALSE(queue().counts("processor")->oldest.has_value());
    const Time first = store_.clock().now();
    add("1");
    store_.clock().advance(std::chrono::seconds(1));
    add("2");
    EXPECT_EQ(queue().counts("processor")->oldest, first);
    take();
    EXPECT_EQ(queue().counts("processor")->oldest, first + std::chrono::seconds(1));
    // A retry is due later, but has been queued since.
    ASSERT_TRUE(queue().retry(last_.id, first + std::chrono::hours(1)));
    EXPECT_EQ(queue().counts("processor")->oldest, first);
}

TEST_F(QueueTest, TellsOfEveryEventThatMayNowBeTaken) {
    int told = 0;
    queue().on_added([&] {
        ++told;
        EXPECT_TRUE(queue().counts("processor"));  // No lock is held.
    });
    add("1");
    EXPECT_EQ(told, 1);
    take();
    EXPECT_EQ(told, 1);
    ASSERT_TRUE(queue().put_back(last_.id));
    EXPECT_EQ(told, 2);
    take();
    ASSERT_TRUE(queue().retry(last_.id, store_.clock().now()));
    EXPECT_EQ(told, 3);
    take();
    ASSERT_TRUE(queue().bury(last_.id, "C", "", "api", "record"));
    EXPECT_EQ(told, 4);
    queue().on_added({});
    add("2");
    EXPECT_EQ(told, 4);
}

TEST_F(QueueTest, ManyTakersNeverGetTheSameEvent) {
    constexpr int kEvents = 60;
    for (int i = 0; i < kEvents; ++i) add(std::to_string(i));
    std::mutex mutex;
    std::multiset<std::string> taken;
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (;;) {
                    const auto event = queue().take("processor");
                    ASSERT_TRUE(event);
                    if (!*event) return;
                    ASSERT_TRUE(queue().done((*event)->id));
                    const std::lock_guard lock(mutex);
                    taken.insert((*event)->payload);
                }
            });
        }
    }
    EXPECT_EQ(taken.size(), std::size_t{kEvents});
    EXPECT_EQ(std::set(taken.begin(), taken.end()).size(), std::size_t{kEvents});
    EXPECT_EQ(counts(), "0 0 0");
}

TEST_F(QueueTest, AFullDiskIsSaidAndPasses) {
    add("1");
    {
        const LowerLimit limit(RLIMIT_FSIZE, 4096);
        const auto added = queue().add("processor", std::string(100'000, 'x'));
        ASSERT_FALSE(added);
        EXPECT_EQ(added.error().code, Code::unavailable);
    }
    EXPECT_EQ(counts(), "1 0 0");
    add("2");
    EXPECT_EQ(counts(), "2 0 0");
}

}  // namespace
}  // namespace imagemill::local
