// settlement: what the outcome of an asynchronous invocation means for its event.
//
// Shapes:  success → done. Failure → again after a pause that grows with the attempts, or, where
//          none is left, it would come too late or be of no use, a dead letter with an on-failure
//          record; so too, unrun, what is too old or of a loop. What we ended ourselves → back to
//          waiting, uncounted.
// Errors:  apply: what the queue says.
// Threads: pure functions.
// Source:  AWS Lambda developer guide, "How Lambda handles errors and retries with asynchronous
//          invocation", "Recursive loop detection".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "local/lambda/instance.h"
#include "local/lambda/pool.h"
#include "local/storage/queue.h"

namespace imagemill::local {

enum class SettlementKind { done, retry, bury, put_back };

struct Settlement {
    SettlementKind kind = SettlementKind::put_back;
    std::int64_t id = 0;
    Time due;       // Of a retry.
    Burial burial;  // Of a burial.
};

Settlement plan_settlement(const FunctionConfig& function, std::string_view function_arn,
                           const QueuedEvent& event, const Outcome& outcome, Time now);
// What becomes of an event that is not to run (again): it is older than event_age_max, or the
// function has caused it itself hops_max times over. Nothing where it is to run.
std::optional<Settlement> plan_refusal(const FunctionConfig& function,
                                       std::string_view function_arn, const QueuedEvent& event,
                                       Time now);
Settlement put_back(std::int64_t id);
Result<void> apply(const Settlement& settlement, EventQueue& queue);

}  // namespace imagemill::local
