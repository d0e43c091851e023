#include "local/lambda/settlement.h"

#include <gtest/gtest.h>

#include "aws/failure_record.h"
#include "aws/trace_id.h"
#include "base/json.h"
#include "local/lambda/testing_queue.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kArn = "arn:aws:lambda:us-east-1:000000000000:function:f";
const Time kNow{Milliseconds(1'000'000)};

FunctionConfig config(int retries) {
    FunctionConfig function;
    function.name = "f";
    function.retries = retries;
    function.on_failure = "api";
    return function;
}

QueuedEvent event(int attempts) {
    QueuedEvent queued;
    queued.id = 7;
    queued.function = "f";
    queued.request_id = "the-request";
    queued.payload = R"({"Records":[]})";
    queued.attempts = attempts;
    return queued;
}

const Outcome kFailed{.status = InvocationStatus::error,
                      .payload = R"({"errorType":"Odd","errorMessage":"no"})",
                      .error_type = "Function.Odd"};

TEST(Settlement, IsDoneAfterSuccess) {
    const Outcome fine{.status = InvocationStatus::success, .payload = "{}", .error_type = ""};

    const Settlement settlement = plan_settlement(config(2), kArn, event(2), fine, kNow);

    EXPECT_EQ(settlement.kind, SettlementKind::done);
    EXPECT_EQ(settlement.id, 7);
}

