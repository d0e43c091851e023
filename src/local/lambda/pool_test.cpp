#include "local/lambda/pool.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>

#include "aws/failure_record.h"
#include "aws/trace_id.h"
#include "base/json.h"
#include "local/lambda/log_tail.h"
#include "local/lambda/testing_logs.h"
#include "local/lambda/testing_queue.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kEcho = R"({"do":"echo"})";
constexpr std::string_view kInfo = R"({"do":"info"})";

FunctionConfig function_called(const std::string& name) {
    FunctionConfig function;
    function.name = name;
    function.handler = name;
    function.init_timeout = Milliseconds(60'000);
    function.retry_delay = Milliseconds(1);
    return function;
}

class PoolTest : public testing::Test {
  protected:
    ~PoolTest() override { pool_.reset(); }

    Result<void> make(std::vector<FunctionConfig> functions,
                      const std::string& bootstrap = POOL_TEST_BOOTSTRAP) {
        options_.bootstrap = bootstrap;
        options_.functions = std::move(functions);
        pool_ = TRY(make_pool(options_, queue_, logs_, system_clock(), log_));
        return {};
    }

    Result<InvokeResult> invoke(std::string_view payload, std::string_view function = "f") {
        return pool_->invoke(function, std::string(payload), {});
    }
    json::object info() {
        const auto result = invoke(kInfo);
        EXPECT_TRUE(result) << result.error().message;
        return parse_json(result->payload)->as_object();
    }
    std::int64_t pid() { return info().at("pid").as_int64(); }

    bool drained() {
        return eventually([&] { return queue_.empty(); });
    }
    // Instances at work, as the queue's and the callers' work counts.
    bool has_busy(int count) {
        return eventually([&] { return pool_->counts("f").busy == count; });
    }

    TestingQueue queue_{system_clock()};
    TestingLogs logs_;
    Log log_{system_clock(), Level::error, [](std::string_view) {}};
    PoolOptions options_;
    std::unique_ptr<FunctionPool> pool_;
};

// A caller on a thread of its own.
class Caller final {
  public:
    Caller(FunctionPool& pool, std::string payload)
        : thread_([this, &pool, payload = std::move(payload)] {
              result_ = pool.invoke("f", payload, {});
          }) {}
    Result<InvokeResult>& result() {
        if (thread_.joinable()) thread_.join();
        return *result_;
    }
    ~Caller() {
        if (thread_.joinable()) thread_.join();
    }

  private:
    std::optional<Result<InvokeResult>> result_;
    std::thread thread_;
};

TEST_F(PoolTest, StartsWithNothingRunning) {
    ASSERT_TRUE(make({function_called("f")}));
    EXPECT_EQ(pool_->counts("f").instances, 0);
    EXPECT_EQ(pool_->counts("f").cold_starts, 0);
}

TEST_F(PoolTest, AnswersACaller) {
    ASSERT_TRUE(make({function_called("f")}));

    const auto result = invoke(R"({"do":"echo","x":"é"})");

    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->payload, R"({"do":"echo","x":"é"})");
    EXPECT_EQ(result->function_error, "");
    EXPECT_EQ(result->request_id.size(), 36);
}

TEST_F(PoolTest, ReusesAWarmInstance) {
    FunctionConfig function = function_called("f");
    function.instances_max = 4;
    ASSERT_TRUE(make({function}));

    const std::int64_t first = pid();
    for (int i = 0; i < 5; ++i) EXPECT_EQ(pid(), first);

    EXPECT_EQ(pool_->counts("f").cold_starts, 1);
    EXPECT_EQ(pool_->counts("f").invocations, 6);
}

TEST_F(PoolTest, GivesEveryInvocationItsIds) {
    ASSERT_TRUE(make({function_called("f")}));

    const auto result = pool_->invoke("f", std::string(kInfo), {.trace_id = "Root=1-abc"});
    const json::object got = parse_json(result->payload)->as_object();
    const json::object other = info();

    EXPECT_EQ(got.at("request_id").as_string(), result->request_id);
    EXPECT_NE(got.at("request_id"), other.at("request_id"));
    EXPECT_EQ(got.at("trace_id").as_string(), "Root=1-abc");
    EXPECT_TRUE(other.at("trace_id").as_string().starts_with("Root=1-"));
    EXPECT_EQ(got.at("function_arn").as_string(),
              "arn:aws:lambda:us-east-1:000000000000:function:f");
}

