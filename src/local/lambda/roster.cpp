#include "local/lambda/roster.h"

#include <algorithm>

namespace imagemill::local {
namespace {

constexpr Milliseconds kBackoffMin{200};
constexpr Milliseconds kBackoffMax{30'000};

}  // namespace

void Backoff::fail(std::string why, SteadyTime now) {
    const int doublings = std::min(failures, 16);
    until = now + std::min(kBackoffMax, kBackoffMin * (1 << doublings));
    reason = std::move(why);
    ++failures;
}

Error stopping_error() {
    return {Code::unavailable, "the functions are being stopped"};
}

bool Roster::may_start(SteadyTime now) const {
    return live < config.instances_max && !backoff.holds(now);
}

bool Roster::is_draining() const {
    return std::ranges::any_of(
        slots, [this](const Slot& slot) { return slot.on_event && is_outdated(slot); });
}

void Roster::set_environment(std::map<std::string, std::string> environment) {
    config.environment = std::move(environment);
    ++generation;
    idle.clear();
}

int Roster::available(SteadyTime now) const {
    const int startable = backoff.holds(now) ? 0 : config.instances_max - live;
    return static_cast<int>(idle.size()) + coming + startable;
}

Result<void> Roster::check_admission(SteadyTime now) const {
    if (live == 0 && backoff.holds(now)) return Error{Code::unavailable, backoff.reason};
    if (static_cast<int>(waiting.size()) < config.waiting_max + available(now)) return {};
    return Error{Code::busy,
                 "function '" + config.name + "' is busy: all of its " +
                     std::to_string(config.instances_max) + " instances work and " +
                     std::to_string(waiting.size()) +
                     " callers wait (waiting_max = " + std::to_string(config.waiting_max) + ")",
                 Exceeded{.setting = "waiting_max",
                          .limit = config.waiting_max,
                          .measured = static_cast<std::int64_t>(waiting.size()) + 1}};
}

bool Roster::may_take() const {
    const int limit =
        config.queue_instances_max > 0 ? config.queue_instances_max : config.instances_max;
    return config.consumes_queue && !is_draining() &&
           queue_working + static_cast<int>(taken.size()) < limit;
}

bool Roster::has_room(SteadyTime now) const {
    return may_take() && available(now) > waiting_count();
}

std::optional<Work> Roster::pick() {
    Work work;
    if (!waiting.empty()) {
        work.call = waiting.front();
        work.call->picked = true;
        waiting.pop_front();
    } else if (!taken.empty() && !is_draining()) {
        work.event = std::move(taken.front());
        taken.pop_front();
        ++queue_working;
    } else {
        return std::nullopt;
    }
    return work;
}

void Roster::unpick(Work work) {
    if (work.call) {
        work.call->picked = false;
        waiting.push_front(work.call);
    } else {
        taken.push_front(*std::move(work.event));
        --queue_working;
    }
}

void Roster::fail_waiting(const Error& error) {
    for (Call* const call : waiting) {
        call->result = error;
        call->changed.notify_one();
    }
    waiting.clear();
}

void Roster::arrive(Slot& slot) {
    if (!slot.coming) return;
    slot.coming = false;
    --coming;
}

Slot* Roster::call_idle() {
    if (idle.empty()) return nullptr;
    Slot* const slot = idle.back();
    idle.pop_back();
    slot->coming = true;
    ++coming;
    return slot;
}

}  // namespace imagemill::local
