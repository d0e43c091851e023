// scheduler: the pool at work: gives callers and events to instances, starts and stops those, and
// keeps account of what became of each event.
//
// Shapes:  Three files. scheduler.cpp: what callers see, and the decisions; dispatcher.cpp: the
//          thread that takes events for whom there is room; slots.cpp: the thread of an instance,
//          from its start to its end.
// Threads: one mutex for all rosters. It is never held over a call of the queue, an instance's work
//          or a join; where a function takes the Lock, it may let go of it in between.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "local/lambda/pool.h"
#include "local/lambda/roster.h"
#include "local/lambda/settlement.h"

namespace imagemill::local {

// How long the queue is left alone after it failed, and how often a settlement is tried again.
inline constexpr Milliseconds kQueuePause{1'000};

class Scheduler final : public FunctionPool {
  public:
    // The arguments of make_pool, checked.
    Scheduler(const PoolOptions& options, EventQueue& queue, Logs& logs, const Clock& clock,
              const Log& log);
    ~Scheduler() override;
    Result<void> start();

    Result<InvokeResult> invoke(std::string_view function, std::string payload,
                                const InvokeOptions& options) override;
    Result<void> set_environment(std::string_view function,
                                 std::map<std::string, std::string> environment) override;
    std::vector<std::string> functions() const override;
    FunctionCounts counts(std::string_view function) const override;
    void stop(Milliseconds drain) override;

  private:
    using Lock = std::unique_lock<std::mutex>;

    // What the queue's callback holds: it may ring while the pool goes, or after.
    struct Doorbell {
        std::mutex mutex;
        Scheduler* scheduler = nullptr;  // Guarded by mutex.
    };

    // dispatcher.cpp
    void dispatch();
    std::optional<Milliseconds> dispatch_function(Lock& lock, Roster& roster);
    std::optional<Milliseconds> next_look(Lock& lock, Roster& roster);
    void put_back_taken(Lock& lock, Roster& roster);
    void join_ended(Lock& lock);
    void settle_again(Lock& lock);
    void tell_failures(Lock& lock);

    // slots.cpp
    void run_slot(Roster& roster, Slot& slot);
    void serve(Roster& roster, Slot& slot, Instance& instance);
    std::optional<Work> next_work(Roster& roster, Slot& slot);
    std::optional<Work> take_work(Lock& lock, Roster& roster, Slot& slot);
    bool wait_idle(Lock& lock, Roster& roster, Slot& slot);
    bool perform(Roster& roster, Slot& slot, Instance& instance, Work work);
    void return_work(Roster& roster, Slot& slot, Work work);
    Invocation invocation_of(Work& work) const;
    void fail_first(Roster& roster, Slot& slot, Instance& instance);
    void finish(Roster& roster, Work& work, Outcome outcome);
    void finish_aborted(Work& work);
    void tell_finished(const Roster& roster, const Work& work, const Outcome& outcome) const;
    void end_slot(Roster& roster, Slot& slot);

    // scheduler.cpp, with mutex_ held:
    void call_slots(Roster& roster);
    void start_slot(Roster& roster);
    int free_number() const;
    void fail_start(Roster& roster, std::string reason);
    enum class Which { idle_ones, all };
    void kill_slots(Which which);
    // And without:
    Result<std::optional<QueuedEvent>> take(Roster& roster);
    bool bury_if_refused(Roster& roster, const QueuedEvent& event);
    void settle(const Settlement& settlement);
    void ring();

    const std::string bootstrap_;
    const std::string region_;
    const Isolation isolation_;
    const http::Handler inner_s3_;
    const std::optional<net::RelayOptions> s3_relay_;
    const std::function<void(const FinishedInvocation&)> on_finished_;
    EventQueue& queue_;  // These four outlive the pool.
    Logs& logs_;
    const Clock& clock_;
    const Log& log_;
    // shared: see Doorbell.
    const std::shared_ptr<Doorbell> doorbell_ = std::make_shared<Doorbell>();
    std::mutex stop_mutex_;  // One stop() at a time.
    std::thread dispatcher_;

    mutable std::mutex mutex_;                            // Guards all below.
    std::map<std::string, Roster, std::less<>> rosters_;  // The keys never change.
    std::int64_t rings_ = 0;                              // Reasons for the dispatcher to look.
    std::condition_variable wake_;
    std::condition_variable slot_ended_;
    SteadyTime queue_until_{};           // The queue failed: it is left alone until then.
    std::vector<Settlement> unsettled_;  // What the queue would not take.
    std::vector<std::string> failures_;  // Of starts, to be logged by the dispatcher.
    bool stopping_ = false;
    bool killing_ = false;
};

}  // namespace imagemill::local
