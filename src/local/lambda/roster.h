// roster: who waits for a function and who comes to serve: the pool's state of one function, and
// the decisions that hang on it.
//
// Shapes:  Work waits (callers, events taken from the queue); slots are instances and their
//          threads. A slot is coming (it will pick work: just started, called, or about to be ready
//          again), working, idle, or on its way out; all but the last are found here by counts.
//          As much work as can be is matched by slots that come; what nobody comes for waits until
//          one does. A slot of an earlier environment ends when its work has; while one of those
//          works on an event, no other event is begun.
// Threads: plain values, guarded by the pool's mutex.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "local/lambda/instance.h"
#include "local/lambda/pool.h"
#include "local/storage/queue.h"

namespace imagemill::local {

// A synchronous caller. It lives on the caller's stack, who waits until `result` is there or takes
// itself off the roster.
struct Call {
    std::string request_id;
    InvokeOptions options;
    std::string payload;
    std::condition_variable changed;
    bool picked = false;  // An instance works on it: from here on it waits for the result.
    std::optional<Result<InvokeResult>> result;
};

struct Slot {
    FunctionConfig config;  // What its instance was started with.
    int generation = 0;     // Of the environment in it.
    std::thread thread;
    std::condition_variable called;
    Instance* instance = nullptr;  // From its start to its end, to be killed by.
    int number = 0;                // No other has it meanwhile.
    bool coming = true;
    bool working = false;
    bool on_event = false;  // It looks for an event, or works on one.
    bool ended = false;     // The thread has nothing left to do: it can be joined.
};

// What one instance is to do.
struct Work {
    Call* call = nullptr;  // Or:
    std::optional<QueuedEvent> event;
};

// Starts that fail are tried ever later, so that a broken bootstrap costs nothing.
struct Backoff {
    int failures = 0;
    SteadyTime until;
    std::string reason;

    void fail(std::string why, SteadyTime now);
    void succeed() { failures = 0; }
    bool holds(SteadyTime now) const { return failures > 0 && now < until; }
};

// What a caller gets from a pool that stops.
Error stopping_error();

struct Roster {
    FunctionConfig config;
    std::string arn;
    std::deque<Call*> waiting;
    std::deque<QueuedEvent> taken;  // Bounded by the room there was when they were taken.
    std::list<Slot> slots;          // A list: threads hold on to their slot.
    std::vector<Slot*> idle;        // The one used last is at the end.
    int live = 0;                   // Slots that count against instances_max.
    int coming = 0;
    int queue_working = 0;
    int generation = 0;  // How often the environment has changed.
    Backoff backoff;
    FunctionCounts counts;

    int waiting_count() const { return static_cast<int>(waiting.size() + taken.size()); }
    bool may_start(SteadyTime now) const;
    bool is_outdated(const Slot& slot) const { return slot.generation != generation; }
    // What an old environment began is not done yet.
    bool is_draining() const;
    // Slots that could serve: those there, and those that may be started.
    int available(SteadyTime now) const;
    // A caller may join those who wait.
    Result<void> check_admission(SteadyTime now) const;
    bool may_take() const;
    // An event can be taken for somebody who is free to do it.
    bool has_room(SteadyTime now) const;
    // Callers first.
    std::optional<Work> pick();
    void unpick(Work work);  // To be the first again.
    void fail_waiting(const Error& error);
    // Nobody is idle any more: those who were are to end.
    void set_environment(std::map<std::string, std::string> environment);
    void arrive(Slot& slot);  // It was coming, and is here.
    Slot* call_idle();        // Nothing where none is idle.
};

}  // namespace imagemill::local