TEST_F(PoolTest, AnAttemptAtAnEventHasItsTrace) {
    FunctionConfig function = function_called("f");
    function.retries = 1;
    function.retry_delay = Milliseconds(1);
    std::mutex mutex;
    std::vector<std::string> seen;
    options_.on_finished = [&](const FinishedInvocation& finished) {
        const std::lock_guard lock(mutex);
        seen.push_back(std::to_string(finished.attempt) + " " + std::string(finished.trace_id) +
                       " " + std::string(finished.error_type) + " " + std::string(finished.event));
    };
    ASSERT_TRUE(queue_.add("f", R"({"do":"error"})",
                           {.priority = Priority::normal, .trace_id = "Root=1-abc"}));
    ASSERT_TRUE(make({function}));

    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(1)->size() == 1; }));
    const std::lock_guard lock(mutex);
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_TRUE(seen[0].starts_with("1 Root=1-abc Function.")) << seen[0];
    EXPECT_TRUE(seen[1].starts_with("2 Root=1-abc Function.")) << seen[1];
    EXPECT_TRUE(seen[1].ends_with(R"({"do":"error"})")) << seen[1];
}

TEST_F(PoolTest, GivesTheTailOfTheLogToWhoAsksForIt) {
    ASSERT_TRUE(make({function_called("f")}));

    const auto told =
        pool_->invoke("f", R"({"do":"print","text":"hello\n"})", {.log_tail = LogTail::wanted});
    const auto untold = invoke(R"({"do":"print","text":"again\n"})");
    const auto long_log =
        pool_->invoke("f", R"({"do":"print","text":")" + std::string(10'000, 'x') + R"(\nlast\n"})",
                      {.log_tail = LogTail::wanted});

    ASSERT_TRUE(told && untold && long_log);
    EXPECT_TRUE(told->log_tail.starts_with("START RequestId: " + told->request_id));
    EXPECT_NE(told->log_tail.find("\nhello\nEND RequestId: "), std::string::npos);
    EXPECT_NE(told->log_tail.find("\nREPORT RequestId: "), std::string::npos);
    EXPECT_EQ(untold->log_tail, "");
    EXPECT_EQ(long_log->log_tail.size(), kLogTailBytesMax);
    EXPECT_NE(long_log->log_tail.find("x\nlast\nEND"), std::string::npos);
    EXPECT_TRUE(eventually([&] { return logs_.count_starting_with("REPORT") == 3; }));
    EXPECT_EQ(logs_.count_starting_with("END"), 3);
}

TEST_F(PoolTest, HandsTheClientContextOn) {
    ASSERT_TRUE(make({function_called("f")}));
    const auto result = pool_->invoke("f", std::string(kInfo), {.client_context = R"({"a":1})"});
    ASSERT_TRUE(result);
    EXPECT_EQ(parse_json(result->payload)->at("client_context").as_string(), R"({"a":1})");
}

TEST_F(PoolTest, CountsWhatItDid) {
    FunctionConfig function = function_called("f");
    function.retries = 1;
    ASSERT_TRUE(make({function}));
    ASSERT_TRUE(invoke(kEcho));
    ASSERT_TRUE(queue_.add("f", R"({"do":"error"})"));
    ASSERT_TRUE(drained());

    const FunctionCounts counts = pool_->counts("f");

    EXPECT_EQ(counts.durations.count(), 3);
    EXPECT_EQ(counts.start_durations.count(), 1);
    EXPECT_EQ(counts.events_retried, 1);
    EXPECT_EQ(counts.events_dropped, 1);
    EXPECT_EQ(counts.request_bytes, 13 + 2 * 14);
    EXPECT_GT(counts.response_bytes, 0);
    EXPECT_EQ(counts.throttles, 0);
}

TEST_F(PoolTest, AnEventThatIsTooOldIsNotRunAnyMore) {
    FunctionConfig function = function_called("f");
    function.event_age_max = Milliseconds(50);
    function.on_failure = "told";
    FunctionConfig told = function_called("told");
    told.consumes_queue = false;
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    std::this_thread::sleep_for(Milliseconds(100));

    ASSERT_TRUE(make({function, told}));

    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(1)->size() == 1; }));
    EXPECT_EQ(queue_.dead_letters(1)->front().condition, "EventAgeExceeded");
    EXPECT_EQ(queue_.dead_letters(1)->front().attempts, 0);
    EXPECT_EQ(queue_.counts("told")->waiting, 1);
    EXPECT_EQ(pool_->counts("f").invocations, 0);
    EXPECT_TRUE(eventually([&] { return pool_->counts("f").events_dropped == 1; }));
}

