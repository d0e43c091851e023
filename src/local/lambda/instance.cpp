#include "local/lambda/instance.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>

#include "base/random.h"
#include "local/lambda/inner_files.h"
#include "local/lambda/inner_network.h"
#include "local/lambda/log_tail.h"
#include "local/lambda/process.h"
#include "local/lambda/runtime_service.h"
#include "net/server.h"

namespace imagemill::local {
namespace {

// What AWS adds to its 6 MB for the envelope of an answer: 6291556 in all.
constexpr std::int64_t kEnvelopeBytes = 100;
// A runtime that has answered may finish its own work, within its timeout and at least this.
constexpr Milliseconds kSettleMin{1'000};
constexpr std::int64_t kFileBytesMax = kTmpBytesMax;  // There is no other place for one.

std::string log_stream_name(Time now) {
    std::string day = format_rfc3339(now).substr(0, 10);
    std::ranges::replace(day, '-', '/');
    return day + "/[$LATEST]" + random_hex(16);
}

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == path.npos || slash == 0 ? "/" : path.substr(0, slash);
}

net::ServerOptions listener_options(const FunctionConfig& function) {
    net::ServerOptions options;
    options.connections_max = 16;
    options.body_bytes_max = function.payload_bytes_max + kEnvelopeBytes + 1;
    // Between `next` and the answer the connection is silent as long as the function works, and
    // between two invocations as long as the instance lives.
    options.idle_timeout = function.timeout + function.idle + Milliseconds(60'000);
    options.drain = Milliseconds(1'000);
    return options;
}

class LocalInstance final : public Instance {
  public:
    LocalInstance(const FunctionConfig& function, const std::string& function_arn, Logs& logs,
                  const Clock& clock)
        : function_(function),
          logs_(logs),
          clock_(clock),
          service_(function_arn, function.payload_bytes_max + kEnvelopeBytes),
          started_(clock.steady()) {}

    ~LocalInstance() override {
        process_.reset();  // Its on_exit closes the service, which frees the server's threads.
        service_.close();
        if (server_) server_->stop();
        if (inner_s3_) inner_s3_->stop();
        if (s3_relay_) s3_relay_->stop();
    }

    Result<void> start(const InstanceOptions& options, const Log& log) {
        const auto runtime_api = [this](http::Request& request) {
            return service_.handle(request);
        };
        if (!options.isolation.network) {
            server_ = TRY(net::make_server(listener_options(function_), runtime_api, log));
            return start_process_at(
                options, {.runtime_api = "127.0.0.1:" + std::to_string(server_->port())});
        }
        const auto address = [](int port) { return "127.0.0.1:" + std::to_string(port); };
        const std::string s3 = address(kInnerPorts[1]);
        TRY(start_process_at(options, {.runtime_api = address(kInnerPorts[0]),
                                       .s3_url = options.s3_relay ? "" : "http://" + s3,
                                       .s3_relay = options.s3_relay ? s3 : ""}));
        // They listen already, in there: what calls before we accept is kept waiting, not refused.
        std::vector<Fd> listeners = process_->take_listeners();
        server_ = TRY(net::make_server({.fd = std::move(listeners[0]), .port = kInnerPorts[0]},
                                       listener_options(function_), runtime_api, log));
        net::Listener s3_listener{.fd = std::move(listeners[1]), .port = kInnerPorts[1]};
        if (options.s3_relay) {
            s3_relay_ = TRY(net::make_relay(std::move(s3_listener), *options.s3_relay, log));
        } else {
            inner_s3_ = TRY(net::make_server(std::move(s3_listener), {.name = "AmazonS3"},
                                             options.inner_s3, log));
        }
        return {};
    }

    bool wait_ready() override {
        const auto waited = service_.wait_ready(function_.init_timeout);
        start_duration_ = elapsed();
        init_duration_ = start_duration_;
        if (waited == RuntimeService::Waited::done) return true;
        lost_ = true;
        init_failure_ = init_failure_of(waited);
        write(format_init_report(*init_duration_, init_failure_.status, init_failure_.error_type));
        return false;
    }

    Outcome fail_init(const std::string& request_id) override {
        Outcome outcome = init_failure_;
        if (outcome.payload.empty()) {
            outcome.payload = format_error(outcome.error_type, request_id, init_message_);
        }
        begin_report(request_id);
        report_.status = outcome.status;
        report_.error_type = outcome.error_type;
        write(format_start(request_id));
        write(format_end(request_id));
        write(format_report(report_));
        return outcome;
    }

    Outcome run(Invocation invocation) override {
        begin_report(invocation.request_id);
        if (invocation.log_tail == LogTail::wanted) tail_.begin();
        write(format_start(report_.request_id));
        started_ = clock_.steady();
        service_.deliver({.request_id = std::move(invocation.request_id),
                          .invocation_id = random_uuid(),
                          .trace_id = std::move(invocation.trace_id),
                          .client_context = std::move(invocation.client_context),
                          .payload = std::move(invocation.payload),
                          .deadline = clock_.now() + function_.timeout});
        const auto waited = service_.wait_answer(function_.timeout);
        report_.duration = elapsed();
        report_.memory_bytes_used = process_->memory_bytes_max();
        lost_ = waited != RuntimeService::Waited::done;
        Outcome outcome = outcome_of(waited);
        report_.status = outcome.status;
        report_.error_type = outcome.error_type;
        outcome.duration = report_.duration;
        if (invocation.log_tail == LogTail::wanted) {
            end_report();
            outcome.log_tail = tail_.end();
        }
        return outcome;
    }

    Milliseconds start_duration() const override { return start_duration_; }

    bool is_alive() const override { return process_->is_alive(); }

    bool lost() const override { return lost_; }

    bool settle() override {
        if (!reported_) end_report();
        if (lost_) return false;
        const Milliseconds left = std::max(function_.timeout - elapsed(), kSettleMin);
        return service_.wait_ready(left) == RuntimeService::Waited::done;
    }

    void kill() override { process_->kill(); }

  private:
    Result<void> start_process_at(const InstanceOptions& options, RuntimeAddress address) {
        address.log_stream = log_stream_name(clock_.now());
        process_ = TRY(
            start_process({.program = options.bootstrap,
                           .environment = instance_environment(options, function_, address),
                           .limits = {.memory_bytes_max = INT64_C(1'048'576) * function_.memory_mb,
                                      .file_bytes_max = kFileBytesMax},
                           .isolation = options.isolation},
                          {.on_line = [this](std::string_view line) { write(line); },
                           .on_exit = [this](const ProcessExit& exit) { exited(exit); }}));
        return {};
    }

    Milliseconds elapsed() const { return clock_.steady() - started_; }

    void write(std::string_view line) {
        logs_.append(function_.name, line);
        tail_.append(line);
    }

    void end_report() {
        if (lost_) {
            finish_process();
        } else {
            process_->drain();  // What it printed before it answered belongs before END.
        }
        write(format_end(report_.request_id));
        write(format_report(report_));
        reported_ = true;
    }

    void begin_report(const std::string& request_id) {
        report_ = Report();
        reported_ = false;
        report_.request_id = request_id;
        report_.init_duration = std::exchange(init_duration_, std::nullopt);
        report_.memory_mb = function_.memory_mb;
    }

    void exited(const ProcessExit& exit) {
        {
            const std::lock_guard lock(exit_mutex_);
            exit_ = exit;
        }
        exited_.notify_all();
        service_.close();
    }

    // Kills what is left of the process and waits until its last line is in the log.
    ProcessExit finish_process() {
        process_->kill();
        std::unique_lock lock(exit_mutex_);
        exited_.wait(lock, [&] { return exit_.has_value(); });
        if (report_.memory_bytes_used == 0) report_.memory_bytes_used = exit_->memory_bytes_max;
        return *exit_;
    }

    Outcome outcome_of(RuntimeService::Waited waited) {
        if (waited == RuntimeService::Waited::done) {
            Answer answer = service_.take_answer();
            return {.status = answer.failed ? InvocationStatus::error : InvocationStatus::success,
                    .payload = std::move(answer.payload),
                    .error_type = std::move(answer.error_type)};
        }
        const std::string& id = report_.request_id;
        if (waited == RuntimeService::Waited::timeout) {
            const std::string message = format_timeout(function_.timeout);
            finish_process();
            write(format_rfc3339(clock_.now()) + " " + id + " " + message);
            return {.status = InvocationStatus::timeout,
                    .payload = format_error("Sandbox.Timedout", id, message),
                    .error_type = "Sandbox.Timedout"};
        }
        const std::string message = format_exit_reason(finish_process().wait_status);
        write("RequestId: " + id + " Error: " + message);
        return {.status = InvocationStatus::error,
                .payload = format_error("Runtime.ExitError", id, message),
                .error_type = "Runtime.ExitError"};
    }

    Outcome init_failure_of(RuntimeService::Waited waited) {
        if (waited == RuntimeService::Waited::init_failed) {
            Answer answer = service_.take_answer();
            finish_process();
            return {.status = InvocationStatus::error,
                    .payload = std::move(answer.payload),
                    .error_type = std::move(answer.error_type)};
        }
        const int wait_status = finish_process().wait_status;
        if (waited == RuntimeService::Waited::timeout) {
            init_message_ = format_timeout(function_.init_timeout);
            return {.status = InvocationStatus::timeout,
                    .payload = "",
                    .error_type = "Sandbox.Timedout"};
        }
        init_message_ = format_exit_reason(wait_status);
        return {
            .status = InvocationStatus::error, .payload = "", .error_type = "Runtime.ExitError"};
    }

    const FunctionConfig& function_;  // Of the pool, as logs_ and clock_: they outlive instances.
    Logs& logs_;
    const Clock& clock_;
    RuntimeService service_;
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<net::Server> inner_s3_;  // That or
    std::unique_ptr<net::Relay> s3_relay_;
    std::unique_ptr<Process> process_;
    SteadyTime started_;  // Of the instance, then of the invocation.
    Milliseconds start_duration_{0};
    std::optional<Milliseconds> init_duration_;  // Until it was reported.
    Outcome init_failure_;
    std::string init_message_;  // Where init_failure_ has no payload of its own.
    Report report_;
    bool reported_ = false;
    Tail tail_;
    bool lost_ = false;
    std::mutex exit_mutex_;  // Guards exit_.
    std::condition_variable exited_;
    std::optional<ProcessExit> exit_;
};

}  // namespace

Result<std::unique_ptr<Instance>> start_instance(const InstanceOptions& options,
                                                 const FunctionConfig& function, Logs& logs,
                                                 const Clock& clock, const Log& log) {
    auto instance = std::make_unique<LocalInstance>(function, options.function_arn, logs, clock);
    TRY(instance->start(options, log));
    return std::unique_ptr<Instance>(std::move(instance));
}

std::vector<std::string> instance_environment(const InstanceOptions& options,
                                              const FunctionConfig& function,
                                              const RuntimeAddress& address) {
    std::map<std::string, std::string> values = {
        {"LANG", "en_US.UTF-8"},
        {"PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
        {"TZ", ":UTC"},
    };
    for (const auto& [name, value] : function.environment) values[name] = value;
    const std::map<std::string, std::string> reserved = {
        {"AWS_DEFAULT_REGION", options.region},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", std::to_string(function.memory_mb)},
        {"AWS_LAMBDA_FUNCTION_NAME", function.name},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_FORMAT", "JSON"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/" + function.name},
        {"AWS_LAMBDA_LOG_STREAM_NAME", address.log_stream},
        {"AWS_LAMBDA_RUNTIME_API", address.runtime_api},
        {"AWS_REGION", options.region},
        {"LAMBDA_TASK_ROOT", folder_of(options.bootstrap)},
        {"_HANDLER", function.handler},
    };
    for (const auto& [name, value] : reserved) values[name] = value;
    if (!address.s3_url.empty()) values["AWS_ENDPOINT_URL_S3"] = address.s3_url;
    if (!address.s3_relay.empty()) values["IMAGEMILL_S3_RELAY"] = address.s3_relay;
    std::vector<std::string> environment;
    for (const auto& [name, value] : values) environment.push_back(name + "=" + value);
    return environment;
}

}  // namespace imagemill::local
