// catalog_queue: the EventQueue over the catalog, and what commits of objects need of it.
//
// Threads: any; the free functions as the Database that is passed.
#pragma once

#include <mutex>
#include <string>

#include "local/storage/catalog.h"
#include "local/storage/queue.h"

namespace imagemill::local {

// Of the event that is added next: greater than every one before it, also after a restart.
Result<std::int64_t> next_event_id(Database& database);
struct NewEvent {
    const std::string& function;  // These three for the call.
    const std::string& payload;
    const std::string& trace_id;
    Time now;
};
// Waiting, due now, under a request id of its own.
Result<void> insert_event(Database& database, const NewEvent& event);
// The values of events.state; SQL writes them as digits.
inline constexpr std::int64_t kWaiting = 0;
inline constexpr std::int64_t kRunning = 1;
inline constexpr std::int64_t kWaitingLow = 2;  // Once taken, it is like any other.
// What a stopped server left running waits again, with the attempts it had.
Result<void> requeue_running_events(Database& database, std::int64_t& count);

class CatalogQueue final : public EventQueue {
  public:
    // Both outlive the queue.
    CatalogQueue(Catalog& catalog, const Clock& clock) : catalog_(catalog), clock_(clock) {}

    Result<std::string> add(const std::string& function, const std::string& payload,
                            const AddOptions& options) override;
    Result<void> add_all(const std::string& function, const std::vector<std::string>& payloads,
                         const AddOptions& options) override;
    Result<std::optional<QueuedEvent>> take(const std::string& function) override;
    Result<void> done(std::int64_t id) override;
    Result<void> retry(std::int64_t id, Time due) override;
    Result<void> put_back(std::int64_t id) override;
    Result<void> bury(std::int64_t id, const Burial& burial) override;
    Result<QueueCounts> counts(const std::string& function) override;
    Result<std::optional<Time>> next_due(const std::string& function) override;
    Result<std::vector<DeadLetter>> dead_letters(int count_max) override;
    Result<std::vector<ListedEvent>> list(const EventQuery& query) override;
    Result<std::int64_t> redrive(const EventSelection& selection) override;
    Result<std::int64_t> remove(const EventSelection& selection) override;
    Result<std::int64_t> trim(const std::string& function, std::int64_t count_max) override;
    void on_added(std::function<void()> callback) override;

    // Calls what on_added was given. Holds no lock meanwhile.
    void tell_added();

  private:
    Catalog& catalog_;
    const Clock& clock_;

    std::mutex mutex_;
    std::function<void()> callback_;  // Guarded by mutex_.
};

}  // namespace imagemill::local