TEST_F(PoolTest, EndsTheLoopOfAFunctionThatCausesItsOwnEvents) {
    FunctionConfig function = function_called("f");
    function.hops_max = 2;
    ASSERT_TRUE(make({function}));

    const std::string once = aws::add_hop("Root=1-abc", "f");
    ASSERT_TRUE(queue_.add("f", R"({"do":"print_trace"})", {.trace_id = once}));
    ASSERT_TRUE(drained());
    EXPECT_TRUE(eventually([&] { return logs_.has(aws::add_hop(once, "f")); }));
    ASSERT_TRUE(queue_.add("f", std::string(kEcho), {.trace_id = aws::add_hop(once, "f")}));
    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(1)->size() == 1; }));

    EXPECT_EQ(queue_.dead_letters(1)->front().condition, "RecursiveLoop");
    EXPECT_EQ(pool_->counts("f").invocations, 1);
}

TEST_F(PoolTest, GrowsWithTheBacklogAndShrinksToNothing) {
    FunctionConfig function = function_called("f");
    function.instances_max = 3;
    function.idle = Milliseconds(20);
    ASSERT_TRUE(make({function}));

    for (int i = 0; i < 12; ++i) ASSERT_TRUE(queue_.add("f", R"({"do":"sleep","ms":100})"));

    EXPECT_TRUE(eventually([&] { return pool_->counts("f").busy == 3; }));
    EXPECT_LE(pool_->counts("f").instances, 3);
    EXPECT_TRUE(drained());
    EXPECT_TRUE(eventually([&] { return pool_->counts("f").instances == 0; }));
    EXPECT_EQ(pool_->counts("f").invocations, 12);
    EXPECT_EQ(pool_->counts("f").busy, 0);
    EXPECT_TRUE(invoke(kEcho));  // And grows again.
}

TEST_F(PoolTest, StartsNoMoreInstancesThanThereIsWork) {
    FunctionConfig function = function_called("f");
    function.instances_max = 8;
    ASSERT_TRUE(make({function}));

    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));

    EXPECT_TRUE(drained());
    EXPECT_EQ(pool_->counts("f").cold_starts, 1);
}

TEST_F(PoolTest, ABurstOfCallersStartsInstancesUpToTheCapAndNoMore) {
    FunctionConfig function = function_called("f");
    function.instances_max = 3;
    ASSERT_TRUE(make({function}));

    std::vector<std::unique_ptr<Caller>> burst;
    for (int i = 0; i < 16; ++i) {
        burst.push_back(std::make_unique<Caller>(*pool_, R"({"do":"sleep","ms":20})"));
    }
    for (const auto& caller : burst) EXPECT_TRUE(caller->result());

    EXPECT_LE(pool_->counts("f").cold_starts, 3);
    EXPECT_EQ(pool_->counts("f").invocations, 16);
}

TEST_F(PoolTest, ABacklogOfOneFunctionHoldsUpNoOther) {
    FunctionConfig other = function_called("g");
    other.queue_instances_max = 1;
    other.instances_max = 2;
    ASSERT_TRUE(make({function_called("f"), other}));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(queue_.add("f", R"({"do":"hang"})"));
    ASSERT_TRUE(has_busy(1));

    ASSERT_TRUE(queue_.add("g", std::string(kEcho)));

    EXPECT_TRUE(eventually([&] { return pool_->counts("g").invocations == 1; }));
    EXPECT_TRUE(invoke(kEcho, "g"));
    EXPECT_EQ(queue_.counts("f")->waiting, 99);
}

TEST_F(PoolTest, TakesUpWhatWasQueuedBeforeItStarted) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    ASSERT_TRUE(make({function_called("f")}));
    EXPECT_TRUE(drained());
}

TEST_F(PoolTest, LeavesTheQueueAloneWhereToldTo) {
    FunctionConfig function = function_called("f");
    function.consumes_queue = false;
    ASSERT_TRUE(make({function}));
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));

    ASSERT_TRUE(invoke(kEcho));

    EXPECT_EQ(queue_.takes(), 0);
}

TEST_F(PoolTest, AsksTheQueueOnlyWhenThereIsAReason) {
    ASSERT_TRUE(make({function_called("f")}));
    ASSERT_TRUE(invoke(kEcho));
    ASSERT_TRUE(has_busy(0));
    ASSERT_TRUE(eventually([&] { return logs_.count_starting_with("REPORT") == 1; }));
    EXPECT_LE(queue_.takes(), 4);
}

