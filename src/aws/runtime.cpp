#include "aws/runtime.h"

#include <cstdlib>
#include <exception>

#include "aws/runtime_api.h"
#include "aws/trace_id.h"
#include "base/encodings.h"
#include "base/json.h"

namespace imagemill::aws {
namespace {

constexpr const char* kTraceVariable = "_X_AMZN_TRACE_ID";

// An invocation and what its answer must repeat.
struct Received {
    Invocation invocation;
    std::string attempt_id;  // Lambda-Runtime-Invocation-Id; empty where the API knows none.
};

// --- Errors as the API wants them.

struct Failure {
    std::string type;  // "Function.TooLarge"
    std::string message;
};

// The API takes "Function.", then letters only: too_large becomes TooLarge.
std::string error_type(std::string_view category, Code code) {
    std::string type(category);
    bool capital = true;
    for (const char c : name_of(code)) {
        if (c != '_') type += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        capital = c == '_';
    }
    return type;
}

Failure make_failure(std::string type, std::string message) {
    // A file's name may be in it, and be no UTF-8; JSON holds nothing else.
    if (!is_utf8(message)) {
        for (char& c : message) {
            if (static_cast<unsigned char>(c) >= 0x80) c = '?';
        }
    }
    return {.type = std::move(type), .message = std::move(message)};
}

std::string format_failure(const Failure& failure) {
    return json::serialize(json::object{{"errorMessage", failure.message},
                                        {"errorType", failure.type},
                                        {"stackTrace", json::array()}});
}

// --- The API: URLs and headers; when to go on is decided below.

class RuntimeApi final {
  public:
    RuntimeApi(net::Client& client, net::Endpoint endpoint)
        : client_(client), endpoint_(std::move(endpoint)) {}

    Result<Received> next();
    // The status of the answer.
    Result<int> post(std::string target, http::Headers headers, std::string_view body);

