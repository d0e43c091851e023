#include "local/storage/catalog.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace imagemill::local {
namespace {

constexpr int kReaders = 3;
constexpr std::size_t kBatchMax = 64;

// migrations[n] takes a catalog of version n to n + 1. Written once, never edited: docs/formats.md.
constexpr std::array kMigrations = {
    R"sql(
    CREATE TABLE buckets (
        name        TEXT    NOT NULL PRIMARY KEY,
        created_ms  INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE objects (
        bucket      TEXT    NOT NULL,
        key         TEXT    NOT NULL,
        file        TEXT    NOT NULL,
        etag        TEXT    NOT NULL,
        size_bytes  INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL,
        attributes  TEXT    NOT NULL,
        PRIMARY KEY (bucket, key)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE garbage (
        file        TEXT    NOT NULL PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE events (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        function    TEXT    NOT NULL,
        state       INTEGER NOT NULL DEFAULT 0,
        due_ms      INTEGER NOT NULL,
        queued_ms   INTEGER NOT NULL,
        attempts    INTEGER NOT NULL DEFAULT 0,
        request_id  TEXT    NOT NULL,
        payload     TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX events_by_due ON events (state, function, due_ms, id, queued_ms);

    CREATE TABLE dead_letters (
        id          INTEGER PRIMARY KEY,
        function    TEXT    NOT NULL,
        died_ms     INTEGER NOT NULL,
        queued_ms   INTEGER NOT NULL,
        attempts    INTEGER NOT NULL,
        condition   TEXT    NOT NULL,
        error       TEXT    NOT NULL,
        request_id  TEXT    NOT NULL,
        payload     TEXT    NOT NULL
    ) STRICT;
    CREATE INDEX dead_letters_by_function ON dead_letters (function);
    )sql",
    R"sql(
    CREATE TABLE bucket_settings (
        bucket      TEXT    NOT NULL,
        name        TEXT    NOT NULL,
        text        TEXT    NOT NULL,
        PRIMARY KEY (bucket, name)
    ) STRICT, WITHOUT ROWID;
    )sql",
    R"sql(
    CREATE TABLE uploads (
        bucket      TEXT    NOT NULL,
        key         TEXT    NOT NULL,
        id          TEXT    NOT NULL,
        started_ms  INTEGER NOT NULL,
        principal   TEXT    NOT NULL,
        attributes  TEXT    NOT NULL,
        slots_file  TEXT    NOT NULL,
        slot_bytes  INTEGER NOT NULL,
        PRIMARY KEY (bucket, key, id)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE parts (
        upload      TEXT    NOT NULL,
        number      INTEGER NOT NULL,
        etag        TEXT    NOT NULL,
        size_bytes  INTEGER NOT NULL,
        modified_ms INTEGER NOT NULL,
        checksum    TEXT    NOT NULL,
        file        TEXT    NOT NULL,
        offset_bytes INTEGER NOT NULL,
        PRIMARY KEY (upload, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE completed_uploads (
        bucket      TEXT    NOT NULL,
        key         TEXT    NOT NULL,
        id          TEXT    NOT NULL,
        completed_ms INTEGER NOT NULL,
        etag        TEXT    NOT NULL,
        checksum_algorithm TEXT NOT NULL,
        checksum    TEXT    NOT NULL,
        checksum_type TEXT  NOT NULL,
        PRIMARY KEY (bucket, key, id)
    ) STRICT, WITHOUT ROWID;
    )sql",
    R"sql(
    CREATE INDEX completed_uploads_by_time ON completed_uploads (completed_ms);
    )sql",
    R"sql(
    ALTER TABLE events ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE dead_letters ADD COLUMN trace_id TEXT NOT NULL DEFAULT '';
    )sql",
};

Result<void> migrate(Database& database, const std::string& path) {
    const std::int64_t version = TRY(database.user_version());
    if (version > std::ssize(kMigrations)) {
        return Error{Code::unsupported,
                     "The catalog " + path + " is of version " + std::to_string(version) +
                         "; this imagemill knows versions up to " +
                         std::to_string(kMigrations.size()) + ". Use a newer one."};
    }
    for (auto next = static_cast<std::size_t>(version); next < kMigrations.size(); ++next) {
        Transaction transaction = TRY(Transaction::begin(database, Sync::full));
        TRY(database.execute(kMigrations[next]));
        const std::string number = "PRAGMA user_version = " + std::to_string(next + 1);
        TRY(database.execute(number.c_str()));
        TRY(transaction.commit());
    }
    return {};
}

Result<void> run_statement(Database& database, std::string_view sql) {
    Statement statement = TRY(database.prepare(sql));
    return statement.run();
}

// Applies one change of a batch: all of it or none.
Result<void> apply(Database& database, const Change& change) {
    TRY(run_statement(database, "SAVEPOINT change"));
    const Result<void> answer = change.apply(database);
    if (!answer && !database.in_transaction()) return answer;  // All is rolled back already.
    if (!answer) TRY(run_statement(database, "ROLLBACK TO change"));
    TRY(run_statement(database, "RELEASE change"));
    return answer;
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::open(const std::string& path) {
    Database writer = TRY(Database::open(path, Database::Mode::read_write));
    TRY(migrate(writer, path));
    auto catalog = std::make_unique<Catalog>(path, std::move(writer));
    for (int i = 0; i < kReaders; ++i) {
        Database reader = TRY(catalog->another_reader());
        catalog->readers_.push_back(std::make_unique<Database>(std::move(reader)));
    }
    return catalog;
}

Catalog::Catalog(std::string path, Database writer)
    : path_(std::move(path)), writer_(std::move(writer)) {}

Result<Database> Catalog::another_reader() const {
    return Database::open(path_, Database::Mode::read_only);
}

Result<void> Catalog::write(Sync sync, std::function<Result<void>(Database&)> apply) {
    Change change = {.sync = sync, .apply = std::move(apply)};
    return write(change);
}

Result<void> Catalog::write(Change& change) {
    // shared: see Requests.
    const auto request = std::make_shared<Request>(change);
    std::unique_lock lock(write_mutex_);
    waiting_.push_back(request);
    while (!request->is_done) {
        if (has_leader_) {
            request->turn.wait(lock);
            continue;
        }
        const Requests batch = take_batch();
        lock.unlock();
        run(batch);
        lock.lock();
        const auto next = end_batch(batch);
        // Who is done, and one of the others: all at once would mostly wake in vain. Without the
        // lock, which is what they wake up to take.
        lock.unlock();
        if (next) next->turn.notify_one();
        for (const auto& done : batch) {
            if (done != request) done->turn.notify_one();
        }
        lock.lock();
    }
    return request->answer;
}

// For who asks first while nobody leads. Under write_mutex_, as end_batch.
Catalog::Requests Catalog::take_batch() {
    has_leader_ = true;
    const std::size_t count = std::min(waiting_.size(), kBatchMax);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    Requests batch(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    return batch;
}

// One to lead, unless another comes before.
std::shared_ptr<Catalog::Request> Catalog::end_batch(const Requests& batch) {
    has_leader_ = false;
    for (const auto& done : batch) done->is_done = true;
    return waiting_.empty() ? nullptr : waiting_.front();
}

void Catalog::run(const Requests& batch) {
    const Result<void> committed = commit(batch);
    if (committed) return;
    for (const auto& request : batch) {
        if (!request->answer) continue;  // It failed on its own.
        request->answer = committed.error();
    }
}

Result<void> Catalog::commit(const Requests& batch) {
    TRY(settle_doubt());
    const bool is_full = std::ranges::any_of(
        batch, [](const auto& request) { return request->change.sync == Sync::full; });
    Transaction transaction = TRY(Transaction::begin(writer_, is_full ? Sync::full : Sync::normal));
    for (const auto& request : batch) {
        request->answer = apply(writer_, request->change);
        if (!writer_.in_transaction()) return request->answer;
    }
    const Result<void> committed = transaction.commit();
    if (!committed && writer_.sync_failed()) {
        in_doubt_ = true;
        for (const auto& request : batch) request->change.in_doubt = true;
    }
    return committed;
}

// After a failed fsync nobody knows which part of the log is on the disk, and the kernel will not
// say it again. Moving the log into the file and beginning a new one ends the doubt.
Result<void> Catalog::settle_doubt() {
    if (!in_doubt_) return {};
    Statement checkpoint = TRY(writer_.prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
    const bool is_row = TRY(checkpoint.step());
    CHECK(is_row);
    if (checkpoint.integer(0) != 0) {
        return Error{Code::unavailable, "The catalog " + path_ +
                                            " could not be brought to the disk earlier, and "
                                            "readers hold it now."};
    }
    in_doubt_ = false;
    return {};
}

Catalog::Loan::Loan(Catalog& from) : catalog(from) {
    std::unique_lock lock(catalog.read_mutex_);
    catalog.read_turn_.wait(lock, [&] { return !catalog.readers_.empty(); });
    database = std::move(catalog.readers_.back());
    catalog.readers_.pop_back();
}

Catalog::Loan::~Loan() {
    {
        const std::lock_guard lock(catalog.read_mutex_);
        catalog.readers_.push_back(std::move(database));
    }
    catalog.read_turn_.notify_one();
}

}  // namespace imagemill::local
