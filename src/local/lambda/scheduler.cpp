#include "local/lambda/scheduler.h"

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>

#include "aws/trace_id.h"
#include "base/random.h"

namespace imagemill::local {
namespace {

Result<void> check_size(const FunctionConfig& config, std::string_view payload) {
    const auto size = static_cast<std::int64_t>(payload.size());
    if (size <= config.payload_bytes_max) return {};
    return Error{
        Code::too_large,
        "the request to function '" + config.name + "' has " + std::to_string(size) +
            " bytes; at most " + std::to_string(config.payload_bytes_max) +
            " are allowed (payload_bytes_max)",
        Exceeded{
            .setting = "payload_bytes_max", .limit = config.payload_bytes_max, .measured = size}};
}

Error unknown(std::string_view function, const std::vector<std::string>& functions) {
    std::string names;
    for (const std::string& name : functions) names += (names.empty() ? "" : ", ") + name;
    return {Code::invalid_argument,
            "there is no function '" + std::string(function) + "'; there are: " + names};
}

}  // namespace

Scheduler::Scheduler(const PoolOptions& options, EventQueue& queue, Logs& logs, const Clock& clock,
                     const Log& log)
    : bootstrap_(options.bootstrap),
      region_(options.region),
      isolation_(options.isolation),
      inner_s3_(options.inner_s3),
      s3_relay_(options.s3_relay),
      on_finished_(options.on_finished),
      queue_(queue),
      logs_(logs),
      clock_(clock),
      log_(log) {
    for (const FunctionConfig& config : options.functions) {
        Roster& roster = rosters_[config.name];
        roster.config = config;
        roster.arn =
            "arn:aws:lambda:" + options.region + ":" + options.account + ":function:" + config.name;
    }
}

Scheduler::~Scheduler() {
    stop(Milliseconds(0));
    const std::lock_guard lock(doorbell_->mutex);
    doorbell_->scheduler = nullptr;
}

Result<void> Scheduler::start() {
    {
        const std::lock_guard lock(doorbell_->mutex);
        doorbell_->scheduler = this;
    }
    // shared: the queue keeps the callback longer than there is a pool. The dispatcher's first look
    // comes after: nothing is missed in between.
    queue_.on_added([doorbell = doorbell_] {
        const std::lock_guard lock(doorbell->mutex);
        if (doorbell->scheduler) doorbell->scheduler->ring();
    });
    try {
        dispatcher_ = std::thread([this] { dispatch(); });
    } catch (const std::system_error& error) {
        return Error{Code::unavailable,
                     std::string("no thread for the function pool: ") + error.what()};
    }
    return {};
}

Result<InvokeResult> Scheduler::invoke(std::string_view function, std::string payload,
                                       const InvokeOptions& options) {
    const auto found = rosters_.find(function);
    if (found == rosters_.end()) return unknown(function, functions());
    Roster& roster = found->second;
    TRY(check_size(roster.config, payload));
    Call call;
    call.request_id = random_uuid();
    call.options = options;
    if (call.options.trace_id.empty()) call.options.trace_id = aws::make_trace_id(clock_.now());
    call.payload = std::move(payload);

    Lock lock(mutex_);
    if (stopping_) return stopping_error();
    if (auto admission = roster.check_admission(clock_.steady()); !admission) {
        if (admission.error().code == Code::busy) ++roster.counts.throttles;
        return admission.error();
    }
    roster.waiting.push_back(&call);
    call_slots(roster);
    const Milliseconds patience = roster.config.timeout + roster.config.init_timeout;
    call.changed.wait_for(lock, patience, [&] { return call.picked || call.result; });
    if (!call.picked && !call.result) {
        std::erase(roster.waiting, &call);
        ++roster.counts.throttles;
        return Error{Code::busy, "function '" + roster.config.name +
                                     "' is busy: no instance came free within " +
                                     std::to_string(patience.count()) + " ms"};
    }
    call.changed.wait(lock, [&] { return call.result.has_value(); });
    return *std::move(call.result);
}

Result<void> Scheduler::set_environment(std::string_view function,
                                        std::map<std::string, std::string> environment) {
    const auto found = rosters_.find(function);
    if (found == rosters_.end()) return unknown(function, functions());
    Roster& roster = found->second;
    const Lock lock(mutex_);
    roster.set_environment(std::move(environment));
    for (Slot& slot : roster.slots) slot.called.notify_one();
    return {};
}

std::vector<std::string> Scheduler::functions() const {
    std::vector<std::string> names;
    for (const auto& [name, roster] : rosters_) names.push_back(name);
    return names;
}

FunctionCounts Scheduler::counts(std::string_view function) const {
    const Lock lock(mutex_);
    const auto found = rosters_.find(function);
    if (found == rosters_.end()) return {};
    FunctionCounts counts = found->second.counts;
    counts.waiting = static_cast<int>(found->second.waiting.size());
    return counts;
}

void Scheduler::stop(Milliseconds drain) {
    const std::lock_guard stop_lock(stop_mutex_);
    if (!dispatcher_.joinable()) return;
    {
        const Lock lock(mutex_);
        stopping_ = true;
        for (auto& [name, roster] : rosters_) {
            roster.fail_waiting(stopping_error());
            for (Slot& slot : roster.slots) slot.called.notify_one();
        }
        kill_slots(Which::idle_ones);
    }
    wake_.notify_one();
    dispatcher_.join();

    Lock lock(mutex_);
    for (auto& [name, roster] : rosters_) put_back_taken(lock, roster);
    const auto all_ended = [&] {
        return std::ranges::all_of(rosters_, [](const auto& r) { return r.second.live == 0; });
    };
    if (!slot_ended_.wait_for(lock, drain, all_ended)) {
        killing_ = true;
        kill_slots(Which::all);
        slot_ended_.wait(lock, all_ended);
    }
    join_ended(lock);
    queue_until_ = SteadyTime{};
    settle_again(lock);
}

void Scheduler::call_slots(Roster& roster) {
    while (roster.waiting_count() > roster.coming) {
        if (Slot* const slot = roster.call_idle()) {
            slot->called.notify_one();
        } else if (roster.may_start(clock_.steady())) {
            start_slot(roster);
        } else {
            break;
        }
    }
    if (roster.live == 0 && !roster.waiting.empty()) {
        roster.fail_waiting({Code::unavailable, roster.backoff.reason});
    }
}

void Scheduler::start_slot(Roster& roster) {
    const int number = free_number();
    Slot& slot = roster.slots.emplace_back();
    slot.number = number;
    slot.config = roster.config;
    slot.generation = roster.generation;
    try {
        slot.thread = std::thread([this, &roster, &slot] { run_slot(roster, slot); });
        ++roster.live;
        ++roster.coming;
        ++roster.counts.instances;
    } catch (const std::system_error& error) {
        roster.slots.pop_back();
        fail_start(roster, std::string("no thread: ") + error.what());
    }
}

// The lowest that no instance has.
int Scheduler::free_number() const {
    std::set<int> taken;
    for (const auto& [name, roster] : rosters_) {
        for (const Slot& slot : roster.slots) taken.insert(slot.number);
    }
    int number = 0;
    while (taken.contains(number)) ++number;
    return number;
}

void Scheduler::fail_start(Roster& roster, std::string reason) {
    const std::string message =
        "function '" + roster.config.name + "' cannot be started: " + std::move(reason);
    failures_.push_back(message);
    roster.backoff.fail(message, clock_.steady());
    ++rings_;
    wake_.notify_one();
}

void Scheduler::kill_slots(Which which) {
    for (auto& [name, roster] : rosters_) {
        for (Slot& slot : roster.slots) {
            if (slot.instance && (which == Which::all || !slot.working)) slot.instance->kill();
        }
    }
}

Result<std::optional<QueuedEvent>> Scheduler::take(Roster& roster) {
    auto event = queue_.take(roster.config.name);
    while (event && *event && bury_if_refused(roster, **event)) {
        event = queue_.take(roster.config.name);
    }
    if (!event) {
        log_.error("cannot take an event from the queue",
                   {{"function", roster.config.name}, {"error", event.error().message}});
        const Lock lock(mutex_);
        queue_until_ = clock_.steady() + kQueuePause;
    }
    return event;
}

bool Scheduler::bury_if_refused(Roster& roster, const QueuedEvent& event) {
    const auto refusal = plan_refusal(roster.config, roster.arn, event, clock_.now());
    if (!refusal) return false;
    settle(*refusal);
    const Lock lock(mutex_);
    ++roster.counts.events_dropped;
    return true;
}

void Scheduler::settle(const Settlement& settlement) {
    const auto settled = apply(settlement, queue_);
    if (settled) return;
    log_.error("cannot settle an event in the queue; it will be tried again",
               {{"id", settlement.id}, {"error", settled.error().message}});
    const Lock lock(mutex_);
    queue_until_ = clock_.steady() + kQueuePause;
    unsettled_.push_back(settlement);
    ++rings_;
    wake_.notify_one();
}

void Scheduler::ring() {
    {
        const Lock lock(mutex_);
        ++rings_;
    }
    wake_.notify_one();
}

}  // namespace imagemill::local