TEST_F(PoolTest, KillsAtTheTimeoutAndGoesOnWithAFreshInstance) {
    FunctionConfig function = function_called("f");
    function.timeout = Milliseconds(3'000);
    ASSERT_TRUE(make({function}));
    const std::int64_t first = pid();

    const auto late = invoke(R"({"do":"hang"})");
    const std::int64_t second = pid();

    ASSERT_TRUE(late);
    EXPECT_EQ(late->function_error, "Unhandled");
    EXPECT_EQ(late->payload, R"({"errorType":"Sandbox.Timedout","errorMessage":"RequestId: )" +
                                 late->request_id +
                                 R"( Error: Task timed out after 3.00 seconds"})");
    EXPECT_NE(second, first);
    EXPECT_EQ(::kill(static_cast<pid_t>(first), 0), -1);
    EXPECT_EQ(pool_->counts("f").errors, 1);
}

TEST_F(PoolTest, SurvivesACrash) {
    ASSERT_TRUE(make({function_called("f")}));

    const auto crashed = invoke(R"({"do":"crash"})");
    const auto fine = invoke(kEcho);

    ASSERT_TRUE(crashed);
    EXPECT_EQ(crashed->function_error, "Unhandled");
    EXPECT_NE(crashed->payload.find("signal: aborted"), std::string::npos);
    ASSERT_TRUE(fine);
    EXPECT_EQ(fine->function_error, "");
    EXPECT_EQ(pool_->counts("f").cold_starts, 2);
}

TEST_F(PoolTest, GivesNoWorkToAnInstanceThatLeftAfterItsAnswer) {
    ASSERT_TRUE(make({function_called("f")}));

    for (int i = 0; i < 3; ++i) {
        const auto result = invoke(R"({"do":"leave"})");
        ASSERT_TRUE(result);
        EXPECT_EQ(result->function_error, "") << result->payload;
    }
    EXPECT_EQ(pool_->counts("f").errors, 0);
}

TEST_F(PoolTest, ReplacesAnInstanceThatEndedWhileItWasIdle) {
    ASSERT_TRUE(make({function_called("f")}));
    const auto first = static_cast<pid_t>(pid());
    ASSERT_TRUE(eventually([&] { return pool_->counts("f").busy == 0; }));

    ::kill(first, SIGKILL);
    ASSERT_TRUE(eventually([&] { return ::kill(first, 0) != 0; }));

    EXPECT_NE(pid(), first);
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    EXPECT_TRUE(drained());
    EXPECT_EQ(pool_->counts("f").errors, 0);
}

TEST_F(PoolTest, KeepsAnInstanceWhoseFunctionOnlyFailed) {
    ASSERT_TRUE(make({function_called("f")}));
    const std::int64_t first = pid();

    const auto failed = invoke(R"({"do":"error"})");

    EXPECT_EQ(failed->function_error, "Unhandled");
    EXPECT_EQ(failed->payload,
              R"({"errorMessage":"told to fail","errorType":"TestError","stackTrace":[]})");
    EXPECT_EQ(pid(), first);
}

TEST_F(PoolTest, TriesAnEventAgainThenBuriesItWithARecord) {
    FunctionConfig function = function_called("f");
    function.on_failure = "api";
    FunctionConfig api = function_called("api");
    api.consumes_queue = false;
    ASSERT_TRUE(make({function, api}));

    ASSERT_TRUE(queue_.add("f", R"({"do":"error"})"));

    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(9)->size() == 1; }));
    const DeadLetter dead = queue_.dead_letters(9)->front();
    EXPECT_EQ(dead.attempts, 3);
    EXPECT_EQ(dead.condition, "RetriesExhausted");
    EXPECT_NE(dead.error.find("told to fail"), std::string::npos);
    EXPECT_EQ(queue_.retries().size(), 2);
    // All three attempts under one id.
    ASSERT_TRUE(eventually([&] { return logs_.count_starting_with("REPORT") == 3; }));
    EXPECT_EQ(logs_.count_starting_with("START RequestId: " + dead.request_id), 3);
    const auto queued = queue_.take("api");
    ASSERT_TRUE(queued->has_value());
    const auto record = aws::parse_failure_record(*parse_json((*queued)->payload));
    ASSERT_TRUE(record);
    EXPECT_EQ(record->request_id, dead.request_id);
    EXPECT_EQ(record->invoke_count, 3);
    EXPECT_EQ(*parse_json(record->request_payload), *parse_json(R"({"do":"error"})"));
}

TEST_F(PoolTest, WaitsLongerBeforeTheThirdAttempt) {
    FunctionConfig function = function_called("f");
    function.retry_delay = Milliseconds(50);
    function.retries = 2;
    ASSERT_TRUE(make({function}));

    ASSERT_TRUE(queue_.add("f", R"({"do":"crash"})"));

    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(9)->size() == 1; }));
    const auto due = queue_.retries();
    ASSERT_EQ(due.size(), 2);
    EXPECT_GE(due[1] - due[0], Milliseconds(100));
}

