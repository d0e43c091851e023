#include "local/lambda/pool.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>

#include "base/random.h"
#include "local/lambda/roster.h"
#include "local/lambda/settlement.h"
#include "local/lambda/trace_id.h"

namespace imagemill::local {
namespace {

// How long the queue is left alone after it failed, and how often a settlement is tried again.
constexpr Milliseconds kQueuePause{1'000};
// Nobody sleeps longer on a time of day: it can be set.
constexpr Milliseconds kSleepMax{60'000};

using Lock = std::unique_lock<std::mutex>;

Error stopping_error() {
    return {Code::unavailable, "the functions are being stopped"};
}

class Pool;

// What the queue's callback holds: it may ring while the pool goes, or after.
struct Doorbell {
    std::mutex mutex;
    Pool* pool = nullptr;  // Guarded by mutex.
};

class Pool final : public FunctionPool {
  public:
    Pool(const PoolOptions& options, EventQueue& queue, Logs& logs, const Clock& clock,
         const Log& log)
        : bootstrap_(options.bootstrap),
          region_(options.region),
          queue_(queue),
          logs_(logs),
          clock_(clock),
          log_(log) {
        for (const FunctionConfig& config : options.functions) {
            Roster& roster = rosters_[config.name];
            roster.config = config;
            roster.arn = "arn:aws:lambda:" + options.region + ":" + options.account +
                         ":function:" + config.name;
        }
    }

    ~Pool() override {
        stop(Milliseconds(0));
        const std::lock_guard lock(doorbell_->mutex);
        doorbell_->pool = nullptr;
    }

    Result<void> start() {
        try {
            dispatcher_ = std::thread([this] { dispatch(); });
        } catch (const std::system_error& error) {
            return Error{Code::unavailable,
                         std::string("no thread for the function pool: ") + error.what()};
        }
        {
            const std::lock_guard lock(doorbell_->mutex);
            doorbell_->pool = this;
        }
        // shared: the queue keeps the callback longer than there is a pool.
        queue_.on_added([doorbell = doorbell_] {
            const std::lock_guard lock(doorbell->mutex);
            if (doorbell->pool) doorbell->pool->ring();
        });
        return {};
    }

    Result<InvokeResult> invoke(std::string_view function, std::string payload,
                                std::string_view trace_id) override {
        Roster* const roster = find(function);
        if (!roster) return unknown(function);
        TRY(check_size(roster->config, payload));
        Call call;
        call.request_id = random_uuid();
        call.trace_id = trace_id.empty() ? make_trace_id(clock_.now()) : trace_id;
        call.payload = std::move(payload);
        Lock lock(mutex_);
        if (stopping_) return stopping_error();
        TRY(roster->check_admission(clock_.steady()));
        roster->waiting.push_back(&call);
        call_slots(*roster);
        const Milliseconds patience = roster->config.timeout + roster->config.init_timeout;
        call.changed.wait_for(lock, patience, [&] { return call.picked || call.result; });
        if (!call.picked && !call.result) {
            std::erase(roster->waiting, &call);
            return Error{Code::busy, "function '" + roster->config.name +
                                         "' is busy: no instance came free within " +
                                         std::to_string(patience.count()) + " ms"};
        }
        call.changed.wait(lock, [&] { return call.result.has_value(); });
        return *std::move(call.result);
    }

    std::vector<std::string> functions() const override {
        std::vector<std::string> names;
        for (const auto& [name, roster] : rosters_) names.push_back(name);
        return names;
    }

    FunctionCounts counts(std::string_view function) const override {
        const Lock lock(mutex_);
        const auto found = rosters_.find(function);
        if (found == rosters_.end()) return {};
        FunctionCounts counts = found->second.counts;
        counts.waiting = static_cast<int>(found->second.waiting.size());
        return counts;
    }

    void stop(Milliseconds drain) override;

  private:
    // The dispatcher: takes events for whom there is room, and tidies up.
    void dispatch();
    std::optional<Milliseconds> dispatch_function(Lock& lock, Roster& roster);
    std::optional<Milliseconds> next_look(Lock& lock, Roster& roster);
    void put_back_taken(Lock& lock, Roster& roster);
    void join_ended(Lock& lock);
    void settle_again(Lock& lock);

    // A slot's thread.
    void run_slot(Roster& roster, Slot& slot);
    void serve(Roster& roster, Slot& slot, Instance& instance);
    std::optional<Work> next_work(Roster& roster, Slot& slot);
    bool wait_idle(Lock& lock, Roster& roster, Slot& slot);
    void perform(Roster& roster, Slot& slot, Instance& instance, Work work);
    void fail_first(Roster& roster, Slot& slot, Instance& instance);
    void finish(Roster& roster, Work& work, Outcome outcome);
    void finish_aborted(Work& work);
    void end_slot(Roster& roster, Slot& slot);

    // mutex_ is held.
    void call_slots(Roster& roster);
    void start_slot(Roster& roster);
    void fail_start(Roster& roster, std::string reason);
    void fail_waiting(Roster& roster, const Error& error);
    void kill_slots(bool working_too);

    // mutex_ is not held.
    Result<std::optional<QueuedEvent>> take(Roster& roster);
    void settle(const Settlement& settlement);

    Roster* find(std::string_view function) {
        const auto found = rosters_.find(function);
        return found == rosters_.end() ? nullptr : &found->second;
    }
    Error unknown(std::string_view function) const;
    static Result<void> check_size(const FunctionConfig& config, std::string_view payload);

    void ring() {
        {
            const Lock lock(mutex_);
            ++rings_;
        }
        wake_.notify_one();
    }

    const std::string bootstrap_;
    const std::string region_;
    EventQueue& queue_;
    Logs& logs_;
    const Clock& clock_;
    const Log& log_;
    // shared: see Doorbell.
    const std::shared_ptr<Doorbell> doorbell_ = std::make_shared<Doorbell>();
    std::mutex stop_mutex_;  // One stop() at a time.

    mutable std::mutex mutex_;                            // Guards all below but dispatcher_.
    std::map<std::string, Roster, std::less<>> rosters_;  // The keys never change.
    std::int64_t rings_ = 0;                              // Reasons for the dispatcher to look.
    std::condition_variable wake_;
    std::condition_variable slot_ended_;
    SteadyTime queue_until_{};           // The queue failed: it is left alone until then.
    std::vector<Settlement> unsettled_;  // What the queue would not take.
    bool stopping_ = false;
    bool killing_ = false;
    std::thread dispatcher_;
};

void Pool::dispatch() {
    Lock lock(mutex_);
    while (!stopping_) {
        const std::int64_t seen = rings_;
        join_ended(lock);
        settle_again(lock);
        std::optional<Milliseconds> pause;
        if (!unsettled_.empty()) pause = kQueuePause;
        for (auto& [name, roster] : rosters_) {
            const auto wanted = dispatch_function(lock, roster);
            if (wanted) pause = pause ? std::min(*pause, *wanted) : *wanted;
        }
        const auto rung = [&] { return stopping_ || rings_ != seen; };
        if (pause) {
            wake_.wait_for(lock, std::clamp(*pause, Milliseconds(1), kSleepMax), rung);
        } else {
            wake_.wait(lock, rung);
        }
    }
}

// How long until this function needs another look; nothing where only a ring can change that.
std::optional<Milliseconds> Pool::dispatch_function(Lock& lock, Roster& roster) {
    if (!roster.config.consumes_queue) return std::nullopt;
    if (roster.live == 0) put_back_taken(lock, roster);
    while (!stopping_ && roster.has_room(clock_.steady()) && clock_.steady() >= queue_until_) {
        lock.unlock();
        auto event = take(roster);
        lock.lock();
        if (!event || !*event) break;
        roster.taken.push_back(**std::move(event));
        if (!stopping_) call_slots(roster);  // Else stop() puts it back.
    }
    return next_look(lock, roster);
}

std::optional<Milliseconds> Pool::next_look(Lock& lock, Roster& roster) {
    lock.unlock();
    const auto due = queue_.next_due(roster.config.name);
    lock.lock();
    if (!due) return kQueuePause;
    if (!*due) return std::nullopt;
    const SteadyTime now = clock_.steady();
    const Milliseconds until_due = **due - clock_.now();
    if (until_due.count() > 0) return until_due;
    // It is due: whoever becomes free looks for it, unless nobody is there to become free.
    if (now < queue_until_) return queue_until_ - now;
    if (roster.backoff.holds(now)) return roster.backoff.until - now;
    if (roster.has_room(now)) return Milliseconds(1);
    return std::nullopt;
}

// Nobody is coming for them: they go back, to be taken when a start may be tried again.
void Pool::put_back_taken(Lock& lock, Roster& roster) {
    std::deque<QueuedEvent> taken = std::move(roster.taken);
    roster.taken.clear();
    if (taken.empty()) return;
    lock.unlock();
    for (const QueuedEvent& event : taken) {
        settle(put_back(event.id));
    }
    lock.lock();
}

void Pool::join_ended(Lock& lock) {
    std::list<Slot> ended;
    for (auto& [name, roster] : rosters_) {
        for (auto slot = roster.slots.begin(); slot != roster.slots.end();) {
            const auto next = std::next(slot);
            if (slot->ended) ended.splice(ended.end(), roster.slots, slot);
            slot = next;
        }
    }
    if (ended.empty()) return;
    lock.unlock();
    for (Slot& slot : ended) slot.thread.join();
    lock.lock();
}

void Pool::settle_again(Lock& lock) {
    if (unsettled_.empty() || clock_.steady() < queue_until_) return;
    const std::vector<Settlement> settlements = std::move(unsettled_);
    unsettled_.clear();
    lock.unlock();
    for (const Settlement& settlement : settlements) settle(settlement);
    lock.lock();
}

void Pool::run_slot(Roster& roster, Slot& slot) {
    const InstanceOptions options{
        .bootstrap = bootstrap_, .region = region_, .function_arn = roster.arn};
    auto started = start_instance(options, roster.config, logs_, clock_, log_);
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

void Pool::serve(Roster& roster, Slot& slot, Instance& instance) {
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
    }
    while (!instance.lost()) {
        auto work = next_work(roster, slot);
        if (!work) return;
        perform(roster, slot, instance, *std::move(work));
    }
}

std::optional<Work> Pool::next_work(Roster& roster, Slot& slot) {
    Lock lock(mutex_);
    for (;;) {
        roster.arrive(slot);
        if (stopping_) return std::nullopt;
        std::optional<Work> work = roster.pick();
        if (!work && roster.may_take() && clock_.steady() >= queue_until_) {
            const std::int64_t seen = rings_;
            ++roster.queue_working;
            lock.unlock();
            auto event = take(roster);
            lock.lock();
            if (event && *event) {
                work = Work{.call = nullptr, .event = **std::move(event)};
            } else {
                --roster.queue_working;
                // What came while we looked was not for the dispatcher, who saw us at work.
                if (seen != rings_ || !roster.waiting.empty()) continue;
            }
        }
        if (work) {
            slot.working = true;
            ++roster.counts.busy;
            return work;
        }
        if (!wait_idle(lock, roster, slot)) return std::nullopt;
    }
}

// False: it has been idle long enough.
bool Pool::wait_idle(Lock& lock, Roster& roster, Slot& slot) {
    roster.idle.push_back(&slot);
    slot.called.wait_for(lock, roster.config.idle, [&] { return slot.coming || stopping_; });
    if (slot.coming) return true;
    std::erase(roster.idle, &slot);
    return false;
}

void Pool::perform(Roster& roster, Slot& slot, Instance& instance, Work work) {
    Invocation invocation;
    if (work.call) {
        invocation = {.request_id = work.call->request_id,
                      .trace_id = work.call->trace_id,
                      .payload = std::move(work.call->payload)};
    } else {
        // The event keeps its payload: a failure is reported with it.
        invocation = {.request_id = work.event->request_id,
                      .trace_id = make_trace_id(clock_.now()),
                      .payload = work.event->payload};
    }
    Outcome outcome = instance.run(std::move(invocation));
    bool aborted = false;
    {
        const Lock lock(mutex_);
        aborted = killing_ && instance.lost();
        if (!instance.lost()) {
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
    --roster.counts.busy;
    if (work.event) --roster.queue_working;
    if (!ready) roster.arrive(slot);
}

// The instance did not come up: the first who waits gets to know what it said.
void Pool::fail_first(Roster& roster, Slot& slot, Instance& instance) {
    std::optional<Work> work;
    {
        const Lock lock(mutex_);
        if (stopping_) return;
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

void Pool::finish(Roster& roster, Work& work, Outcome outcome) {
    const bool failed = outcome.status != InvocationStatus::success;
    {
        const Lock lock(mutex_);
        ++roster.counts.invocations;
        if (failed) ++roster.counts.errors;
        if (work.call) {
            work.call->result = InvokeResult{.payload = std::move(outcome.payload),
                                             .function_error = failed ? "Unhandled" : "",
                                             .request_id = work.call->request_id};
            work.call->changed.notify_one();  // Under the lock: the call goes with its caller.
            return;
        }
    }
    const Settlement settlement =
        plan_settlement(roster.config, roster.arn, *work.event, outcome, clock_.now());
    settle(settlement);
    if (settlement.kind == SettlementKind::retry) ring();  // There is a new time to wake at.
}

// We ended it ourselves, since the server stops.
void Pool::finish_aborted(Work& work) {
    if (work.event) {
        settle(put_back(work.event->id));
        return;
    }
    const Lock lock(mutex_);
    work.call->result = stopping_error();
    work.call->changed.notify_one();
}

void Pool::end_slot(Roster& roster, Slot& slot) {
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

void Pool::call_slots(Roster& roster) {
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
        fail_waiting(roster, {Code::unavailable, roster.backoff.reason});
    }
}

void Pool::start_slot(Roster& roster) {
    Slot& slot = roster.slots.emplace_back();
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

void Pool::fail_start(Roster& roster, std::string reason) {
    const std::string message =
        "function '" + roster.config.name + "' cannot be started: " + std::move(reason);
    log_.error(message);
    roster.backoff.fail(message, clock_.steady());
}

void Pool::fail_waiting(Roster& roster, const Error& error) {
    for (Call* const call : roster.waiting) {
        call->result = error;
        call->changed.notify_one();
    }
    roster.waiting.clear();
}

void Pool::kill_slots(bool working_too) {
    for (auto& [name, roster] : rosters_) {
        for (Slot& slot : roster.slots) {
            if (slot.instance && (working_too || !slot.working)) slot.instance->kill();
        }
    }
}

Result<std::optional<QueuedEvent>> Pool::take(Roster& roster) {
    auto event = queue_.take(roster.config.name);
    if (!event) {
        log_.error("cannot take an event from the queue",
                   {{"function", roster.config.name}, {"error", event.error().message}});
        const Lock lock(mutex_);
        queue_until_ = clock_.steady() + kQueuePause;
    }
    return event;
}

void Pool::settle(const Settlement& settlement) {
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

void Pool::stop(Milliseconds drain) {
    const std::lock_guard stop_lock(stop_mutex_);
    if (!dispatcher_.joinable()) return;
    {
        const Lock lock(mutex_);
        stopping_ = true;
        for (auto& [name, roster] : rosters_) {
            fail_waiting(roster, stopping_error());
            for (Slot& slot : roster.slots) slot.called.notify_one();
        }
        kill_slots(false);
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
        kill_slots(true);
        slot_ended_.wait(lock, all_ended);
    }
    join_ended(lock);
    queue_until_ = SteadyTime{};
    settle_again(lock);
}

Error Pool::unknown(std::string_view function) const {
    std::string names;
    for (const auto& [name, roster] : rosters_) names += (names.empty() ? "" : ", ") + name;
    return {Code::invalid_argument,
            "there is no function '" + std::string(function) + "'; there are: " + names};
}

Result<void> Pool::check_size(const FunctionConfig& config, std::string_view payload) {
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

Error bad_config(const FunctionConfig& config, std::string_view what) {
    return {Code::invalid_argument, "function '" + config.name + "': " + std::string(what)};
}

Result<void> check_config(const FunctionConfig& config) {
    if (config.name.empty() || config.name.find('/') != std::string::npos) {
        return bad_config(config, "a name is not empty and has no '/'");
    }
    if (config.instances_max < 1) return bad_config(config, "instances_max must be at least 1");
    if (config.waiting_max < 0) return bad_config(config, "waiting_max must not be negative");
    if (config.queue_instances_max < 0) {
        return bad_config(config, "queue_instances_max must not be negative");
    }
    if (config.retries < 0) return bad_config(config, "retries must not be negative");
    if (config.timeout.count() < 1 || config.init_timeout.count() < 1) {
        return bad_config(config, "timeout and init_timeout must be at least 1 ms");
    }
    return {};
}

Result<void> check_options(const PoolOptions& options) {
    const auto named = [&](const std::string& name) {
        return std::ranges::count(options.functions, name, &FunctionConfig::name);
    };
    for (const FunctionConfig& config : options.functions) {
        TRY(check_config(config));
        if (named(config.name) > 1) return bad_config(config, "there are two of that name");
        if (!config.on_failure.empty() && named(config.on_failure) == 0) {
            return bad_config(
                config, "on_failure names '" + config.on_failure + "', which is no function here");
        }
    }
    if (::access(options.bootstrap.c_str(), X_OK) != 0) {
        return Error{Code::unavailable, "cannot run the bootstrap executable '" +
                                            options.bootstrap +
                                            "': " + std::generic_category().message(errno)};
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<FunctionPool>> make_pool(const PoolOptions& options, EventQueue& queue,
                                                Logs& logs, const Clock& clock, const Log& log) {
    TRY(check_options(options));
    auto pool = std::make_unique<Pool>(options, queue, logs, clock, log);
    TRY(pool->start());
    return std::unique_ptr<FunctionPool>(std::move(pool));
}

}  // namespace imagemill::local
