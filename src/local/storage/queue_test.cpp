#include "local/storage/queue.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

const Burial kToApi{.condition = "RetriesExhausted",
                    .error = "",
                    .attempts = 1,
                    .on_failure_function = "api",
                    .on_failure_payload = "record"};

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

TEST_F(QueueTest, ATraceGoesWithItsEventToTheEnd) {
    const std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    ASSERT_TRUE(queue().add("processor", "1", {.priority = Priority::normal, .trace_id = trace}));
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.trace_id, trace);
    ASSERT_TRUE(queue().bury(last_.id, {.condition = "RetriesExhausted",
                                        .attempts = 1,
                                        .on_failure_function = "api",
                                        .on_failure_payload = "failed",
                                        .trace_id = last_.trace_id}));

    EXPECT_EQ((*queue().take("api"))->trace_id, trace);
    EXPECT_EQ(queue().list({})->at(0).trace_id, trace);
    ASSERT_TRUE(queue().redrive({}));
    EXPECT_EQ(queue().list({.state = EventState::waiting})->at(0).trace_id, trace);
    EXPECT_EQ(take(), "1");
    EXPECT_EQ(last_.trace_id, trace);
}

TEST_F(QueueTest, KeepsFunctionsApart) {
    add("1");
    ASSERT_TRUE(queue().add("api", "2"));
    EXPECT_EQ((*queue().take("api"))->payload, "2");
    EXPECT_FALSE(queue().take("api")->has_value());
    EXPECT_EQ(counts(), "1 0 0");
    EXPECT_FALSE(queue().next_due("api")->has_value());
}

TEST_F(QueueTest, TakesSeveralAtOnceEachWithARequestIdOfItsOwn) {
    ASSERT_TRUE(queue().add_all("processor", {"1", "2"}, {.priority = Priority::low}));
    ASSERT_TRUE(queue().add_all("processor", {}, {.priority = Priority::low}));
    add("3");
    EXPECT_EQ(counts(), "3 0 0");
    store_.reopen();

    EXPECT_EQ(take(), "3");
    EXPECT_EQ(take(), "1");
    const std::string first = last_.request_id;
    const std::string first_trace = last_.trace_id;
    EXPECT_EQ(take(), "2");
    EXPECT_NE(last_.request_id, first);
    EXPECT_NE(last_.trace_id, first_trace);
    EXPECT_EQ(take(), "-");
}

TEST_F(QueueTest, SeveralOfOneCauseShareItsTrace) {
    const std::string trace = "Root=1-5759e988-bd862e3fe1be46a994272793";
    ASSERT_TRUE(queue().add_all("processor", {"1", "2"}, {.trace_id = trace}));
    for (const char* payload : {"1", "2"}) {
        EXPECT_EQ(take(), payload);
        EXPECT_EQ(last_.trace_id, trace);
    }
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
    ASSERT_TRUE(queue().bury(
        last_.id,
        {.condition = "RetriesExhausted", .error = "{\"errorType\":\"X\"}", .attempts = 2}));

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
    ASSERT_TRUE(queue().bury(last_.id, kToApi));
    EXPECT_EQ((*queue().take("api"))->payload, "record");
    // Burying what is not there makes no second record.
    ASSERT_TRUE(queue().bury(last_.id, kToApi));
    EXPECT_FALSE(queue().take("api")->has_value());
    EXPECT_EQ(queue().dead_letters(10)->size(), 1U);
}