TEST_F(PoolTest, ProcessesEveryEventThoughTheyComeTwiceAndInAnyOrder) {
    TestingQueue faulty(system_clock(), {.duplicates_percent = 10, .shuffled = true});
    FunctionConfig function = function_called("f");
    function.instances_max = 2;
    PoolOptions options;
    options.bootstrap = POOL_TEST_BOOTSTRAP;
    options.functions = {function};
    auto pool = make_pool(options, faulty, logs_, system_clock(), log_);
    ASSERT_TRUE(pool);

    for (int i = 0; i < 200; ++i) ASSERT_TRUE(faulty.add("f", std::string(kEcho)));

    EXPECT_TRUE(eventually([&] { return faulty.empty(); }));
    EXPECT_TRUE(eventually([&] { return (*pool)->counts("f").invocations > 200; }));
    EXPECT_EQ((*pool)->counts("f").errors, 0);
    pool->reset();  // Before the queue.
}

TEST_F(PoolTest, PutsCallersBeforeTheQueue) {
    ASSERT_TRUE(make({function_called("f")}));
    const std::filesystem::path gate =
        std::filesystem::temp_directory_path() / ("imagemill-gate-" + std::to_string(::getpid()));
    ASSERT_TRUE(queue_.add("f", R"({"do":"wait_for","path":")" + gate.string() + R"("})"));
    ASSERT_TRUE(queue_.add("f", R"({"do":"hang"})"));
    ASSERT_TRUE(has_busy(1));
    Caller caller(*pool_, std::string(kEcho));
    ASSERT_TRUE(eventually([&] { return pool_->counts("f").waiting == 1; }));

    std::ofstream(gate) << "open";

    EXPECT_TRUE(caller.result());  // The event that would hang came before, and is served after.
    EXPECT_TRUE(has_busy(1));
    std::filesystem::remove(gate);
}

TEST_F(PoolTest, KeepsInstancesFreeForCallers) {
    FunctionConfig function = function_called("f");
    function.instances_max = 2;
    function.queue_instances_max = 1;
    ASSERT_TRUE(make({function}));
    ASSERT_TRUE(queue_.add("f", R"({"do":"hang"})"));
    ASSERT_TRUE(queue_.add("f", R"({"do":"hang"})"));
    ASSERT_TRUE(has_busy(1));

    EXPECT_TRUE(invoke(kEcho));

    ASSERT_TRUE(has_busy(1));
    EXPECT_EQ(queue_.counts("f")->waiting, 1);
}

TEST_F(PoolTest, LetsSoManyCallersWaitAndNoMore) {
    FunctionConfig function = function_called("f");
    function.waiting_max = 1;
    ASSERT_TRUE(make({function}));
    Caller working(*pool_, R"({"do":"hang"})");
    ASSERT_TRUE(has_busy(1));

    // Of two more one waits and the other is sent away, whichever comes first.
    std::vector<std::unique_ptr<Caller>> more;
    std::atomic<int> refused = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < 2; ++i) {
        threads.emplace_back([&] {
            const auto result = pool_->invoke("f", std::string(kEcho), {});
            if (!result && result.error().code == Code::busy) ++refused;
        });
    }
    EXPECT_TRUE(eventually([&] { return refused == 1; }));

    pool_->stop(Milliseconds(0));
    threads.clear();
    EXPECT_EQ(refused, 1);
    EXPECT_FALSE(working.result());
}

TEST_F(PoolTest, SendsEveryCallerAwayWhenItStops) {
    ASSERT_TRUE(make({function_called("f")}));
    Caller working(*pool_, R"({"do":"hang"})");
    ASSERT_TRUE(has_busy(1));

    Caller waiting(*pool_, std::string(kEcho));
    pool_->stop(Milliseconds(0));

    EXPECT_EQ(waiting.result().error().code, Code::unavailable);
    EXPECT_EQ(working.result().error().code, Code::unavailable);
}

TEST_F(PoolTest, PutsBackWhatDoesNotFinishWhenItStops) {
    FunctionConfig function = function_called("f");
    ASSERT_TRUE(make({function}));
    ASSERT_TRUE(queue_.add("f", R"({"do":"hang"})"));
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    ASSERT_TRUE(has_busy(1));

    pool_->stop(Milliseconds(10));

    EXPECT_EQ(pool_->counts("f").instances, 0);
    EXPECT_EQ(queue_.counts("f")->running, 0);
    EXPECT_EQ(queue_.counts("f")->waiting, 2);
    EXPECT_EQ((*queue_.take("f"))->attempts, 0);
    EXPECT_EQ(invoke(kEcho).error().code, Code::unavailable);
}

