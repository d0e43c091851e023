#include <algorithm>
#include <list>
#include <utility>

#include "local/lambda/scheduler.h"

namespace imagemill::local {
namespace {

// Nobody sleeps longer on a time of day: it can be set.
constexpr Milliseconds kSleepMax{60'000};

}  // namespace

void Scheduler::dispatch() {
    Lock lock(mutex_);
    while (!stopping_) {
        const std::int64_t seen = rings_;
        join_ended(lock);
        settle_again(lock);
        tell_failures(lock);
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
std::optional<Milliseconds> Scheduler::dispatch_function(Lock& lock, Roster& roster) {
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

std::optional<Milliseconds> Scheduler::next_look(Lock& lock, Roster& roster) {
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
void Scheduler::put_back_taken(Lock& lock, Roster& roster) {
    std::deque<QueuedEvent> taken = std::move(roster.taken);
    roster.taken.clear();
    if (taken.empty()) return;
    lock.unlock();
    for (const QueuedEvent& event : taken) {
        settle(put_back(event.id));
    }
    lock.lock();
}

void Scheduler::join_ended(Lock& lock) {
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

void Scheduler::settle_again(Lock& lock) {
    if (unsettled_.empty() || clock_.steady() < queue_until_) return;
    const std::vector<Settlement> settlements = std::move(unsettled_);
    unsettled_.clear();
    lock.unlock();
    for (const Settlement& settlement : settlements) settle(settlement);
    lock.lock();
}

void Scheduler::tell_failures(Lock& lock) {
    const std::vector<std::string> failures = std::exchange(failures_, {});
    if (failures.empty()) return;
    lock.unlock();
    for (const std::string& failure : failures) log_.error(failure);
    lock.lock();
}

}  // namespace imagemill::local
