#include "local/storage/queue.h"

#include "aws/trace_id.h"
#include "base/random.h"
#include "local/storage/catalog_queue.h"

namespace imagemill::local {
namespace {

std::int64_t ms_of(Time time) {
    return time.time_since_epoch().count();
}

Time time_of(std::int64_t ms) {
    return Time(Milliseconds(ms));
}

Result<void> take_in_state(Database& database, std::int64_t state, const std::string& function,
                           Time now, std::optional<QueuedEvent>& event) {
    Statement select = TRY(
        database.prepare("SELECT id, function, request_id, payload, attempts, queued_ms, trace_id "
                         "FROM events WHERE state = ? AND function = ? AND due_ms <= ? "
                         "ORDER BY due_ms, id LIMIT 1"));
    if (!TRY(select.bind(1, state).bind(2, function).bind(3, ms_of(now)).step())) return {};
    event.emplace();
    event->id = select.integer(0);
    event->function = select.text(1);
    event->request_id = select.text(2);
    event->payload = select.text(3);
    event->attempts = static_cast<int>(select.integer(4));
    event->queued = state == kWaitingLow ? now : time_of(select.integer(5));
    event->trace_id = select.text(6);
    Statement update =
        TRY(database.prepare("UPDATE events SET state = 1, queued_ms = ? WHERE id = ?"));
    return update.bind(1, ms_of(event->queued)).bind(2, event->id).run();
}

// Into `event`, where one is due; a Change has no value of its own.
Result<void> take_due(Database& database, const std::string& function, Time now,
                      std::optional<QueuedEvent>& event) {
    TRY(take_in_state(database, kWaiting, function, now, event));
    if (event) return {};
    return take_in_state(database, kWaitingLow, function, now, event);
}

Result<void> delete_event(Database& database, std::int64_t id) {
    Statement remove = TRY(database.prepare("DELETE FROM events WHERE id = ?"));
    return remove.bind(1, id).run();
}

Result<void> retry_event(Database& database, std::int64_t id, Time due) {
    Statement update =
        TRY(database.prepare("UPDATE events SET state = 0, attempts = attempts + 1, due_ms = ? "
                             "WHERE id = ? AND state = 1"));
    return update.bind(1, ms_of(due)).bind(2, id).run();
}

Result<void> put_back_event(Database& database, std::int64_t id) {
    Statement update =
        TRY(database.prepare("UPDATE events SET state = 0 WHERE id = ? AND state = 1"));
    return update.bind(1, id).run();
}

// Whether there was such an event.
Result<bool> move_to_dead_letters(Database& database, std::int64_t id, const Burial& burial,
                                  Time now) {
    Statement copy = TRY(database.prepare(
        "INSERT INTO dead_letters (id, function, died_ms, queued_ms, attempts, condition, error, "
        "request_id, payload, trace_id) SELECT id, function, ?, queued_ms, ?, ?, ?, "
        "request_id, payload, trace_id FROM events WHERE id = ?"));
    copy.bind(1, ms_of(now)).bind(2, burial.attempts).bind(3, burial.condition);
    TRY(copy.bind(4, burial.error).bind(5, id).run());
    if (database.changed_rows() == 0) return false;
    TRY(delete_event(database, id));
    return true;
}

std::int64_t state_of(Priority priority) {
    return priority == Priority::low ? kWaitingLow : kWaiting;
}

Result<void> insert_row(Database& database, std::int64_t state, const std::string& request_id,
                        const NewEvent& event) {
    Statement insert = TRY(database.prepare(
        "INSERT INTO events (state, function, due_ms, queued_ms, request_id, payload, trace_id) "
        "VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6)"));
    insert.bind(1, state).bind(2, event.function).bind(3, ms_of(event.now));
    return insert.bind(4, request_id).bind(5, event.payload).bind(6, event.trace_id).run();
}

Result<QueueCounts> count_events(Database& database, const std::string& function) {
    QueueCounts counts;
    Statement live =
        TRY(database.prepare("SELECT state, count(*), min(queued_ms) FROM events "
                             "WHERE state IN (0, 1, 2) AND function = ? GROUP BY state"));
    live.bind(1, function);
    while (TRY(live.step())) {
        if (live.integer(0) == kRunning) counts.running = live.integer(1);
        if (live.integer(0) == kWaitingLow) counts.low = live.integer(1);
        if (live.integer(0) != kWaiting) continue;
        counts.waiting = live.integer(1);
        counts.oldest = time_of(live.integer(2));
    }
    counts.waiting += counts.low;
    Statement dead = TRY(database.prepare("SELECT count(*) FROM dead_letters WHERE function = ?"));
    if (TRY(dead.bind(1, function).step())) counts.dead = dead.integer(0);
    return counts;
}

Result<std::optional<Time>> first_due(Database& database, const std::string& function) {
    std::optional<Time> first;
    for (const std::int64_t state : {kWaiting, kWaitingLow}) {
        Statement select =
            TRY(database.prepare("SELECT due_ms FROM events WHERE state = ? AND function = ? "
                                 "ORDER BY due_ms LIMIT 1"));
        if (!TRY(select.bind(1, state).bind(2, function).step())) continue;
        const Time due = time_of(select.integer(0));
        if (!first || due < *first) first = due;
    }
    return first;
}

Result<std::vector<DeadLetter>> newest_dead_letters(Database& database, int count_max) {
    Statement select = TRY(database.prepare(
        "SELECT id, function, request_id, payload, attempts, condition, error, queued_ms, died_ms "
        "FROM dead_letters ORDER BY id DESC LIMIT ?"));
    select.bind(1, std::max(count_max, 0));
    std::vector<DeadLetter> letters;
    while (TRY(select.step())) {
        DeadLetter letter;
        letter.id = select.integer(0);
        letter.function = select.text(1);
        letter.request_id = select.text(2);
        letter.payload = select.text(3);
        letter.attempts = static_cast<int>(select.integer(4));
        letter.condition = select.text(5);
        letter.error = select.text(6);
        letter.queued = time_of(select.integer(7));
        letter.died = time_of(select.integer(8));
        letters.push_back(std::move(letter));
    }
    return letters;
}

}  // namespace

Result<std::int64_t> next_event_id(Database& database) {
    // AUTOINCREMENT's own memory of the greatest id that was ever given.
    Statement select =
        TRY(database.prepare("SELECT seq + 1 FROM sqlite_sequence WHERE name = 'events'"));
    return TRY(select.step()) ? select.integer(0) : 1;
}

Result<void> insert_event(Database& database, const NewEvent& event) {
    return insert_row(database, kWaiting, random_uuid(), event);
}

Result<void> requeue_running_events(Database& database, std::int64_t& count) {
    Statement update = TRY(database.prepare("UPDATE events SET state = 0 WHERE state = 1"));
    TRY(update.run());
    count = database.changed_rows();
    return {};
}

Result<std::string> CatalogQueue::add(const std::string& function, const std::string& payload,
                                      const AddOptions& options) {
    const std::string request_id = random_uuid();
    TRY(catalog_.write(Sync::full, [&](Database& database) {
        return insert_row(database, state_of(options.priority), request_id,
                          {.function = function,
                           .payload = payload,
                           .trace_id = options.trace_id,
                           .now = clock_.now()});
    }));
    tell_added();
    return request_id;
}

Result<void> CatalogQueue::add_all(const std::string& function,
                                   const std::vector<std::string>& payloads,
                                   const AddOptions& options) {
    if (payloads.empty()) return {};
    const auto insert_all = [&](Database& database) -> Result<void> {
        const Time now = clock_.now();
        for (const std::string& payload : payloads) {
            const std::string trace_id =
                options.trace_id.empty() ? aws::make_trace_id(now) : options.trace_id;
            TRY(insert_row(
                database, state_of(options.priority), random_uuid(),
                {.function = function, .payload = payload, .trace_id = trace_id, .now = now}));
        }
        return {};
    };
    TRY(catalog_.write(Sync::full, insert_all));
    tell_added();
    return {};
}

// take, done, retry and put_back do not wait for the disk. After a power cut the queue may be as it
// was before them: an event runs again, or was tried once less than it was. That is within "at
// least once", and it saves two fsyncs an event. kill -9 undoes none of them.
Result<std::optional<QueuedEvent>> CatalogQueue::take(const std::string& function) {
    // Asking is cheap and waits for no commit; mostly there is nothing.
    const std::optional<Time> due = TRY(next_due(function));
    if (!due || *due > clock_.now()) return std::optional<QueuedEvent>();
    std::optional<QueuedEvent> event;
    TRY(catalog_.write(Sync::normal, [&](Database& database) {
        return take_due(database, function, clock_.now(), event);
    }));
    return event;
}

Result<void> CatalogQueue::done(std::int64_t id) {
    return catalog_.write(Sync::normal,
                          [&](Database& database) { return delete_event(database, id); });
}

Result<void> CatalogQueue::retry(std::int64_t id, Time due) {
    TRY(catalog_.write(Sync::normal,
                       [&](Database& database) { return retry_event(database, id, due); }));
    tell_added();
    return {};
}

Result<void> CatalogQueue::put_back(std::int64_t id) {
    TRY(catalog_.write(Sync::normal,
                       [&](Database& database) { return put_back_event(database, id); }));
    tell_added();
    return {};
}

Result<void> CatalogQueue::bury(std::int64_t id, const Burial& burial) {
    bool is_added = false;
    const auto change = [&](Database& database) -> Result<void> {
        const Time now = clock_.now();
        is_added = TRY(move_to_dead_letters(database, id, burial, now)) &&
                   !burial.on_failure_payload.empty();
        if (!is_added) return {};
        return insert_event(database, {.function = burial.on_failure_function,
                                       .payload = burial.on_failure_payload,
                                       .trace_id = burial.trace_id,
                                       .now = now});
    };
    TRY(catalog_.write(Sync::full, change));
    if (is_added) tell_added();
    return {};
}

Result<QueueCounts> CatalogQueue::counts(const std::string& function) {
    return catalog_.read([&](Database& database) { return count_events(database, function); });
}

Result<std::optional<Time>> CatalogQueue::next_due(const std::string& function) {
    return catalog_.read([&](Database& database) { return first_due(database, function); });
}

Result<std::vector<DeadLetter>> CatalogQueue::dead_letters(int count_max) {
    return catalog_.read(
        [&](Database& database) { return newest_dead_letters(database, count_max); });
}

void CatalogQueue::on_added(std::function<void()> callback) {
    const std::lock_guard lock(mutex_);
    callback_ = std::move(callback);
}

void CatalogQueue::tell_added() {
    std::function<void()> callback;
    {
        const std::lock_guard lock(mutex_);
        callback = callback_;
    }
    if (callback) callback();
}

}  // namespace imagemill::local
