#include "local/lambda/settlement.h"

#include <algorithm>

#include "aws/failure_record.h"
#include "aws/trace_id.h"
#include "local/lambda/report.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kRetriesExhausted = "RetriesExhausted";
constexpr std::string_view kEventAgeExceeded = "EventAgeExceeded";
// A word of ours: Lambda's record of it is not documented.
constexpr std::string_view kRecursiveLoop = "RecursiveLoop";
// Likewise: the function itself said that no other attempt can help.
constexpr std::string_view kRefused = "Refused";

struct Reason {
    std::string_view condition;
    int attempts = 0;
    std::string answer;  // Of the last attempt; empty where there was none.
};

Settlement bury(const FunctionConfig& function, std::string_view function_arn,
                const QueuedEvent& event, const Reason& reason, Time now) {
    Settlement settlement;
    settlement.kind = SettlementKind::bury;
    settlement.id = event.id;
    settlement.burial = {.condition = std::string(reason.condition),
                         .error = reason.answer,
                         .attempts = reason.attempts,
                         .on_failure_function = function.on_failure,
                         .on_failure_payload = "",
                         .trace_id = reason.attempts > 0 && !event.trace_id.empty()
                                         ? aws::add_hop(event.trace_id, function.name)
                                         : event.trace_id};
    if (function.on_failure.empty()) return settlement;
    aws::FailureRecord record;
    record.request_id = event.request_id;
    record.function_arn = std::string(function_arn) + ":$LATEST";
    record.condition = reason.condition;
    record.invoke_count = reason.attempts;
    record.request_payload = event.payload;
    record.response_payload = reason.answer;
    record.time = now;
    settlement.burial.on_failure_payload = aws::format_failure_record(record);
    return settlement;
}

// Doubles with each attempt, up to its greatest.
Milliseconds pause_after(int attempts, const FunctionConfig& function) {
    Milliseconds pause = function.retry_delay;
    for (int i = 1; i < attempts && pause < function.retry_delay_max; ++i) pause *= 2;
    return std::min(pause, function.retry_delay_max);
}

}  // namespace

Settlement plan_settlement(const FunctionConfig& function, std::string_view function_arn,
                           const QueuedEvent& event, const Outcome& outcome, Time now) {
    Settlement settlement;
    settlement.id = event.id;
    if (outcome.status == InvocationStatus::success) {
        settlement.kind = SettlementKind::done;
        return settlement;
    }
    const int attempts = event.attempts + 1;
    Reason reason{.condition = kRetriesExhausted, .attempts = attempts, .answer = outcome.payload};
    if (outcome.is_final) reason.condition = kRefused;
    if (outcome.is_final || attempts > function.retries) {
        return bury(function, function_arn, event, reason, now);
    }
    settlement.kind = SettlementKind::retry;
    settlement.due = now + std::max(pause_after(attempts, function), outcome.pause_min);
    if (settlement.due - event.queued <= function.event_age_max) return settlement;
    // It would be too old by then: Lambda gives up right away.
    reason.condition = kEventAgeExceeded;
    return bury(function, function_arn, event, reason, now);
}

std::optional<Settlement> plan_refusal(const FunctionConfig& function,
                                       std::string_view function_arn, const QueuedEvent& event,
                                       Time now) {
    if (aws::count_hops(event.trace_id, function.name) >= function.hops_max) {
        const std::string message = "function '" + function.name +
                                    "' has caused this event itself, " +
                                    std::to_string(function.hops_max) +
                                    " times over (hops_max): a bucket it writes to notifies it";
        return bury(
            function, function_arn, event,
            {.condition = kRecursiveLoop,
             .attempts = event.attempts,
             .answer = format_error("RecursiveInvocationException", event.request_id, message)},
            now);
    }
    if (now - event.queued <= function.event_age_max) return std::nullopt;
    return bury(function, function_arn, event,
                {.condition = kEventAgeExceeded, .attempts = event.attempts, .answer = ""}, now);
}

Settlement put_back(std::int64_t id) {
    Settlement settlement;
    settlement.id = id;
    return settlement;
}

Result<void> apply(const Settlement& settlement, EventQueue& queue) {
    switch (settlement.kind) {
        case SettlementKind::done:
            return queue.done(settlement.id);
        case SettlementKind::retry:
            return queue.retry(settlement.id, settlement.due);
        case SettlementKind::bury:
            return queue.bury(settlement.id, settlement.burial);
        case SettlementKind::put_back:
            return queue.put_back(settlement.id);
    }
    return {};
}

}  // namespace imagemill::local
