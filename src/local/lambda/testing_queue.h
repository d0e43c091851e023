// testing_queue: an EventQueue in memory for tests, with the faults a real queue may have: it
// hands out duplicates, shuffles, and fails.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "local/storage/queue.h"

namespace imagemill::local {

class TestingQueue final : public EventQueue {
  public:
    struct Faults {
        int duplicates_percent = 0;  // Of what is added: comes twice, with the same request id.
        bool shuffled = false;       // take() gives any of those due.
    };

    explicit TestingQueue(const Clock& clock) : clock_(clock) {}
    TestingQueue(const Clock& clock, const Faults& faults) : clock_(clock), faults_(faults) {}

    Result<std::string> add(const std::string& function, const std::string& payload,
                            const AddOptions& options = {}) override {
        const std::string request_id = random_uuid();
        {
            const std::lock_guard lock(mutex_);
            const bool twice = percent_(random_) < faults_.duplicates_percent;
            for (int i = 0; i < (twice ? 2 : 1); ++i)
                insert(function, payload, {request_id, options.trace_id});
        }
        tell();
        return request_id;
    }

    Result<void> add_all(const std::string& function, const std::vector<std::string>& payloads,
                         const AddOptions& options) override {
        for (const std::string& payload : payloads) TRY(add(function, payload, options));
        return {};
    }

    Result<std::optional<QueuedEvent>> take(const std::string& function) override {
        const std::lock_guard lock(mutex_);
        ++takes_;
        if (failing_) return Error{Code::unavailable, "the disk is away"};
        std::vector<Row*> due;
        for (auto& [id, row] : rows_) {
            const bool mine = row.event.function == function && !row.running;
            if (mine && row.due <= clock_.now()) due.push_back(&row);
        }
        if (due.empty()) return std::optional<QueuedEvent>();
        const std::size_t index = faults_.shuffled ? random_() % due.size() : 0;
        due[index]->running = true;
        return std::optional<QueuedEvent>(due[index]->event);
    }

    Result<void> done(std::int64_t id) override {
        const std::lock_guard lock(mutex_);
        if (failing_) return Error{Code::unavailable, "the disk is away"};
        rows_.erase(id);
        return {};
    }

    Result<void> retry(std::int64_t id, Time due) override {
        const std::lock_guard lock(mutex_);
        Row& row = rows_.at(id);
        ++row.event.attempts;
        row.running = false;
        row.due = due;
        retries_.push_back(due);
        return {};
    }

    Result<void> put_back(std::int64_t id) override {
        {
            const std::lock_guard lock(mutex_);
            rows_.at(id).running = false;
        }
        tell();
        return {};
    }

    Result<void> bury(std::int64_t id, const Burial& burial) override {
        {
            const std::lock_guard lock(mutex_);
            const QueuedEvent event = rows_.at(id).event;
            DeadLetter letter;
            letter.id = id;
            letter.function = event.function;
            letter.request_id = event.request_id;
            letter.payload = event.payload;
            letter.attempts = burial.attempts;
            letter.condition = burial.condition;
            letter.error = burial.error;
            letter.queued = event.queued;
            letter.died = clock_.now();
            dead_.push_back(std::move(letter));
            rows_.erase(id);
            if (!burial.on_failure_function.empty()) {
                insert(burial.on_failure_function, burial.on_failure_payload,
                       {random_uuid(), burial.trace_id});
            }
        }
        tell();
        return {};
    }

    Result<QueueCounts> counts(const std::string& function) override {
        const std::lock_guard lock(mutex_);
        if (failing_) return Error{Code::unavailable, "the disk is away"};
        QueueCounts counts;
        for (const auto& [id, row] : rows_) {
            if (row.event.function == function) ++(row.running ? counts.running : counts.waiting);
        }
        for (const DeadLetter& letter : dead_) counts.dead += letter.function == function ? 1 : 0;
        return counts;
    }

    Result<std::optional<Time>> next_due(const std::string& function) override {
        const std::lock_guard lock(mutex_);
        std::optional<Time> next;
        for (const auto& [id, row] : rows_) {
            if (row.event.function != function || row.running) continue;
            if (!next || row.due < *next) next = row.due;
        }
        return next;
    }

    Result<std::vector<DeadLetter>> dead_letters(int count_max) override {
        const std::lock_guard lock(mutex_);
        const std::size_t count = std::min(dead_.size(), static_cast<std::size_t>(count_max));
        return std::vector<DeadLetter>(dead_.begin(),
                                       dead_.begin() + static_cast<std::ptrdiff_t>(count));
    }

    // What an operator does is tested on the real one.
    Result<std::vector<ListedEvent>> list(const EventQuery&) override {
        return std::vector<ListedEvent>();
    }
    Result<std::int64_t> redrive(const EventSelection&) override { return 0; }
    Result<std::int64_t> remove(const EventSelection&) override { return 0; }
    Result<std::int64_t> trim(const std::string&, std::int64_t) override { return 0; }

    void on_added(std::function<void()> callback) override {
        const std::lock_guard lock(mutex_);
        callback_ = std::move(callback);
    }

    void set_failing(bool failing) {
        const std::lock_guard lock(mutex_);
        failing_ = failing;
    }
    int takes() const {
        const std::lock_guard lock(mutex_);
        return takes_;
    }
    std::vector<Time> retries() const {
        const std::lock_guard lock(mutex_);
        return retries_;
    }
    bool empty() const {
        const std::lock_guard lock(mutex_);
        return rows_.empty();
    }

  private:
    struct Row {
        QueuedEvent event;
        Time due;
        bool running = false;
    };

    struct Ids {
        std::string request_id;
        std::string trace_id;
    };

    void insert(const std::string& function, const std::string& payload, const Ids& ids) {
        const std::int64_t id = ++last_id_;
        const Time now = clock_.now();
        rows_[id] = {.event = {.id = id,
                               .function = function,
                               .request_id = ids.request_id,
                               .payload = payload,
                               .attempts = 0,
                               .queued = now,
                               .trace_id = ids.trace_id},
                     .due = now,
                     .running = false};
    }

    void tell() {
        std::function<void()> callback;
        {
            const std::lock_guard lock(mutex_);
            callback = callback_;
        }
        if (callback) callback();
    }

    const Clock& clock_;
    const Faults faults_;
    mutable std::mutex mutex_;  // Guards all below.
    std::minstd_rand random_{1};
    std::uniform_int_distribution<int> percent_{0, 99};
    std::map<std::int64_t, Row> rows_;
    std::vector<DeadLetter> dead_;
    std::vector<Time> retries_;
    std::int64_t last_id_ = 0;
    int takes_ = 0;
    bool failing_ = false;
    std::function<void()> callback_;
};

}  // namespace imagemill::local
