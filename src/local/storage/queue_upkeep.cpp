// What is done to the queue by hand: to see what is in it, to try dead letters again, to delete.
#include <algorithm>

#include "local/storage/catalog_queue.h"

namespace imagemill::local {
namespace {

// Of one transaction, so that no commit of an object waits long for it.
constexpr std::int64_t kBatch = 1'000;
constexpr int kListMax = 1'000;

Time time_of(std::int64_t ms) {
    return Time(Milliseconds(ms));
}

// The columns of ListedEvent in their order. What runs is little, and found by the index; the rest
// is read in the order of its ids.
constexpr const char* kListWaiting =
    "SELECT id, state, function, request_id, payload, attempts, queued_ms, due_ms, '', '', 0, "
    "trace_id FROM events WHERE state IN (0, 2) AND id > ?1 AND (?2 = '' OR function = ?2) "
    "ORDER BY id LIMIT ?3";
constexpr const char* kListRunning =
    "SELECT id, state, function, request_id, payload, attempts, queued_ms, due_ms, '', '', 0, "
    "trace_id FROM events WHERE state = 1 AND id > ?1 AND (?2 = '' OR function = ?2) "
    "ORDER BY +id LIMIT ?3";
constexpr const char* kListDead =
    "SELECT id, 0, function, request_id, payload, attempts, queued_ms, 0, condition, error, "
    "died_ms, trace_id FROM dead_letters WHERE id > ?1 AND (?2 = '' OR function = ?2) "
    "ORDER BY id LIMIT ?3";

const char* list_sql(EventState state) {
    switch (state) {
        case EventState::waiting:
            return kListWaiting;
        case EventState::running:
            return kListRunning;
        case EventState::dead:
            return kListDead;
    }
    return kListDead;
}

Result<std::vector<ListedEvent>> list_events(Database& database, const EventQuery& query) {
    Statement select = TRY(database.prepare(list_sql(query.state)));
    select.bind(1, query.after_id).bind(2, query.function);
    select.bind(3, std::clamp(query.count_max, 0, kListMax));
    std::vector<ListedEvent> events;
    while (TRY(select.step())) {
        ListedEvent event;
        event.id = select.integer(0);
        event.state = query.state;
        event.priority = select.integer(1) == kWaitingLow ? Priority::low : Priority::normal;
        event.function = select.text(2);
        event.request_id = select.text(3);
        event.payload = select.text(4);
        event.attempts = static_cast<int>(select.integer(5));
        event.queued = time_of(select.integer(6));
        event.due = time_of(select.integer(7));
        event.condition = select.text(8);
        event.error = select.text(9);
        event.died = time_of(select.integer(10));
        event.trace_id = select.text(11);
        events.push_back(std::move(event));
    }
    return events;
}

// A range of ids, of one function or of all (an empty name).
struct Range {
    const std::string& function;
    std::int64_t from = 0;
    std::int64_t to = 0;
};

Result<std::int64_t> run_on(Database& database, const char* sql, const Range& range) {
    Statement statement = TRY(database.prepare(sql));
    TRY(statement.bind(1, range.function).bind(2, range.from).bind(3, range.to).run());
    return database.changed_rows();
}

Result<std::int64_t> redrive_range(Database& database, const Range& range, Time now) {
    Statement copy = TRY(
        database.prepare("INSERT INTO events (function, due_ms, queued_ms, request_id, payload, "
                         "trace_id) SELECT function, ?4, ?4, request_id, payload, "
                         // All attempts before it: how often it came round is forgotten.
                         "substr(trace_id, 1, instr(trace_id || ';Lineage', ';Lineage') - 1) "
                         "FROM dead_letters "
                         "WHERE (?1 = '' OR function = ?1) AND id BETWEEN ?2 AND ?3 ORDER BY id"));
    copy.bind(1, range.function).bind(2, range.from).bind(3, range.to);
    TRY(copy.bind(4, now.time_since_epoch().count()).run());
    return run_on(database,
                  "DELETE FROM dead_letters "
                  "WHERE (?1 = '' OR function = ?1) AND id BETWEEN ?2 AND ?3",
                  range);
}

Result<std::int64_t> remove_range(Database& database, const Range& range,
                                  std::optional<EventState> state) {
    std::int64_t count = 0;
    if (state.value_or(EventState::dead) == EventState::dead) {
        count += TRY(run_on(database,
                            "DELETE FROM dead_letters "
                            "WHERE (?1 = '' OR function = ?1) AND id BETWEEN ?2 AND ?3",
                            range));
    }
    if (state.value_or(EventState::waiting) == EventState::waiting) {
        count += TRY(run_on(database,
                            "DELETE FROM events WHERE (?1 = '' OR function = ?1) "
                            "AND id BETWEEN ?2 AND ?3 AND state IN (0, 2)",
                            range));
    }
    return count;
}

// The least and the greatest id that there is, of either table.
struct Ends {
    std::int64_t first = 0;
    std::int64_t last = -1;
};

Result<Ends> ends_of(Database& database) {
    Statement select =
        TRY(database.prepare("SELECT coalesce(min(low), 0), coalesce(max(high), -1) FROM ("
                             "SELECT min(id) AS low, max(id) AS high FROM events UNION ALL "
                             "SELECT min(id), max(id) FROM dead_letters)"));
    if (!TRY(select.step())) return Ends();
    return Ends{.first = select.integer(0), .last = select.integer(1)};
}

// `change` on ranges that hold the selection and, together, nothing that came after the call: what
// is redriven and dies again at once stays a dead letter. It gives the count of rows.
template <typename Change>
Result<std::int64_t> change_all(Catalog& catalog, const EventSelection& selection,
                                Change&& change) {
    std::int64_t count = 0;
    const auto on_range = [&](const Range& range) -> Result<void> {
        std::int64_t changed = 0;  // A Change may be applied again: it is set, not added to.
        const auto apply = [&](Database& database) -> Result<void> {
            changed = TRY(change(database, range));
            return {};
        };
        TRY(catalog.write(Sync::full, apply));
        count += changed;
        return {};
    };
    for (const std::int64_t id : selection.ids) {
        TRY(on_range({.function = selection.function, .from = id, .to = id}));
    }
    if (!selection.ids.empty()) return count;
    const Ends ends = TRY(catalog.read([](Database& database) { return ends_of(database); }));
    for (std::int64_t from = ends.first; from <= ends.last; from += kBatch) {
        const std::int64_t to = std::min(from + kBatch - 1, ends.last);
        TRY(on_range({.function = selection.function, .from = from, .to = to}));
    }
    return count;
}

// Of each table, the oldest of `function`.
constexpr const char* kTrimDead =
    "DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE function = ?1 "
    "ORDER BY id LIMIT ?2)";
constexpr const char* kTrimWaiting =
    "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE function = ?1 "
    "AND state IN (0, 2) ORDER BY id LIMIT ?2)";

Result<std::int64_t> trim_oldest(Database& database, const std::string& function,
                                 std::int64_t count) {
    std::int64_t gone = 0;
    for (const char* const sql : {kTrimDead, kTrimWaiting}) {
        Statement statement = TRY(database.prepare(sql));
        TRY(statement.bind(1, function).bind(2, count - gone).run());
        gone += database.changed_rows();
    }
    return gone;
}

}  // namespace

Result<std::vector<ListedEvent>> CatalogQueue::list(const EventQuery& query) {
    return catalog_.read([&](Database& database) { return list_events(database, query); });
}

Result<std::int64_t> CatalogQueue::redrive(const EventSelection& selection) {
    const auto count =
        change_all(catalog_, selection, [this](Database& database, const Range& range) {
            return redrive_range(database, range, clock_.now());
        });
    tell_added();  // Whatever became of the last of them.
    return count;
}

Result<std::int64_t> CatalogQueue::remove(const EventSelection& selection) {
    return change_all(catalog_, selection, [&](Database& database, const Range& range) {
        return remove_range(database, range, selection.state);
    });
}

Result<std::int64_t> CatalogQueue::trim(const std::string& function, std::int64_t count_max) {
    const QueueCounts kept = TRY(counts(function));
    const std::int64_t excess = kept.waiting + kept.dead - count_max;
    std::int64_t gone = 0;
    while (gone < excess) {
        std::int64_t removed = 0;
        const auto apply = [&](Database& database) -> Result<void> {
            removed = TRY(trim_oldest(database, function, std::min(excess - gone, kBatch)));
            return {};
        };
        TRY(catalog_.write(Sync::full, apply));
        if (removed == 0) break;  // Somebody else has removed them.
        gone += removed;
    }
    return gone;
}

}  // namespace imagemill::local
