// instance: one process of bootstrap with its Runtime API: what Lambda calls an execution
// environment. Everything an instance is made of is made in start_instance and nowhere else.
//
// Shapes:  start → wait_ready → run → settle → run → settle … ; destroyed, it is killed and reaped.
//          The log group gets what the process prints, each line as it is written.
// Errors:  start: unavailable  no port, no thread, or the process cannot be started; says why.
//          What the function does wrong is an Outcome, not an error.
// Threads: belongs to one thread, which must outlive it (process.h); kill() on any.
// Cost:    three threads (output and exit, accept, one connection), all asleep between invocations.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "local/lambda/logs.h"
#include "local/lambda/pool.h"
#include "local/lambda/process.h"
#include "local/lambda/report.h"

namespace imagemill::local {

struct InstanceOptions {
    std::string bootstrap;
    std::string region;
    std::string function_arn;
    Isolation isolation = {};     // `user`: of this instance.
    http::Handler inner_s3 = {};  // Of a network of its own; that or
    std::optional<net::RelayOptions> s3_relay = std::nullopt;
};

struct Invocation {
    std::string request_id;
    std::string trace_id;
    std::string payload;
    std::string client_context = {};
    LogTail log_tail = LogTail::none;
};

struct Outcome {
    InvocationStatus status = InvocationStatus::success;
    std::string payload;     // JSON: the answer, or {"errorType","errorMessage"}.
    std::string error_type;  // Empty for success.
    std::string log_tail = {};
    Milliseconds duration{0};
    bool is_final = false;  // These two as BuiltInAnswer has them.
    Milliseconds pause_min{0};
};

class Instance {
  public:
    virtual ~Instance() = default;
    // Waits until the runtime asks for work, at most the function's init_timeout. False: it did
    // not, and the instance is of no more use.
    virtual bool wait_ready() = 0;
    // After that: the same as run() for the invocation that waited for it. What init/error posted,
    // Runtime.ExitError, or Sandbox.Timedout: a start that takes too long is not tried again with
    // the function's own timeout, as Lambda would.
    virtual Outcome fail_init(const std::string& request_id) = 0;
    // Ready: gives it the invocation and waits for the answer, at most the function's timeout.
    virtual Outcome run(Invocation invocation) = 0;
    // The process runs: it may have ended while it was idle.
    virtual bool is_alive() const = 0;
    // The process is gone, or its answer did not come: no more runs.
    virtual bool lost() const = 0;
    // After run: writes END and REPORT (unless run() has, for a tail of the log), and waits until
    // the runtime is ready again. False: it is not, and the instance is of no more use.
    virtual bool settle() = 0;
    virtual void kill() = 0;
    // From start to ready; after wait_ready.
    virtual Milliseconds start_duration() const = 0;
};

// `function`, `logs`, `clock` and `log` outlive the instance.
Result<std::unique_ptr<Instance>> start_instance(const InstanceOptions& options,
                                                 const FunctionConfig& function, Logs& logs,
                                                 const Clock& clock, const Log& log);

struct RuntimeAddress {
    std::string runtime_api = {};  // host:port
    std::string log_stream = {};   // "2026/12/01/[$LATEST]…"
    std::string s3_url = {};       // Of a network of its own; that or
    std::string s3_relay = {};     // host:port
};

// The environment of a function: Lambda's own names, then the configuration's; sorted.
// A name that is Lambda's own cannot be set by the configuration, as on AWS.
std::vector<std::string> instance_environment(const InstanceOptions& options,
                                              const FunctionConfig& function,
                                              const RuntimeAddress& address);

}  // namespace imagemill::local