TEST_F(QueueTest, DeadLettersComeNewestFirstAndBounded) {
    for (const char* payload : {"1", "2", "3"}) {
        add(payload);
        take();
        ASSERT_TRUE(queue().bury(last_.id, {.condition = "C"}));
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
    ASSERT_TRUE(queue().bury(last_.id, kToApi));
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

TEST_F(QueueTest, LowPriorityWaitsForAllOthers) {
    const Time added = store_.clock().now();
    ASSERT_TRUE(queue().add("processor", "again", {.priority = Priority::low}));
    EXPECT_EQ(counts(), "1 0 0");
    EXPECT_EQ(queue().counts("processor")->low, 1);
    EXPECT_FALSE(queue().counts("processor")->oldest.has_value());
    EXPECT_EQ(*queue().next_due("processor"), added);
    store_.clock().advance(std::chrono::hours(7));
    add("new");

    EXPECT_EQ(take(), "new");
    EXPECT_EQ(take(), "again");
    EXPECT_EQ(take(), "-");
}

TEST_F(QueueTest, TheAgeOfALowPriorityEventIsCountedFromItsTurn) {
    ASSERT_TRUE(queue().add("processor", "again", {.priority = Priority::low}));
    store_.clock().advance(std::chrono::hours(7));
    const Time turn = store_.clock().now();

    take();
    EXPECT_EQ(last_.queued, turn);

    store_.clock().advance(std::chrono::minutes(1));
    ASSERT_TRUE(queue().retry(last_.id, store_.clock().now()));
    take();
    EXPECT_EQ(last_.queued, turn);  // From here on it ages as any other.
}

TEST_F(QueueTest, ListsWhatIsAskedForPageByPage) {
    for (const char* payload : {"1", "2", "3"}) add(payload);
    ASSERT_TRUE(queue().add("api", "4"));
    take();

    const auto running = queue().list({.state = EventState::running});
    const auto first = queue().list({.state = EventState::waiting, .count_max = 2});
    const auto second =
        queue().list({.state = EventState::waiting, .after_id = first->back().id, .count_max = 2});
    const auto of_api = queue().list({.function = "api", .state = EventState::waiting});

    ASSERT_EQ(running->size(), 1U);
    EXPECT_EQ(running->front().payload, "1");
    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ(first->back().payload, "3");
    ASSERT_EQ(second->size(), 1U);
    EXPECT_EQ(second->front().payload, "4");
    ASSERT_EQ(of_api->size(), 1U);
    EXPECT_EQ(of_api->front().payload, "4");
    EXPECT_TRUE(queue().list({.state = EventState::dead})->empty());
}

TEST_F(QueueTest, ADeadLetterThatIsRedrivenHasAllItsAttemptsAgain) {
    add("1");
    take();
    const std::string request_id = last_.request_id;
    ASSERT_TRUE(queue().bury(last_.id, {.condition = "C", .error = "{}", .attempts = 3}));
    const auto dead = queue().list({});
    ASSERT_EQ(dead->size(), 1U);
    EXPECT_EQ(dead->front().attempts, 3);
    int told = 0;
    queue().on_added([&] { ++told; });

    EXPECT_EQ(*queue().redrive({.ids = {dead->front().id}}), 1);

    EXPECT_EQ(told, 1);
    EXPECT_EQ(counts(), "1 0 0");
    take();
    EXPECT_EQ(last_.attempts, 0);
    EXPECT_EQ(last_.request_id, request_id);
    EXPECT_GT(last_.id, dead->front().id);
    EXPECT_EQ(*queue().redrive({.ids = {dead->front().id}}), 0);
}

TEST_F(QueueTest, RedrivesAFunctionsDeadLettersOrAll) {
    for (int i = 0; i < 5; ++i) {
        add("p");
        take();
        ASSERT_TRUE(queue().bury(last_.id, {.condition = "C"}));
    }
    ASSERT_TRUE(queue().add("api", "a"));
    ASSERT_TRUE(queue().bury((*queue().take("api"))->id, {.condition = "C"}));

    EXPECT_EQ(*queue().redrive({.function = "processor"}), 5);
    EXPECT_EQ(counts(), "5 0 0");
    EXPECT_EQ(queue().counts("api")->dead, 1);
    EXPECT_EQ(*queue().redrive({}), 1);
    EXPECT_EQ(queue().counts("api")->waiting, 1);
}

TEST_F(QueueTest, DeletesInOneStateAlone) {
    add("dies");
    take();
    ASSERT_TRUE(queue().bury(last_.id, {.condition = "C"}));
    add("waits");

    EXPECT_EQ(*queue().remove({.state = EventState::dead}), 1);
    EXPECT_EQ(counts(), "1 0 0");
    EXPECT_EQ(*queue().remove({.state = EventState::dead}), 0);
    EXPECT_EQ(*queue().remove({.state = EventState::running}), 0);
    EXPECT_EQ(*queue().remove({.state = EventState::waiting}), 1);
    EXPECT_EQ(counts(), "0 0 0");
}

TEST_F(QueueTest, DeletesWhatWaitsOrIsDeadButNotWhatRuns) {
    add("runs");
    take();
    const std::int64_t running = last_.id;
    add("dead");
    take();
    ASSERT_TRUE(queue().bury(last_.id, {.condition = "C"}));
    add("waits");
    ASSERT_TRUE(queue().add("processor", "waits, too", {.priority = Priority::low}));
    EXPECT_EQ(counts(), "2 1 1");

    EXPECT_EQ(*queue().remove({.ids = {running}}), 0);
    EXPECT_EQ(*queue().remove({.function = "api"}), 0);
    EXPECT_EQ(*queue().remove({}), 3);

    EXPECT_EQ(counts(), "0 1 0");
}

TEST_F(QueueTest, TrimsTheDeadThenTheOldestThatWaitOfOneFunction) {
    add("runs");
    take();
    for (const char* const payload : {"dead 1", "dead 2"}) {
        add(payload);
        take();
        ASSERT_TRUE(queue().bury(last_.id, {.condition = "C"}));
    }
    for (const char* const payload : {"waits 1", "waits 2", "waits 3"}) add(payload);
    ASSERT_TRUE(queue().add("api", "another's"));

    EXPECT_EQ(*queue().trim("processor", 5), 0);
    EXPECT_EQ(*queue().trim("processor", 4), 1);
    EXPECT_EQ(queue().list({})->front().payload, "dead 2");
    EXPECT_EQ(*queue().trim("processor", 2), 2);
    EXPECT_EQ(counts(), "2 1 0");
    take();
    EXPECT_EQ(last_.payload, "waits 2");
    EXPECT_EQ(*queue().trim("processor", 0), 1);
    EXPECT_EQ(counts(), "0 2 0");
    EXPECT_EQ(queue().counts("api")->waiting, 1);
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
