// queue: events that wait for a function, durable, in the catalog beside the objects.
//
// Shapes:  waiting → running → gone, or back to waiting with a later `due`, or a dead letter.
//          An event is committed in the transaction of the object it speaks of. It is taken by one
//          instance at a time; a restart puts what was running back to waiting (so: at least once).
//          An id is never used twice. What names an event that is not there (or, for retry and
//          put_back, not running) changes nothing and succeeds.
// Errors:  unavailable (the disk).
// Threads: any.
// Cost:    waiting events cost disk, not memory. add and bury wait for the disk; take, done, retry
//          and put_back do not: a power cut may undo them, which "at least once" allows; kill -9
//          does not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace imagemill::local {

struct QueuedEvent {
    std::int64_t id = 0;
    std::string function;
    std::string request_id;  // The same over all attempts.
    std::string payload;     // JSON.
    int attempts = 0;        // Made before this one.
    Time queued;
};

struct DeadLetter {
    std::int64_t id = 0;
    std::string function;
    std::string request_id;
    std::string payload;
    int attempts = 0;       // With the one it was buried in.
    std::string condition;  // RetriesExhausted, …
    std::string error;      // JSON: what the last attempt answered.
    Time queued;
    Time died;
};

struct QueueCounts {
    std::int64_t waiting = 0;
    std::int64_t running = 0;
    std::int64_t dead = 0;
    std::optional<Time> oldest;  // Of those waiting.
};

class EventQueue {
  public:
    virtual ~EventQueue() = default;

    virtual Result<void> add(const std::string& function, const std::string& payload) = 0;
    // The waiting event of `function` that is due longest, now running; nothing where none is due.
    virtual Result<std::optional<QueuedEvent>> take(const std::string& function) = 0;
    virtual Result<void> done(std::int64_t id) = 0;
    // Counts an attempt.
    virtual Result<void> retry(std::int64_t id, Time due) = 0;
    // Back to waiting, as if it had not been taken.
    virtual Result<void> put_back(std::int64_t id) = 0;
    // Makes it a dead letter; in the same transaction `on_failure_payload` (where not empty) is
    // queued for `on_failure_function`.
    virtual Result<void> bury(std::int64_t id, const std::string& condition,
                              const std::string& error, const std::string& on_failure_function,
                              const std::string& on_failure_payload) = 0;

    virtual Result<QueueCounts> counts(const std::string& function) = 0;
    // When the next waiting event of `function` is due; nothing where none waits.
    virtual Result<std::optional<Time>> next_due(const std::string& function) = 0;
    // The newest first.
    virtual Result<std::vector<DeadLetter>> dead_letters(int count_max) = 0;

    // Called (on the committing thread, after the commit, under no lock) whenever something was
    // added or put back. It must stay callable until the last such call of the store has returned.
    virtual void on_added(std::function<void()> callback) = 0;
};

}  // namespace imagemill::local
