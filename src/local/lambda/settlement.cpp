#include "local/lambda/settlement.h"

#include "aws/failure_record.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kRetriesExhausted = "RetriesExhausted";

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
    if (attempts <= function.retries) {
        settlement.kind = SettlementKind::retry;
        settlement.due = now + function.retry_delay * attempts;
        return settlement;
    }
    settlement.kind = SettlementKind::bury;
    settlement.error = outcome.payload;
    settlement.on_failure_function = function.on_failure;
    if (function.on_failure.empty()) return settlement;
    aws::FailureRecord record;
    record.request_id = event.request_id;
    record.function_arn = std::string(function_arn) + ":$LATEST";
    record.condition = kRetriesExhausted;
    record.invoke_count = attempts;
    record.request_payload = event.payload;
    record.response_payload = outcome.payload;
    record.time = now;
    settlement.on_failure_payload = aws::format_failure_record(record);
    return settlement;
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
            return queue.bury(settlement.id, std::string(kRetriesExhausted), settlement.error,
                              settlement.on_failure_function, settlement.on_failure_payload);
        case SettlementKind::put_back:
            return queue.put_back(settlement.id);
    }
    return {};
}

}  // namespace imagemill::local
