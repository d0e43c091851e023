#include "local/lambda/roster.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

const SteadyTime kNow{Milliseconds(1'000'000)};

Roster roster_of(int instances_max, int waiting_max) {
    Roster roster;
    roster.config.name = "f";
    roster.config.instances_max = instances_max;
    roster.config.waiting_max = waiting_max;
    return roster;
}

TEST(Roster, AdmitsCallersUpToThoseWhoMayWait) {
    Roster roster = roster_of(1, 2);
    Call calls[3];
    roster.live = 1;  // At work.

    roster.waiting = {&calls[0]};
    EXPECT_TRUE(roster.check_admission(kNow));
    roster.waiting = {&calls[0], &calls[1]};
    const auto third = roster.check_admission(kNow);

    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, Code::busy);
    EXPECT_EQ(third.error().exceeded,
              (Exceeded{.setting = "waiting_max", .limit = 2, .measured = 3}));
}

TEST(Roster, AdmitsACallerWhoNeedNotWaitEvenIfNobodyMay) {
    Roster roster = roster_of(1, 0);

    EXPECT_TRUE(roster.check_admission(kNow));
    roster.live = 1;
    EXPECT_FALSE(roster.check_admission(kNow));
}

TEST(Roster, PicksCallersBeforeEvents) {
    Roster roster = roster_of(1, 1);
    Call call;
    roster.taken.push_back(QueuedEvent());
    roster.waiting.push_back(&call);

    const auto first = roster.pick();
    const auto second = roster.pick();

    EXPECT_EQ(first->call, &call);
    EXPECT_TRUE(call.picked);
    EXPECT_TRUE(second->event.has_value());
    EXPECT_EQ(roster.queue_working, 1);
    EXPECT_FALSE(roster.pick());
}

TEST(Roster, TakesBackWorkAsTheFirst) {
    Roster roster = roster_of(1, 2);
    Call calls[2];
    roster.waiting = {&calls[0], &calls[1]};
    roster.taken.resize(2);
    roster.taken[0].id = 1;

    roster.unpick(*roster.pick());
    EXPECT_EQ(roster.waiting.front(), &calls[0]);
    EXPECT_FALSE(calls[0].picked);

    roster.waiting.clear();
    roster.unpick(*roster.pick());
    EXPECT_EQ(roster.taken.front().id, 1);
    EXPECT_EQ(roster.taken.size(), 2);
    EXPECT_EQ(roster.queue_working, 0);
}

TEST(Roster, BeginsNoEventWhileAnEarlierEnvironmentWorksOnOne) {
    Roster roster = roster_of(2, 2);
    Slot& old = roster.slots.emplace_back();
    old.on_event = true;
    roster.taken.resize(1);
    Call call;
    roster.waiting = {&call};

    roster.set_environment({{"A", "1"}});
    EXPECT_TRUE(roster.is_outdated(old));
    EXPECT_FALSE(roster.may_take());
    EXPECT_EQ(roster.pick()->call, &call);
    EXPECT_FALSE(roster.pick());

    old.on_event = false;
    EXPECT_TRUE(roster.may_take());
    EXPECT_TRUE(roster.pick()->event.has_value());
}

TEST(Roster, CallsTheInstanceThatWasUsedLast) {
    Roster roster = roster_of(2, 0);
    Slot older;
    Slot newer;
    older.coming = newer.coming = false;
    roster.idle = {&older, &newer};

    EXPECT_EQ(roster.call_idle(), &newer);
    EXPECT_EQ(roster.call_idle(), &older);
    EXPECT_EQ(roster.call_idle(), nullptr);
    EXPECT_EQ(roster.coming, 2);
}

TEST(Roster, TakesEventsOnlyForWhomThereIsRoom) {
    Roster roster = roster_of(2, 0);
    EXPECT_TRUE(roster.has_room(kNow));

    roster.taken.resize(2);
    EXPECT_FALSE(roster.has_room(kNow));

    roster.taken.clear();
    roster.live = 2;  // Both at work.
    EXPECT_FALSE(roster.has_room(kNow));
}

TEST(Roster, KeepsInstancesForCallers) {
    Roster roster = roster_of(3, 0);
    roster.config.queue_instances_max = 1;
    EXPECT_TRUE(roster.has_room(kNow));

    roster.queue_working = 1;
    EXPECT_FALSE(roster.has_room(kNow));
    roster.config.queue_instances_max = 0;
    EXPECT_TRUE(roster.has_room(kNow));
    roster.config.consumes_queue = false;
    EXPECT_FALSE(roster.has_room(kNow));
}

TEST(Roster, WaitsLongerAfterEachFailedStart) {
    Backoff backoff;
    SteadyTime now = kNow;
    for (const int pause_ms :
         {200, 400, 800, 1'600, 3'200, 6'400, 12'800, 25'600, 30'000, 30'000}) {
        backoff.fail("broken", now);
        EXPECT_EQ(backoff.until - now, Milliseconds(pause_ms));
        EXPECT_TRUE(backoff.holds(backoff.until - Milliseconds(1)));
        EXPECT_FALSE(backoff.holds(backoff.until));
        now = backoff.until;
    }
    backoff.succeed();
    backoff.fail("broken", now);
    EXPECT_EQ(backoff.until - now, Milliseconds(200));
}

TEST(Roster, RefusesCallersWithTheReasonWhileStartsAreHeldBack) {
    Roster roster = roster_of(1, 5);
    roster.backoff.fail("no such file", kNow);

    const auto refused = roster.check_admission(kNow);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unavailable);
    EXPECT_EQ(refused.error().message, "no such file");

    EXPECT_TRUE(roster.check_admission(kNow + Milliseconds(200)));
    roster.live = 1;  // One that lives serves all the same.
    EXPECT_TRUE(roster.check_admission(kNow));
}

}  // namespace
}  // namespace imagemill::local
