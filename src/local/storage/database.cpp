#include "local/storage/database.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "local/storage/files.h"

namespace imagemill::local {

struct Statement::Kept {
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement;
    bool lent = false;
};

namespace {

constexpr int kBusyTimeoutMs = 5000;  // Only another program's look at the file makes us wait.

constexpr const char* kPragmas =
    "PRAGMA cache_size = -1024;"  // KiB.
    "PRAGMA mmap_size = 0;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA journal_size_limit = 8388608;";  // The log shrinks again after a burst.

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), kept_(std::exchange(other.kept_, nullptr)) {}

Statement::~Statement() {
    if (kept_ == nullptr) return;
    rewind();
    sqlite3_clear_bindings(kept_->statement.get());
    kept_->lent = false;
}

Statement& Statement::bind(int parameter, std::int64_t value) {
    CHECK(sqlite3_bind_int64(kept_->statement.get(), parameter, value) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
    // A null pointer would bind NULL, which is not the empty text.
    const char* data = text.data() == nullptr ? "" : text.data();
    CHECK(sqlite3_bind_text64(kept_->statement.get(), parameter, data, text.size(),
                              SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(kept_->statement.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return database_->error(code);
}

Result<void> Statement::run() {
    while (TRY(step())) continue;
    return {};
}

void Statement::rewind() {
    sqlite3_reset(kept_->statement.get());  // Repeats the error of step(), which was reported.
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(kept_->statement.get(), column);
}

std::string Statement::text(int column) const {
    sqlite3_stmt* statement = kept_->statement.get();
    const unsigned char* data = sqlite3_column_text(statement, column);
    if (data == nullptr) return "";
    const int size = sqlite3_column_bytes(statement, column);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

void Database::Close::operator()(sqlite3* connection) const {
    CHECK(sqlite3_close(connection) == SQLITE_OK);  // Busy: a statement was still lent.
}

Database::Database(std::unique_ptr<sqlite3, Close> connection, std::string path)
    : path_(std::move(path)), connection_(std::move(connection)) {}

Database::Database(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::string& path, Mode mode) {
    // Counting every allocation takes a lock that all connections share. It is set before SQLite
    // starts; where another did that already, only this saving is lost.
    static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    (void)configured;
    const int access =
        mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* connection = nullptr;
    const int code =
        sqlite3_open_v2(path.c_str(), &connection, access | SQLITE_OPEN_NOMUTEX, nullptr);
    CHECK(connection != nullptr);  // Null only when there is no memory.
    Database database(std::unique_ptr<sqlite3, Close>(connection), path);
    if (code != SQLITE_OK) return database.error(code);
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_busy_timeout(connection, kBusyTimeoutMs);
    TRY(database.execute(kPragmas));
    if (mode == Mode::read_write) TRY(database.execute("PRAGMA journal_mode = WAL"));
    return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
    auto found = statements_.find(sql);
    if (found == statements_.end()) {
        sqlite3_stmt* statement = nullptr;
        const int code =
            sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                               SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
        if (code != SQLITE_OK) return error(code);
        found = statements_.try_emplace(std::string(sql)).first;
        found->second.statement.reset(statement);
    }
    CHECK(!std::exchange(found->second.lent, true));
    return Statement(*this, found->second);
}

Result<void> Database::execute(const char* sql) {
    const int code = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return error(code);
    return {};
}

std::int64_t Database::changed_rows() const {
    return sqlite3_changes64(connection_.get());
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(connection_.get()) == 0;
}

bool Database::sync_failed() const {
    const int code = sqlite3_extended_errcode(connection_.get());
    return code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC;
}

Result<std::int64_t> Database::user_version() {
    Statement read = TRY(prepare("PRAGMA user_version"));
    CHECK(TRY(read.step()));
    return read.integer(0);
}

Error Database::error(int code) const {
    const std::string detail = sqlite3_errmsg(connection_.get());
    switch (code & 0xFF) {  // The primary code; the rest is detail.
        case SQLITE_FULL:
            return disk_error(ENOSPC, "the catalog " + path_ + " could not be written");
        case SQLITE_READONLY:
            return disk_error(EROFS, "the catalog " + path_ + " could not be written");
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN: {
            const int cause = sqlite3_system_errno(connection_.get());
            return disk_error(cause == 0 ? EIO : cause,
                              "the catalog " + path_ + " could not be read or written");
        }
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return Error{Code::unavailable,
                         "The catalog " + path_ + " is held locked by another program."};
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            return Error{Code::unavailable,
                         "The catalog " + path_ + " is damaged (" + detail + ")."};
        default:
            return Error{Code::internal, "The catalog " + path_ + ": " + detail + "."};
    }
}

Result<Transaction> Transaction::begin(Database& database, Sync sync) {
    // Takes effect when prepared, and not within a transaction: it cannot be a kept statement.
    TRY(database.execute(sync == Sync::full ? "PRAGMA synchronous = FULL"
                                            : "PRAGMA synchronous = NORMAL"));
    Statement begin = TRY(database.prepare("BEGIN IMMEDIATE"));
    TRY(begin.run());
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
    if (database_ == nullptr || !database_->in_transaction()) return;
    // It can fail only with the errors that have already ended the transaction.
    sqlite3_exec(database_->connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit() {
    Statement commit = TRY(database_->prepare("COMMIT"));
    TRY(commit.run());  // Failing, it leaves the transaction open: the destructor rolls back.
    database_ = nullptr;
    return {};
}

}  // namespace imagemill::local