TEST_F(PoolTest, LetsWhatRunsFinishWhenItStops) {
    ASSERT_TRUE(make({function_called("f")}));
    Caller caller(*pool_, R"({"do":"sleep","ms":200})");
    ASSERT_TRUE(has_busy(1));

    pool_->stop(Milliseconds(60'000));

    ASSERT_TRUE(caller.result());
    EXPECT_EQ(caller.result()->function_error, "");
}

class BuiltInTest : public PoolTest {
  protected:
    Result<void> make_with(BuiltIn built_in) {
        FunctionConfig function = function_called("b");
        function.built_in = std::move(built_in);
        function.retries = 1;
        return make({function_called("f"), function});
    }
};

TEST_F(BuiltInTest, IsCalledForAnEventAndMayInvokeAnother) {
    std::promise<std::string> seen;
    ASSERT_TRUE(make_with([&](const BuiltInCall& call) -> BuiltInAnswer {
        const auto echo = call.pool.invoke("f", std::string(kEcho), {});
        seen.set_value(std::string(call.request_id) + " " + std::string(call.payload) + " " +
                       (echo ? echo->payload : echo.error().message));
        return {.payload = "{}"};
    }));

    const auto id = queue_.add("b", "[1]");

    EXPECT_EQ(seen.get_future().get(), *id + " [1] " + std::string(kEcho));
    EXPECT_TRUE(drained());
    EXPECT_TRUE(eventually([&] { return pool_->counts("b").invocations == 1; }));
    EXPECT_EQ(pool_->counts("b").errors, 0);
}

TEST_F(BuiltInTest, IsTriedAgainAndBuriedAsTheOthers) {
    std::atomic<int> calls = 0;
    ASSERT_TRUE(make_with([&](const BuiltInCall& call) -> BuiltInAnswer {
        ++calls;
        if (call.payload == "throw") throw std::runtime_error("odd");
        return {.payload = R"({"errorType":"Odd"})",
                .error_type = "Odd",
                .is_final = call.payload == "final"};
    }));

    for (const char* const payload : {"again", "final", "throw"}) {
        ASSERT_TRUE(queue_.add("b", payload));
    }

    ASSERT_TRUE(drained());
    std::map<std::string, std::pair<std::string, int>> died;
    const auto letters = queue_.dead_letters(10);
    for (const DeadLetter& letter : *letters) {
        died[letter.payload] = {letter.condition, letter.attempts};
    }
    EXPECT_EQ(died["again"], std::pair(std::string("RetriesExhausted"), 2));
    EXPECT_EQ(died["final"], std::pair(std::string("Refused"), 1));
    EXPECT_EQ(died["throw"], std::pair(std::string("RetriesExhausted"), 2));
    EXPECT_EQ(calls, 5);
}

TEST_F(BuiltInTest, EndsWhenToldAndItsEventGoesBack) {
    std::atomic<bool> began = false;
    ASSERT_TRUE(make_with([&](const BuiltInCall& call) -> BuiltInAnswer {
        std::promise<void> stopped;
        const std::stop_callback on_stop(call.stopping, [&] { stopped.set_value(); });
        began = true;
        stopped.get_future().wait();
        return {.payload = "{}", .error_type = "Stopped"};
    }));
    ASSERT_TRUE(queue_.add("b", "[1]"));
    ASSERT_TRUE(eventually([&] { return began.load(); }));

    pool_->stop(Milliseconds(1));

    EXPECT_EQ(queue_.counts("b")->waiting, 1);
    EXPECT_EQ((*queue_.take("b"))->attempts, 0);
}

// One instance works on an event until the test lets it end.
class NewEnvironmentTest : public PoolTest {
  protected:
    NewEnvironmentTest() {
        FunctionConfig function = function_called("f");
        function.instances_max = 2;
        function.timeout = Milliseconds(600'000);
        function.environment = {{"COLOR", "red"}};
        EXPECT_TRUE(make({function}));
        EXPECT_TRUE(queue_.add("f", R"({"do":"wait_for","path":")" + gate_ + "\"}"));
        EXPECT_TRUE(has_busy(1));
    }
    ~NewEnvironmentTest() override {
        let_go();
        pool_.reset();
        std::filesystem::remove(gate_);
    }

    std::string color() {
        const auto result = invoke(R"({"do":"environment"})");
        return result ? std::string(parse_json(result->payload)->at("COLOR").as_string())
                      : result.error().message;
    }
    void let_go() { std::ofstream{gate_}; }

    const std::string gate_ =
        (std::filesystem::temp_directory_path() / ("pool-gate-" + random_hex(8))).string();
};

TEST_F(NewEnvironmentTest, IsForInstancesThatStartFromThenOn) {
    EXPECT_EQ(color(), "red");

    ASSERT_TRUE(pool_->set_environment("f", {{"COLOR", "blue"}}));
    EXPECT_EQ(color(), "blue");
    let_go();
    ASSERT_TRUE(drained());

    // Both of the first environment are gone, and what ran in one of them was not lost.
    EXPECT_TRUE(eventually([&] { return pool_->counts("f").instances == 1; }));
    EXPECT_EQ(color(), "blue");
    EXPECT_EQ(pool_->counts("f").cold_starts, 3);
    EXPECT_EQ(pool_->counts("f").errors, 0);
    EXPECT_EQ(pool_->set_environment("g", {}).error().code, Code::invalid_argument);
}

TEST_F(NewEnvironmentTest, TakesNoEventBeforeTheEarlierOneIsDone) {
    ASSERT_TRUE(pool_->set_environment("f", {{"COLOR", "blue"}}));
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));

    // The second instance is there, idle, and leaves the event alone.
    EXPECT_EQ(color(), "blue");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(pool_->counts("f").invocations, 1);

    let_go();
    EXPECT_TRUE(drained());
    EXPECT_EQ(pool_->counts("f").invocations, 3);
}

