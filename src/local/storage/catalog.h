// catalog: the file that says what is stored and what waits, and who may write it when.
//
// Shapes:  Changes are committed by one connection. Those that come while a commit waits for the
//          disk form the next batch: one transaction, one wait for all of them. Within it each has
//          a savepoint, so one that fails leaves nothing and does not hurt the others.
//          Reads have connections of their own, lent one at a time; they never wait for a commit,
//          and see every commit that was answered before they began.
// Errors:  unavailable, internal as database.h; unsupported: the file is of a newer version.
// Threads: any. A change runs on whichever thread leads its batch, never two at once, while its own
//          thread waits.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "local/storage/database.h"

namespace imagemill::local {

struct Change {
    Sync sync = Sync::full;
    std::function<Result<void>(Database&)> apply = {};
    // Set when the disk failed in the commit itself: after a power cut it may turn out to have
    // happened.
    bool in_doubt = false;
};

class Catalog final {
  public:
    // Makes it, or brings it to the version that this program writes.
    static Result<std::unique_ptr<Catalog>> open(const std::string& path);
    Catalog(std::string path, Database writer);  // For open().

    // Applied and committed, or not at all.
    Result<void> write(Change& change);
    Result<void> write(Sync sync, std::function<Result<void>(Database&)> apply);

    // `read` takes a Database& and gives a Result.
    template <typename Read>
    auto read(Read&& read) {
        const Loan loan(*this);
        return read(*loan.database);
    }
    // A connection of its own, for who reads long.
    Result<Database> another_reader() const;

  private:
    struct Request {
        explicit Request(Change& asked) : change(asked) {}

        Change& change;
        Result<void> answer;
        bool is_done = false;
        std::condition_variable turn;  // Told when it is done, or may lead.
    };
    // shared: its thread may be gone before the leader has woken it.
    using Requests = std::vector<std::shared_ptr<Request>>;
    struct Loan {
        explicit Loan(Catalog& from);
        ~Loan();
        Loan(const Loan&) = delete;
        Loan& operator=(const Loan&) = delete;

        Catalog& catalog;
        std::unique_ptr<Database> database;
    };

    Requests take_batch();
    std::shared_ptr<Request> end_batch(const Requests& batch);
    void run(const Requests& batch);
    Result<void> commit(const Requests& batch);
    Result<void> settle_doubt();

    std::string path_;

    std::mutex write_mutex_;
    Requests waiting_;         // In order; the first leads next. Guarded by write_mutex_.
    bool has_leader_ = false;  // Guarded by write_mutex_.
    Database writer_;          // The leader's; likewise in_doubt_.
    bool in_doubt_ = false;

    std::mutex read_mutex_;
    std::condition_variable read_turn_;
    std::vector<std::unique_ptr<Database>> readers_;  // Not lent now. Guarded by read_mutex_.
};

}  // namespace imagemill::local
