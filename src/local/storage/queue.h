// queue: events that wait for a function, durable, in the catalog beside the objects.
//
// Shapes:  waiting → running → gone, or back to waiting with a later `due`, or a dead letter.
//          An event is committed in the transaction of the object it speaks of. It is taken by one
//          instance at a time; a restart puts what was running back to waiting (so: at least once).
//          One of low priority waits until no other event of its function is due; it is queued,
//          as far as its age goes, when its turn has come.
//          An id is never used twice. What names an event that is not there (or, for retry and
//          put_back, not running) changes nothing and succeeds.
//          Who looks after the queue may list what is in it, have dead letters tried again (as new
//          events of the same request id) and delete what is not running.
// Errors:  unavailable (the disk).
// Threads: any.
// Cost:    waiting events cost disk, not memory. add, add_all and bury wait for the disk; take,
// done, retry
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
    std::string trace_id = {};  // Of the request that caused it; may be empty.
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

enum class Priority { normal, low };

struct AddOptions {
    Priority priority = Priority::normal;
    std::string trace_id = {};  // Of who caused it: goes to every attempt.
};

// How an event ends as a dead letter.
struct Burial {
    std::string condition = {};  // RetriesExhausted, EventAgeExceeded, RecursiveLoop, Refused.
    std::string error = {};  // JSON: what the last attempt answered; empty where there was none.
    int attempts = 0;        // In all.
    std::string on_failure_function = {};
    std::string on_failure_payload = {};  // Empty: nobody is told.
    std::string trace_id = {};            // Of who is told.
};

enum class EventState { waiting, running, dead };

// An event or dead letter, for who looks after the queue.
struct ListedEvent {
    std::int64_t id = 0;
    EventState state = EventState::waiting;
    Priority priority = Priority::normal;
    std::string function;
    std::string request_id;
    std::string payload;
    int attempts = 0;
    Time queued;
    std::string trace_id = {};
    Time due;               // Of one that waits.
    std::string condition;  // From here on: of a dead one.
    std::string error;
    Time died;
};

struct EventQuery {
    std::string function = {};  // Empty: of all.
    EventState state = EventState::dead;
    std::int64_t after_id = 0;  // Greater ids only, the least first.
    int count_max = 100;
};

// Those of `ids`; with none named, all of `function`; with that empty, too, all. Of them, those in
// `state`, where one is named.
struct EventSelection {
    std::vector<std::int64_t> ids = {};
    std::string function = {};
    std::optional<EventState> state = std::nullopt;
};

struct QueueCounts {
    std::int64_t waiting = 0;  // With those of low priority.
    std::int64_t low = 0;
    std::int64_t running = 0;
    std::int64_t dead = 0;
    std::optional<Time> oldest;  // Of those waiting at normal priority.
};

class EventQueue {
  public:
    virtual ~EventQueue() = default;

    // Its request id.
    virtual Result<std::string> add(const std::string& function, const std::string& payload,
                                    const AddOptions& options = {}) = 0;
    // All of them in one transaction. Each begins a trace of its own where `options` have none.
    virtual Result<void> add_all(const std::string& function,
                                 const std::vector<std::string>& payloads,
                                 const AddOptions& options) = 0;
    // The waiting event of `function` that is due longest, now running; nothing where none is due.
    virtual Result<std::optional<QueuedEvent>> take(const std::string& function) = 0;
    virtual Result<void> done(std::int64_t id) = 0;
    // Counts an attempt.
    virtual Result<void> retry(std::int64_t id, Time due) = 0;
    // Back to waiting, as if it had not been taken.
    virtual Result<void> put_back(std::int64_t id) = 0;
    // Makes it a dead letter; in the same transaction `on_failure_payload` (where not empty) is
    // queued for `on_failure_function`.
    virtual Result<void> bury(std::int64_t id, const Burial& burial) = 0;

    virtual Result<QueueCounts> counts(const std::string& function) = 0;
    // When the next waiting event of `function` is due; nothing where none waits.
    virtual Result<std::optional<Time>> next_due(const std::string& function) = 0;
    // The newest first.
    virtual Result<std::vector<DeadLetter>> dead_letters(int count_max) = 0;

    virtual Result<std::vector<ListedEvent>> list(const EventQuery& query) = 0;
    // How many dead letters wait again, each with all its attempts before it.
    virtual Result<std::int64_t> redrive(const EventSelection& selection) = 0;
    // How many waiting events and dead letters are gone; what runs stays.
    virtual Result<std::int64_t> remove(const EventSelection& selection) = 0;
    // Keeps at most `count_max` of `function`, those that run aside: its oldest dead letters go,
    // then the oldest that wait. How many are gone.
    virtual Result<std::int64_t> trim(const std::string& function, std::int64_t count_max) = 0;

    // Called (on the committing thread, after the commit, under no lock) whenever something was
    // added or put back. It must stay callable until the last such call of the store has returned.
    virtual void on_added(std::function<void()> callback) = 0;
};

}  // namespace imagemill::local
