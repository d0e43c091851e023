#include <exception>
#include <utility>

#include "aws/trace_id.h"
#include "base/random.h"
#include "local/lambda/built_in.h"
#include "local/lambda/scheduler.h"

namespace imagemill::local {
namespace {

// Memory may run out over a large payload: that ends the invocation, not the server.
Outcome run_safely(Instance& instance, Invocation invocation) {
    const std::string request_id = invocation.request_id;
    try {
        return instance.run(std::move(invocation));
    } catch (const std::exception& error) {
        instance.kill();
        return {.status = InvocationStatus::error,
                .payload = format_error("Runtime.Internal", request_id, error.what()),
                .error_type = "Runtime.Internal"};
    }
}

}  // namespace

void Scheduler::run_slot(Roster& roster, Slot& slot) {
    Isolation isolation = isolation_;
    if (isolation.user != 0) isolation.user += slot.number % kUsersMax;
    const InstanceOptions options{.bootstrap = bootstrap_,
                                  .region = region_,
                                  .function_arn = roster.arn,
                                  .isolation = std::move(isolation),
                                  .inner_s3 = inner_s3_,
                                  .s3_relay = s3_relay_};
    auto started = slot.config.built_in ? Result(make_built_in(slot.config, *this, clock_))
                                        : start_instance(options, slot.config, logs_, clock_, log_);
    if (started) {
        serve(roster, slot, **started);
        const Lock lock(mutex_);
        slot.instance = nullptr;
    } else {
        const Lock lock(mutex_);
        fail_start(roster, started.error().message);
    }
    // The process is reaped before its place is given away: instances_max counts processes.
    if (started) started->reset();
    end_slot(roster, slot);
}

void Scheduler::serve(Roster& roster, Slot& slot, Instance& instance) {
    {
        const Lock lock(mutex_);
        slot.instance = &instance;
        if (stopping_) return;
    }
    if (!instance.wait_ready()) {
        fail_first(roster, slot, instance);
        return;
    }
    {
        const Lock lock(mutex_);
        roster.backoff.succeed();
        ++roster.counts.cold_starts;
        roster.counts.start_durations.add(instance.start_duration());
    }
    bool ready = true;
    while (ready) {
        auto work = next_work(roster, slot);
        if (!work) return;
        if (!instance.is_alive()) return return_work(roster, slot, *std::move(work));
        ready = perform(roster, slot, instance, *std::move(work));
    }
}

std::optional<Work> Scheduler::next_work(Roster& roster, Slot& slot) {
    Lock lock(mutex_);
    for (;;) {
        roster.arrive(slot);
        if (stopping_ || roster.is_outdated(slot)) return std::nullopt;
        const std::int64_t seen = rings_;
        std::optional<Work> work = roster.pick();
        if (!work && roster.may_take() && clock_.steady() >= queue_until_) {
            work = take_work(lock, roster, slot);
            // What came while we looked was not for the dispatcher, who saw us at work.
            if (!work && (seen != rings_ || !roster.waiting.empty())) continue;
        }
        if (work) {
            slot.working = true;
            slot.on_event = work->event.has_value();
            ++roster.counts.busy;
            return work;
        }
        if (!wait_idle(lock, roster, slot)) return std::nullopt;
    }
}

// A freed instance looks for its next event itself: that spares a change of threads each time.
std::optional<Work> Scheduler::take_work(Lock& lock, Roster& roster, Slot& slot) {
    ++roster.queue_working;
    slot.on_event = true;
    lock.unlock();
    auto event = take(roster);
    lock.lock();
    if (event && *event && !stopping_) return Work{.call = nullptr, .event = **std::move(event)};
    --roster.queue_working;
    slot.on_event = false;
    if (!event || !*event) return std::nullopt;
    lock.unlock();
    settle(put_back((**event).id));
    lock.lock();
    return std::nullopt;
}

// False: it has been idle long enough.
bool Scheduler::wait_idle(Lock& lock, Roster& roster, Slot& slot) {
    roster.idle.push_back(&slot);
    slot.called.wait_for(lock, roster.config.idle,
                         [&] { return slot.coming || stopping_ || roster.is_outdated(slot); });
    if (slot.coming) return true;
    std::erase(roster.idle, &slot);
    return false;
}

// The process ended while it was idle: that is no fault of the work, which waits for another one.
void Scheduler::return_work(Roster& roster, Slot& slot, Work work) {
    const Lock lock(mutex_);
    slot.working = false;
    slot.on_event = false;
    --roster.counts.busy;
    roster.unpick(std::move(work));
}

// False: the instance is of no more use.
bool Scheduler::perform(Roster& roster, Slot& slot, Instance& instance, Work work) {
    const std::size_t request_bytes =
        work.call ? work.call->payload.size() : work.event->payload.size();
    Outcome outcome = run_safely(instance, invocation_of(work));
    bool aborted = false;
    {
        const Lock lock(mutex_);
        aborted = killing_ && instance.lost();
        roster.counts.request_bytes += static_cast<std::int64_t>(request_bytes);
        roster.counts.response_bytes += static_cast<std::int64_t>(outcome.payload.size());
        roster.counts.durations.add(outcome.duration);
        if (!instance.lost() && !roster.is_outdated(slot)) {
            // It will be back in a moment: who calls next need not start another one.
            slot.coming = true;
            ++roster.coming;
        }
    }
    if (aborted) {
        finish_aborted(work);
    } else {
        finish(roster, work, std::move(outcome));
    }
    const bool ready = instance.settle();
    const Lock lock(mutex_);
    slot.working = false;
    slot.on_event = false;
    --roster.counts.busy;
    if (work.event) --roster.queue_working;
    if (!ready) roster.arrive(slot);
    return ready;
}

Invocation Scheduler::invocation_of(Work& work) const {
    if (work.call) {
        return {.request_id = work.call->request_id,
                .trace_id = work.call->options.trace_id,
                .payload = std::move(work.call->payload),
                .client_context = work.call->options.client_context,
                .log_tail = work.call->options.log_tail};
    }
    // The event keeps its payload: a failure is reported with it. Of what the function writes now
    // it is the cause, once more than it was of the event.
    const QueuedEvent& event = *work.event;
    const std::string trace_id =
        event.trace_id.empty() ? aws::make_trace_id(clock_.now()) : event.trace_id;
    return {.request_id = event.request_id,
            .trace_id = aws::add_hop(trace_id, event.function),
            .payload = event.payload,
            .client_context = {},
            .log_tail = LogTail::none};
}

// The instance did not come up: the first who waits gets to know what it said, unless the next one
// starts otherwise.
void Scheduler::fail_first(Roster& roster, Slot& slot, Instance& instance) {
    std::optional<Work> work;
    {
        const Lock lock(mutex_);
        if (stopping_ || roster.is_outdated(slot)) return;
        roster.arrive(slot);
        work = roster.pick();
    }
    const std::string request_id = !work        ? random_uuid()
                                   : work->call ? work->call->request_id
                                                : work->event->request_id;
    Outcome outcome = instance.fail_init(request_id);
    {
        const Lock lock(mutex_);
        fail_start(roster, "its start ended in " + outcome.payload.substr(0, 500));
        if (work && work->event) --roster.queue_working;
    }
    if (work) finish(roster, *work, std::move(outcome));
}

void Scheduler::finish(Roster& roster, Work& work, Outcome outcome) {
    const bool failed = outcome.status != InvocationStatus::success;
    tell_finished(roster, work, outcome);
    {
        const Lock lock(mutex_);
        ++roster.counts.invocations;
        if (failed) ++roster.counts.errors;
        if (work.call) {
            work.call->result = InvokeResult{.payload = std::move(outcome.payload),
                                             .function_error = failed ? "Unhandled" : "",
                                             .request_id = work.call->request_id,
                                             .log_tail = std::move(outcome.log_tail)};
            work.call->changed.notify_one();  // Under the lock: the call goes with its caller.
            return;
        }
    }
    const Settlement settlement =
        plan_settlement(roster.config, roster.arn, *work.event, outcome, clock_.now());
    settle(settlement);
    {
        const Lock lock(mutex_);
        if (settlement.kind == SettlementKind::retry) ++roster.counts.events_retried;
        if (settlement.kind == SettlementKind::bury) ++roster.counts.events_dropped;
    }
    if (settlement.kind == SettlementKind::retry) ring();  // There is a new time to wake at.
}

void Scheduler::tell_finished(const Roster& roster, const Work& work,
                              const Outcome& outcome) const {
    if (!on_finished_) return;
    FinishedInvocation finished{.function = roster.config.name,
                                .request_id = {},
                                .trace_id = {},
                                .answer = outcome.payload,
                                .error_type = outcome.error_type,
                                .duration = outcome.duration,
                                .ended = clock_.now()};
    if (work.call) {
        finished.request_id = work.call->request_id;
        finished.trace_id = work.call->options.trace_id;
        finished.what = work.call->options.what;
    } else {
        finished.request_id = work.event->request_id;
        finished.trace_id = work.event->trace_id;
        finished.event = work.event->payload;
        finished.attempt = work.event->attempts + 1;
    }
    on_finished_(finished);
}

// We ended it ourselves, since the server stops.
void Scheduler::finish_aborted(Work& work) {
    if (work.event) {
        settle(put_back(work.event->id));
        return;
    }
    const Lock lock(mutex_);
    work.call->result = stopping_error();
    work.call->changed.notify_one();
}

void Scheduler::end_slot(Roster& roster, Slot& slot) {
    {
        const Lock lock(mutex_);
        roster.arrive(slot);
        --roster.live;
        --roster.counts.instances;
        slot.ended = true;
        if (!stopping_) call_slots(roster);
        ++rings_;  // To be joined, and to take for whom there is room now.
        slot_ended_.notify_all();
    }
    wake_.notify_one();
}

}  // namespace imagemill::local