  private:
    net::Client& client_;  // Outlives the loop.
    net::Endpoint endpoint_;
};

Result<RuntimeApi> make_api(net::Client& client, const RuntimeOptions& options) {
    auto endpoint = net::parse_endpoint("http://" + options.api);
    if (!endpoint) {
        return Error{Code::invalid_argument, "AWS_LAMBDA_RUNTIME_API: " + endpoint.error().message};
    }
    return RuntimeApi(client, *std::move(endpoint));
}

Result<Received> RuntimeApi::next() {
    // No timeout: the process may be frozen for hours before the answer comes.
    const net::ClientRequest request{.target = std::string(runtime_api::kNext)};
    auto response = TRY(client_.send(endpoint_, request, Milliseconds::zero()));
    if (response.status != 200) {
        return Error{Code::unavailable, "The Runtime API answered " +
                                            std::to_string(response.status) +
                                            " where an invocation was asked for."};
    }
    const auto text = [&](std::string_view name) {
        return std::string(response.headers.get_or(name, ""));
    };
    const auto deadline_ms = parse_count(text(runtime_api::kDeadlineMs));
    Received received{.invocation = {.request_id = text(runtime_api::kRequestId),
                                     .function_arn = text(runtime_api::kFunctionArn),
                                     .trace_id = text(runtime_api::kTraceId),
                                     .deadline = Time(Milliseconds(deadline_ms ? *deadline_ms : 0)),
                                     .payload = std::move(response.body)},
                      .attempt_id = text(runtime_api::kInvocationId)};
    if (received.invocation.request_id.empty() || !deadline_ms) {
        return Error{Code::unavailable, "The Runtime API gave an invocation without a valid " +
                                            std::string(deadline_ms ? runtime_api::kRequestId
                                                                    : runtime_api::kDeadlineMs) +
                                            "."};
    }
    return received;
}

Result<int> RuntimeApi::post(std::string target, http::Headers headers, std::string_view body) {
    headers.set("Content-Type", "application/json");
    const net::ClientRequest request{.method = "POST",
                                     .target = std::move(target),
                                     .headers = std::move(headers),
                                     .body = as_bytes(body)};
    const auto response = TRY(client_.send(endpoint_, request));
    // The documents say of 500: not recoverable, exit at once.
    if (response.status >= 500) {
        return Error{Code::unavailable, "The Runtime API answered " +
                                            std::to_string(response.status) + " to " +
                                            request.target + "."};
    }
    return response.status;
}

// --- The loop.

std::string target_of(const Received& received, std::string_view what) {
    return std::string(runtime_api::kInvocation) +
           percent_encode(received.invocation.request_id, Slash::encode) + std::string(what);
}

http::Headers headers_of(const Received& received) {
    http::Headers headers;
    if (!received.attempt_id.empty()) {
        headers.add(std::string(runtime_api::kInvocationId), received.attempt_id);
    }
    return headers;
}

void log_refusal(Log& log, std::string_view what, int status) {
    if (status >= 200 && status < 300) return;
    log.warn("the Runtime API did not take the " + std::string(what), {{"status", status}});
}

Result<void> report(RuntimeApi& api, const Received& received, const Failure& failure, Log& log) {
    log.error("the invocation failed",
              {{"errorType", failure.type}, {"errorMessage", failure.message}});
    http::Headers headers = headers_of(received);
    headers.add(std::string(runtime_api::kErrorType), failure.type);
    const int status =
        TRY(api.post(target_of(received, "/error"), std::move(headers), format_failure(failure)));
    log_refusal(log, "error", status);
    return {};
}

Result<void> respond(RuntimeApi& api, const Received& received, const std::string& payload,
                     Log& log) {
    constexpr int kContentTooLarge = 413;
    const int status =
        TRY(api.post(target_of(received, "/response"), headers_of(received), payload));
    if (status != kContentTooLarge) {
        log_refusal(log, "response", status);
        return {};
    }
    return report(api, received,
                  make_failure("Function.ResponseSizeTooLarge",
                               "The response of " + std::to_string(payload.size()) +
                                   " bytes is larger than Lambda takes."),
                  log);
}

// What a handler throws ends its invocation, not the process.
Result<std::string> handle(const FunctionHandler& handler, const Invocation& invocation) {
    try {
        return handler(invocation);
    } catch (const std::exception& exception) {
        return Error{Code::internal,
                     std::string("An exception left the handler: ") + exception.what()};
    }
}

// Single-threaded, so that nobody reads the environment while it changes.
void set_trace(const std::string& trace_id) {
    if (trace_id.empty()) {
        ::unsetenv(kTraceVariable);
    } else {
        ::setenv(kTraceVariable, trace_id.c_str(), 1);
    }
}

Result<void> run_one(RuntimeApi& api, const FunctionHandler& handler, Log& log) {
    const Received received = TRY(api.next());
    set_trace(received.invocation.trace_id);
    log.set_request(received.invocation.request_id,
                    std::string(trace_root(received.invocation.trace_id)));
    const auto payload = handle(handler, received.invocation);
    if (payload) return respond(api, received, *payload, log);
    const Error& error = payload.error();
    return report(api, received, make_failure(error_type("Function.", error.code), error.message),
                  log);
}

}  // namespace

Result<void> report_init_error(net::Client& client, const RuntimeOptions& options,
                               const Error& error) {
    RuntimeApi api = TRY(make_api(client, options));
    const Failure failure = make_failure(error_type("Runtime.", error.code), error.message);
    http::Headers headers{{std::string(runtime_api::kErrorType), failure.type}};
    const int status = TRY(api.post(std::string(runtime_api::kInitError), std::move(headers),
                                    format_failure(failure)));
    if (status >= 200 && status < 300) return {};
    return Error{Code::unavailable,
                 "The Runtime API answered " + std::to_string(status) + " to the init error."};
}

Result<void> run_runtime(net::Client& client, const RuntimeOptions& options,
                         const FunctionHandler& handler, Log& log) {
    RuntimeApi api = TRY(make_api(client, options));
    while (true) {
        auto done = run_one(api, handler, log);
        log.set_request("", "");
        set_trace("");
        if (!done) return done;
    }
}

}  // namespace imagemill::aws
