// database: SQLite as values. Private to this folder, as every header here but disk_store.h and
// queue.h.
//
// Shapes:  A Database is one connection. A Statement is the loan of one of its prepared statements,
//          which it keeps for the next time; given back, it is rewound, so a read ends with it.
//          A Transaction rolls back unless it is committed.
// Errors:  unavailable  the disk refuses or the file is damaged: names the file and why.
//          internal     SQL that SQLite does not understand, or a rule of the schema broken: a bug.
// Threads: a Database and what is lent from it belong to one thread at a time.
// Cost:    about 1 MB of page cache each, nothing mapped.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace imagemill::local {

// What a commit waits for. full: the log is on the disk, a power cut loses nothing. normal: it is
// in the kernel's hands, kill -9 loses nothing; the log keeps its order, so the next full commit
// makes it safe too.
enum class Sync { normal, full };

class Database;

class Statement final {
  public:
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Parameters count from 1, columns from 0, as in SQLite. A text is copied.
    Statement& bind(int parameter, std::int64_t value);
    Statement& bind(int parameter, std::string_view text);

    // Whether there is another row, which the columns then speak of.
    Result<bool> step();
    // To the end, for what gives no rows.
    Result<void> run();
    // Back to before the first row, for other parameters.
    void rewind();

    std::int64_t integer(int column) const;
    std::string text(int column) const;

  private:
    friend class Database;
    struct Kept;
    Statement(Database& database, Kept& kept) : database_(&database), kept_(&kept) {}

    Database* database_;  // Outlives its loans.
    Kept* kept_;          // Null when moved from.
};

class Database final {
  public:
    enum class Mode { read_write, read_only };

    static Result<Database> open(const std::string& path, Mode mode);
    Database(Database&&) noexcept;
    Database& operator=(Database&&) = delete;
    ~Database();

    Result<Statement> prepare(std::string_view sql);
    // Statements without parameters or rows that are worth reading.
    Result<void> execute(const char* sql);

    // What the last finished statement changed.
    std::int64_t changed_rows() const;
    // Some errors (a full disk) end the transaction on their own.
    bool in_transaction() const;

    // Of the last call, if it failed: that what it wrote could not be brought to the disk, so that
    // a power cut decides what is there.
    bool sync_failed() const;

    // The schema's number, in the file's header.
    Result<std::int64_t> user_version();

  private:
    friend class Statement;
    friend class Transaction;
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    Database(std::unique_ptr<sqlite3, Close> connection, std::string path);
    Error error(int code) const;

    std::string path_;
    std::unique_ptr<sqlite3, Close> connection_;
    std::map<std::string, Statement::Kept, std::less<>> statements_;
};

class Transaction final {
  public:
    static Result<Transaction> begin(Database& database, Sync sync);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    Result<void> commit();

  private:
    explicit Transaction(Database& database) : database_(&database) {}

    Database* database_;  // Outlives the transaction; null once it is over.
};

}  // namespace imagemill::local
