// testing_pool: a FunctionPool and an EventQueue that answer as told, and remember what they were
// asked: for tests.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "local/lambda/pool.h"

namespace imagemill::local {

class FakePool final : public FunctionPool {
  public:
    Result<InvokeResult> invoke(std::string_view function, std::string payload,
                                const InvokeOptions& options) override {
        function_ = function;
        payload_ = std::move(payload);
        options_ = options;
        ++calls_;
        if (meanwhile_) meanwhile_();
        return answer_;
    }
    Result<void> set_environment(std::string_view, std::map<std::string, std::string>) override {
        return {};
    }
    std::vector<std::string> functions() const override { return {"api", "processor"}; }
    FunctionCounts counts(std::string_view function) const override {
        FunctionCounts counts;
        counts.instances = function == "api" ? 1 : 2;
        counts.throttles = 7;
        counts.durations.add(Milliseconds(150));
        return counts;
    }
    void stop(Milliseconds) override {}

    Result<InvokeResult> answer_ = InvokeResult{
        .payload = R"({"statusCode":201,"headers":{"content-type":"application/json"},)"
                   R"("body":"{}","isBase64Encoded":false})",
        .function_error = "",
        .request_id = "function-id"};
    std::function<void()> meanwhile_;
    std::string function_;
    std::string payload_;
    InvokeOptions options_;
    int calls_ = 0;
};

class FakeQueue final : public EventQueue {
  public:
    struct Added {
        std::string function;
        std::string payload;
        AddOptions options;
    };

    Result<std::string> add(const std::string& function, const std::string& payload,
                            const AddOptions& options) override {
        if (broken_) return error();
        added_.push_back({function, payload, options});
        return std::string("queued-id");
    }
    Result<void> add_all(const std::string& function, const std::vector<std::string>& payloads,
                         const AddOptions& options) override {
        for (const std::string& payload : payloads) TRY(add(function, payload, options));
        return {};
    }
    Result<std::optional<QueuedEvent>> take(const std::string&) override {
        return std::optional<QueuedEvent>();
    }
    Result<void> done(std::int64_t) override { return {}; }
    Result<void> retry(std::int64_t, Time) override { return {}; }
    Result<void> put_back(std::int64_t) override { return {}; }
    Result<void> bury(std::int64_t, const Burial&) override { return {}; }
    Result<QueueCounts> counts(const std::string& function) override {
        if (broken_) return error();
        QueueCounts counts;
        counts.waiting = function == "api" ? 1 : 10;
        counts.running = 2;
        counts.dead = 3;
        return counts;
    }
    Result<std::optional<Time>> next_due(const std::string&) override {
        return std::optional<Time>();
    }
    Result<std::vector<DeadLetter>> dead_letters(int) override { return std::vector<DeadLetter>(); }
    Result<std::vector<ListedEvent>> list(const EventQuery& query) override {
        if (broken_) return error();
        query_ = query;
        return listed_;
    }
    Result<std::int64_t> redrive(const EventSelection& selection) override {
        redriven_.push_back(selection);
        return 4;
    }
    Result<std::int64_t> remove(const EventSelection& selection) override {
        removed_.push_back(selection);
        return 5;
    }
    Result<std::int64_t> trim(const std::string&, std::int64_t) override { return 0; }
    void on_added(std::function<void()>) override {}

    static Error error() { return {Code::unavailable, "/secret/catalog.sqlite: I/O error"}; }

    bool broken_ = false;
    std::vector<Added> added_;
    EventQuery query_;
    std::vector<ListedEvent> listed_;
    std::vector<EventSelection> redriven_;
    std::vector<EventSelection> removed_;
};

}  // namespace imagemill::local