TEST_F(PoolTest, StopsWhileAnInstanceHangsInItsStart) {
    FunctionConfig function = function_called("f");
    function.environment = {{"IMAGEMILL_TEST_INIT", "hang"}};
    function.init_timeout = Milliseconds(600'000);
    ASSERT_TRUE(make({function}));
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    ASSERT_TRUE(eventually([&] { return pool_->counts("f").instances == 1; }));

    pool_->stop(Milliseconds(600'000));

    EXPECT_EQ(queue_.counts("f")->waiting, 1);
}

TEST_F(PoolTest, TellsTheFirstCallerWhatInitErrorSaid) {
    FunctionConfig function = function_called("f");
    function.environment = {{"IMAGEMILL_TEST_INIT", "error"}};
    ASSERT_TRUE(make({function}));

    const auto result = invoke(kEcho);

    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->function_error, "Unhandled");
    EXPECT_EQ(result->payload, R"({"errorType":"Runtime.NoGood","errorMessage":"told to"})");
    EXPECT_EQ(pool_->counts("f").cold_starts, 0);
}

TEST_F(PoolTest, CountsAStartThatFailsAsAnAttemptOfItsEvent) {
    FunctionConfig function = function_called("f");
    function.environment = {{"IMAGEMILL_TEST_INIT", "exit"}};
    function.retries = 1;
    ASSERT_TRUE(make({function}));

    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));

    ASSERT_TRUE(eventually([&] { return queue_.dead_letters(9)->size() == 1; }));
    EXPECT_EQ(queue_.dead_letters(9)->front().attempts, 2);
    EXPECT_NE(queue_.dead_letters(9)->front().error.find("exit status 7"), std::string::npos);
}

class VanishingBootstrapTest : public PoolTest {
  protected:
    VanishingBootstrapTest() {
        std::string path = std::filesystem::temp_directory_path() / "imagemill-pool-XXXXXX";
        dir_ = ::mkdtemp(path.data());
        program_ = dir_ / "bootstrap";
        std::filesystem::create_symlink(POOL_TEST_BOOTSTRAP, program_);
    }
    ~VanishingBootstrapTest() override {
        pool_.reset();
        std::filesystem::remove_all(dir_);
    }

    std::filesystem::path dir_;
    std::filesystem::path program_;
};

TEST_F(VanishingBootstrapTest, SaysWhyAFunctionCannotBeStarted) {
    ASSERT_TRUE(make({function_called("f")}, program_));
    std::filesystem::remove(program_);

    const auto result = invoke(kEcho);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::unavailable);
    EXPECT_EQ(result.error().message, "function 'f' cannot be started: cannot start '" +
                                          program_.string() + "': No such file or directory");
}