TEST(Settlement, WaitsAMinuteThenTwo) {
    const Settlement first = plan_settlement(config(2), kArn, event(0), kFailed, kNow);
    const Settlement second = plan_settlement(config(2), kArn, event(1), kFailed, kNow);

    EXPECT_EQ(first.kind, SettlementKind::retry);
    EXPECT_EQ(first.due, kNow + Milliseconds(60'000));
    EXPECT_EQ(second.kind, SettlementKind::retry);
    EXPECT_EQ(second.due, kNow + Milliseconds(120'000));
}

TEST(Settlement, PausesTwiceAsLongEachTimeUpToTheGreatest) {
    FunctionConfig function = config(100);
    function.retry_delay = Milliseconds(5'000);
    function.retry_delay_max = Milliseconds(30'000);
    std::vector<std::int64_t> pauses;

    for (const int attempts : {0, 1, 2, 3, 99}) {
        const Settlement next = plan_settlement(function, kArn, event(attempts), kFailed, kNow);
        pauses.push_back((next.due - kNow).count());
    }

    EXPECT_EQ(pauses, (std::vector<std::int64_t>{5'000, 10'000, 20'000, 30'000, 30'000}));
}

TEST(Settlement, PausesAsLongAsTheFailureAsks) {
    Outcome busy = kFailed;
    busy.pause_min = Milliseconds(90'000);

    EXPECT_EQ(plan_settlement(config(2), kArn, event(0), busy, kNow).due,
              kNow + Milliseconds(90'000));
    EXPECT_EQ(plan_settlement(config(2), kArn, event(1), busy, kNow).due,
              kNow + Milliseconds(120'000));
}

TEST(Settlement, BuriesAtOnceWhatIsFinal) {
    Outcome final = kFailed;
    final.is_final = true;

    const Settlement settlement = plan_settlement(config(2), kArn, event(0), final, kNow);

    EXPECT_EQ(settlement.kind, SettlementKind::bury);
    EXPECT_EQ(settlement.burial.condition, "Refused");
    EXPECT_EQ(settlement.burial.attempts, 1);
}

TEST(Settlement, BuriesTheThirdFailureWithARecord) {
    const Settlement settlement = plan_settlement(config(2), kArn, event(2), kFailed, kNow);

    EXPECT_EQ(settlement.kind, SettlementKind::bury);
    EXPECT_EQ(settlement.burial.error, kFailed.payload);
    EXPECT_EQ(settlement.burial.on_failure_function, "api");
    const auto parsed = parse_json(settlement.burial.on_failure_payload);
    ASSERT_TRUE(parsed);
    const auto record = aws::parse_failure_record(*parsed);
    ASSERT_TRUE(record);
    EXPECT_EQ(record->request_id, "the-request");
    EXPECT_EQ(record->function_arn, std::string(kArn) + ":$LATEST");
    EXPECT_EQ(record->condition, "RetriesExhausted");
    EXPECT_EQ(record->invoke_count, 3);
    EXPECT_EQ(record->request_payload, event(0).payload);
    EXPECT_EQ(record->response_payload, kFailed.payload);
}

TEST(Settlement, CountsTheFunctionThatFailedInTheChainOfWhoIsTold) {
    QueuedEvent last = event(2);
    last.trace_id = "Root=1-abc";

    const Settlement settlement = plan_settlement(config(2), kArn, last, kFailed, kNow);

    EXPECT_EQ(aws::count_hops(settlement.burial.trace_id, "f"), 1);
}

TEST(Settlement, RefusesTheEventAFunctionCausedItselfTooOften) {
    QueuedEvent chained = event(0);
    chained.queued = kNow;
    for (int i = 0; i < 15; ++i) chained.trace_id = aws::add_hop(chained.trace_id, "f");
    for (int i = 0; i < 20; ++i) chained.trace_id = aws::add_hop(chained.trace_id, "another");
    EXPECT_FALSE(plan_refusal(config(2), kArn, chained, kNow));

    chained.trace_id = aws::add_hop(chained.trace_id, "f");
    const auto refusal = plan_refusal(config(2), kArn, chained, kNow);

    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->kind, SettlementKind::bury);
    EXPECT_EQ(refusal->burial.condition, "RecursiveLoop");
    EXPECT_NE(refusal->burial.error.find("16 times over"), std::string::npos);
    const auto record = aws::parse_failure_record(*parse_json(refusal->burial.on_failure_payload));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->response_payload, refusal->burial.error);
    // Who is told is part of the chain.
    EXPECT_EQ(refusal->burial.trace_id, chained.trace_id);
}

TEST(Settlement, BuriesAtOnceWithoutRetries) {
    FunctionConfig function = config(0);
    function.on_failure = "";

    const Settlement settlement = plan_settlement(function, kArn, event(0), kFailed, kNow);

    EXPECT_EQ(settlement.kind, SettlementKind::bury);
    EXPECT_EQ(settlement.burial.on_failure_payload, "");
}

TEST(Settlement, BuriesAtOnceWhatWouldBeTooOldByItsNextAttempt) {
    FunctionConfig function = config(2);
    function.event_age_max = Milliseconds(60'000);
    QueuedEvent fresh = event(0);
    fresh.queued = kNow;
    QueuedEvent older = event(0);
    older.queued = kNow - Milliseconds(1);

    const Settlement again = plan_settlement(function, kArn, fresh, kFailed, kNow);
    const Settlement over = plan_settlement(function, kArn, older, kFailed, kNow);

    EXPECT_EQ(again.kind, SettlementKind::retry);
    EXPECT_EQ(over.kind, SettlementKind::bury);
    EXPECT_EQ(over.burial.condition, "EventAgeExceeded");
    EXPECT_EQ(over.burial.attempts, 1);
    const auto record = aws::parse_failure_record(*parse_json(over.burial.on_failure_payload));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->condition, "EventAgeExceeded");
    EXPECT_EQ(record->response_payload, kFailed.payload);
}

TEST(Settlement, AnExpiredEventHasARecordWithoutAnAnswer) {
    FunctionConfig function = config(2);
    QueuedEvent old = event(1);
    old.queued = kNow - function.event_age_max;
    EXPECT_FALSE(plan_refusal(function, kArn, old, kNow));

    old.queued -= Milliseconds(1);
    const auto refusal = plan_refusal(function, kArn, old, kNow);

    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->kind, SettlementKind::bury);
    EXPECT_EQ(refusal->burial.attempts, 1);
    const auto record = aws::parse_failure_record(*parse_json(refusal->burial.on_failure_payload));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->condition, "EventAgeExceeded");
    EXPECT_EQ(record->invoke_count, 1);
    EXPECT_EQ(record->response_payload, "");
}

TEST(Settlement, PutsBackWithoutCounting) {
    FakeClock clock(kNow);
    TestingQueue queue(clock);
    ASSERT_TRUE(queue.add("f", "{}"));
    const auto taken = queue.take("f");

    ASSERT_TRUE(apply(put_back((*taken)->id), queue));

    const auto again = queue.take("f");
    ASSERT_TRUE(again->has_value());
    EXPECT_EQ((*again)->attempts, 0);
    EXPECT_EQ((*again)->request_id, (*taken)->request_id);
}

}  // namespace
}  // namespace imagemill::local
