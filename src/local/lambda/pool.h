// pool: runs functions as AWS Lambda does: an instance is a process of `bootstrap` that speaks the
// Runtime API to us, handles one invocation at a time, is reused while warm and killed when it
// fails.
//
// Shapes:  invoke() is synchronous (RequestResponse). Asynchronous invocations come from the queue:
//          at least once, `retries` more attempts with pauses, then a dead letter and an on-failure
//          record for `on_failure`; the same at once where the event is, or would by its next
//          attempt be, older than `event_age_max`, or the last of `hops_max` in a chain that leads
//          back to the function. A start that fails is no attempt. A synchronous
//          caller goes before the queue; of idle instances the one used last goes first, so that
//          the others can stop.
//          A function with `built_in` is a part of the server: its instances are threads that call
//          it, not processes. All else holds for it as for the others.
//          A new environment is for instances that start from then on: those that are idle stop,
//          those at work stop when they have answered. No event is begun under it while one that
//          was begun under an earlier one still runs, so the last word is the newest's.
// Errors:  invoke: busy         every instance is taken and `waiting_max` callers wait already, or
//                               none came free within `timeout` and `init_timeout` together.
//                  unavailable  the process cannot be started, or could not a moment ago (starts
//                               are tried again after 0.2 s, then ever later, up to 30 s); says
//                               why. Or the pool is stopping.
//                  too_large    the payload.
//                  invalid_argument  no function of that name; so too of set_environment.
//                  A function that fails is not an error here: InvokeResult says so as Lambda
//                  would. An instance that is not ready within `init_timeout` is killed and fails
//                  its invocation with Sandbox.Timedout.
//          make_pool: invalid_argument  two functions of a name, a number out of range, an
//                     `on_failure` that is no function here, a network of its own without exactly
//                     one of `inner_s3` and `s3_relay`; unavailable: no such bootstrap.
// Threads: any. One of the pool's own, asleep when nothing is due; a few per live instance.
// Cost:    a cold start is vfork, exec and the function's own; idle instances stop after `idle`.
// Source:  AWS Lambda developer guide: Runtime API, lifecycle, asynchronous invocation.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "http/message.h"
#include "local/lambda/histogram.h"
#include "local/lambda/isolation.h"
#include "local/lambda/logs.h"
#include "local/storage/queue.h"
#include "net/relay.h"

namespace imagemill::local {

class FunctionPool;

struct BuiltInCall {
    std::string_view request_id;  // These three for the call.
    std::string_view trace_id;
    std::string_view payload;
    FunctionPool& pool;        // To invoke other functions.
    std::stop_token stopping;  // The pool stops: an event goes back to the queue, whatever it says.
};
struct BuiltInAnswer {
    std::string payload;          // JSON; of a failure {"errorType","errorMessage"}.
    std::string error_type = {};  // Empty for success.
    bool is_final = false;        // Of a failure: trying again is of no use.
    Milliseconds pause_min{0};    // Of another failure: before the next attempt.
};
using BuiltIn = std::function<BuiltInAnswer(const BuiltInCall&)>;

struct FunctionConfig {
    std::string name;                                     // "image-resize-processor"
    std::string handler;                                  // _HANDLER
    std::map<std::string, std::string> environment = {};  // Beside what Lambda sets itself.
    int instances_max = 1;
    int memory_mb = 1024;
    Milliseconds timeout{60'000};
    Milliseconds init_timeout{10'000};
    Milliseconds idle{60'000};
    int waiting_max = 256;  // Synchronous callers beyond instances_max.
    bool consumes_queue = true;
    // How many instances may work on the queue at once, so that the others are there for callers;
    // 0: all of them.
    int queue_instances_max = 0;
    int retries = 2;
    Milliseconds retry_delay{60'000};  // Before the second attempt; twice that before the third, …
    Milliseconds retry_delay_max{21'600'000};
    Milliseconds event_age_max{21'600'000};
    std::string on_failure = {};  // A function's name, or empty.
    // How often events may invoke it that it caused itself, by what it wrote into a bucket.
    int hops_max = 16;
    // AWS: 6 MB.
    std::int64_t payload_bytes_max = INT64_C(128) << 20;  // Request; a response has 100 more.
    BuiltIn built_in = {};  // Called by several threads at once; outlives the pool.
};

// An invocation that came to its end; `event` and `answer` are for the call.
struct FinishedInvocation {
    std::string_view function;
    std::string_view request_id;
    std::string_view trace_id;
    std::string_view what = {};   // As its caller named it.
    std::string_view event = {};  // The payload of an event; empty for a caller's.
    std::string_view answer = {};
    std::string_view error_type = {};  // Empty for success.
    int attempt = 1;
    Milliseconds duration{0};
    Time ended = {};
};

struct PoolOptions {
    std::string bootstrap;  // Path of the executable.
    std::string region = "us-east-1";
    std::string account = "000000000000";
    std::vector<FunctionConfig> functions = {};
    Isolation isolation = {};  // Of each instance: what probe_isolation found, or less.
    // What there is beside the Runtime API in a network of its own: who answers there as the S3
    // service (AWS_ENDPOINT_URL_S3 says so),
    http::Handler inner_s3 = {};
    // or who hands bytes on to the S3 service that the functions' environment names
    // (IMAGEMILL_S3_RELAY says where).
    std::optional<net::RelayOptions> s3_relay = std::nullopt;
    // Told of every invocation that ended, on the thread of its instance, under no lock.
    std::function<void(const FinishedInvocation&)> on_finished = {};
};

enum class LogTail { none, wanted };

struct InvokeOptions {
    std::string trace_id = {};        // Empty: one is made.
    std::string client_context = {};  // JSON text; goes to the function as it is.
    LogTail log_tail = LogTail::none;
    std::string what = {};  // For who looks at what ran: "POST /upload".
};

struct InvokeResult {
    std::string payload;         // JSON; of a failure {"errorType","errorMessage"}.
    std::string function_error;  // Empty, or "Unhandled".
    std::string request_id;
    std::string log_tail = {};  // The last 4 kB of the invocation's log, where that was wanted.
};

struct FunctionCounts {
    int instances = 0;
    int busy = 0;
    int waiting = 0;  // Callers for whom no instance is free.
    std::int64_t cold_starts = 0;
    std::int64_t invocations = 0;
    std::int64_t errors = 0;
    std::int64_t throttles = 0;  // Callers for whom there was no room.
    std::int64_t request_bytes = 0;
    std::int64_t response_bytes = 0;
    Histogram durations = {};         // Of invocations.
    Histogram start_durations = {};   // Of cold starts, to the first call of next.
    std::int64_t events_retried = 0;  // Attempts that failed and come again.
    std::int64_t events_dropped = 0;  // Became dead letters.
};

class FunctionPool {
  public:
    virtual ~FunctionPool() = default;
    virtual Result<InvokeResult> invoke(std::string_view function, std::string payload,
                                        const InvokeOptions& options) = 0;
    // In the place of FunctionConfig's.
    virtual Result<void> set_environment(std::string_view function,
                                         std::map<std::string, std::string> environment) = 0;
    virtual std::vector<std::string> functions() const = 0;
    virtual FunctionCounts counts(std::string_view function) const = 0;
    // Takes no more events, lets what runs finish within `drain`, puts back what does not.
    virtual void stop(Milliseconds drain) = 0;
};

// `queue`, `logs`, `clock` and `log` outlive the pool.
Result<std::unique_ptr<FunctionPool>> make_pool(const PoolOptions& options, EventQueue& queue,
                                                Logs& logs, const Clock& clock, const Log& log);

}  // namespace imagemill::local