TEST_F(VanishingBootstrapTest, PutsEventsBackUncountedUntilItCanBeStarted) {
    ASSERT_TRUE(make({function_called("f")}, program_));
    std::filesystem::rename(program_, dir_ / "away");
    ASSERT_TRUE(queue_.add("f", std::string(kInfo)));
    ASSERT_FALSE(invoke(kEcho));
    ASSERT_TRUE(eventually([&] { return queue_.takes() >= 2; }));
    EXPECT_TRUE(queue_.retries().empty());

    std::filesystem::rename(dir_ / "away", program_);

    EXPECT_TRUE(drained());
    EXPECT_TRUE(queue_.retries().empty());
    EXPECT_LT(queue_.takes(), 100);  // It did not spin meanwhile.
}

TEST_F(PoolTest, GoesOnAfterTheQueueWasAway) {
    ASSERT_TRUE(make({function_called("f")}));
    queue_.set_failing(true);
    ASSERT_TRUE(queue_.add("f", std::string(kEcho)));
    ASSERT_TRUE(eventually([&] { return queue_.takes() >= 1; }));
    ASSERT_TRUE(invoke(kEcho));  // Callers do not depend on it.

    queue_.set_failing(false);

    EXPECT_TRUE(drained());
}

TEST_F(PoolTest, SettlesAnEventLaterWhereTheQueueWasAwayMeanwhile) {
    ASSERT_TRUE(make({function_called("f")}));
    ASSERT_TRUE(queue_.add("f", R"({"do":"sleep","ms":100})"));
    ASSERT_TRUE(has_busy(1));
    queue_.set_failing(true);
    ASSERT_TRUE(eventually([&] { return pool_->counts("f").invocations == 1; }));
    EXPECT_FALSE(queue_.empty());

    queue_.set_failing(false);

    EXPECT_TRUE(drained());
    EXPECT_EQ(pool_->counts("f").invocations, 1);
}

TEST_F(PoolTest, BoundsARequest) {
    FunctionConfig function = function_called("f");
    function.payload_bytes_max = 20;
    ASSERT_TRUE(make({function}));

    EXPECT_TRUE(invoke(std::string(20, '1')));
    const auto too_large = invoke(std::string(21, '1'));

    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().code, Code::too_large);
    EXPECT_EQ(too_large.error().exceeded,
              (Exceeded{.setting = "payload_bytes_max", .limit = 20, .measured = 21}));
}

TEST_F(PoolTest, NamesTheFunctionsThereAre) {
    ASSERT_TRUE(make({function_called("f"), function_called("g")}));

    const auto result = invoke(kEcho, "h");

    EXPECT_EQ(result.error().code, Code::invalid_argument);
    EXPECT_EQ(result.error().message, "there is no function 'h'; there are: f, g");
}

TEST_F(PoolTest, RefusesOptionsThatContradictThemselves) {
    const auto refused = [&](std::vector<FunctionConfig> functions) {
        const auto made = make(std::move(functions));
        return !made && made.error().code == Code::invalid_argument;
    };
    FunctionConfig none = function_called("f");
    none.instances_max = 0;
    FunctionConfig nowhere = function_called("f");
    nowhere.on_failure = "g";
    FunctionConfig instant = function_called("f");
    instant.timeout = Milliseconds(0);

    EXPECT_TRUE(refused({function_called("f"), function_called("f")}));
    EXPECT_TRUE(refused({function_called("")}));
    EXPECT_TRUE(refused({function_called("a/b")}));
    EXPECT_TRUE(refused({none}));
    EXPECT_TRUE(refused({nowhere}));
    EXPECT_TRUE(refused({instant}));
}

TEST_F(PoolTest, RefusesABootstrapThatIsNotThere) {
    const auto made = make({function_called("f")}, "/no/such/bootstrap");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().message,
              "cannot run the bootstrap executable '/no/such/bootstrap': No such file or "
              "directory");
}

TEST_F(PoolTest, LeavesNoInstanceBehindWhenTheServerIsKilled) {
    // Orphans come to us, so that we see them end.
    ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    int channel[2];
    ASSERT_EQ(::pipe(channel), 0);
    const pid_t server = ::fork();
    if (server == 0) {
        if (!make({function_called("f")})) ::_exit(1);
        const auto instance = static_cast<pid_t>(pid());
        if (::write(channel[1], &instance, sizeof instance) != sizeof instance) ::_exit(1);
        for (;;) ::pause();
    }
    pid_t instance = 0;
    ASSERT_EQ(::read(channel[0], &instance, sizeof instance), ssize_t{sizeof instance});

    ::kill(server, SIGKILL);

    EXPECT_EQ(::waitpid(server, nullptr, 0), server);
    int status = 0;
    EXPECT_EQ(::waitpid(instance, &status, 0), instance);
    ::close(channel[0]);
    ::close(channel[1]);
}

}  // namespace
}  // namespace imagemill::local
