// What the pool's tests start in the place of bootstrap: a runtime that does what its payload
// says, {"do":"crash"}, and that starts as IMAGEMILL_TEST_INIT says.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "aws/runtime_api.h"
#include "base/clock.h"
#include "base/json.h"
#include "local/containment/containment.h"
#include "local/lambda/testing_hostility.h"
#include "net/client.h"

extern char** environ;

namespace imagemill {
namespace {

namespace api = aws::runtime_api;

void print(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void wait_for(const std::string& path) {
    while (!std::filesystem::exists(path)) system_clock().sleep_for(Milliseconds(2));
}

[[noreturn]] void hang() {
    for (;;) ::pause();
}

json::object environment() {
    json::object variables;
    for (char** variable = environ; *variable; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        variables[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return variables;
}

std::string link_target(const std::string& path) {
    std::array<char, 512> target{};
    const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
    return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : "";
}

// What the process was given by whoever started it.
json::object surroundings() {
    json::object descriptors;
    for (int fd = 0; fd < 256; ++fd) {
        const std::string target = link_target("/proc/self/fd/" + std::to_string(fd));
        if (!target.empty()) descriptors[std::to_string(fd)] = target;
    }
    rlimit core{};
    ::getrlimit(RLIMIT_CORE, &core);
    return {{"descriptors", descriptors},
            {"folder", std::filesystem::current_path().string()},
            {"leads_group", ::getpgrp() == ::getpid()},
            {"core_bytes_max", core.rlim_cur}};
}

class Runtime final {
  public:
    explicit Runtime(const std::string& address)
        : endpoint_(*net::parse_endpoint("http://" + address)),
          client_(net::make_client(net::ClientOptions{})) {}

    // False: the Runtime API is gone.
    bool serve_one() {
        net::ClientRequest request;
        request.target = api::kNext;
        const auto next = client_->send(endpoint_, request, Milliseconds::zero());
        if (!next || next->status != 200) return false;
        headers_ = next->headers;
        payload_ = as_text(next->body);
        const auto parsed = parse_json(payload_);
        const json::object orders =
            parsed && parsed->is_object() ? parsed->as_object() : json::object();
        obey(text_of(orders, "do"), orders);
        return true;
    }

    void post_init_error() {
        post(api::kInitError, R"({"errorType":"Runtime.NoGood","errorMessage":"told to"})",
             {{std::string(api::kErrorType), "Runtime.NoGood"}});
    }

  private:
    static std::string text_of(const json::object& orders, std::string_view name) {
        const json::value* const value = orders.if_contains(name);
        return value && value->is_string() ? std::string(value->as_string()) : "";
    }
    static std::int64_t number_of(const json::object& orders, std::string_view name) {
        const json::value* const value = orders.if_contains(name);
        return value && value->is_int64() ? value->as_int64() : 0;
    }

    void obey(const std::string& what, const json::object& orders) {
        if (what == "crash") std::abort();
        if (what == "exit") ::_exit(static_cast<int>(number_of(orders, "code")));
        if (what == "hang") hang();
        if (what == "error") return fail();
        if (what == "info") return respond(json::serialize(info()));
        if (what == "environment") return respond(json::serialize(environment()));
        if (what == "surroundings") return respond(json::serialize(surroundings()));
        if (what == "huge") {
            const auto size = static_cast<std::size_t>(number_of(orders, "size"));
            return respond("\"" + std::string(size - 2, 'x') + "\"");
        }
        if (const auto result = local::try_hostile(what, orders)) {
            return respond(json::serialize(*result));
        }
        if (what == "print_trace") print(std::string(headers_.get_or(api::kTraceId, "")) + "\n");
        if (what == "print") print(text_of(orders, "text"));
        if (what == "sleep") system_clock().sleep_for(Milliseconds(number_of(orders, "ms")));
        if (what == "wait_for") wait_for(text_of(orders, "path"));
        if (what == "wrong_id") post_answer("no-such-id", payload_, {});
        if (what == "wrong_invocation") {
            post_answer(request_id(), payload_, {{std::string(api::kInvocationId), "no-such"}});
        }
        respond(payload_);
        if (what == "twice") respond(payload_);
        if (what == "late_init_error") post_init_error();
        if (what == "leave") ::_exit(0);
    }

    std::string request_id() const { return std::string(headers_.get_or(api::kRequestId, "")); }

    json::object info() const {
        return {{"pid", ::getpid()},
                {"request_id", request_id()},
                {"invocation_id", headers_.get_or(api::kInvocationId, "")},
                {"function_arn", headers_.get_or(api::kFunctionArn, "")},
                {"client_context", headers_.get_or("Lambda-Runtime-Client-Context", "")},
                {"trace_id", headers_.get_or(api::kTraceId, "")},
                {"deadline_ms", headers_.get_or(api::kDeadlineMs, "")},
                {"content_type", headers_.get_or("Content-Type", "")}};
    }

    void respond(std::string_view body) {
        post_answer(request_id(), body,
                    {{std::string(api::kInvocationId),
                      std::string(headers_.get_or(api::kInvocationId, ""))}});
    }

    void fail() {
        post(std::string(api::kInvocation) + request_id() + "/error",
             R"({"errorMessage":"told to fail","errorType":"TestError","stackTrace":[]})",
             {{std::string(api::kErrorType), "Function.TestError"}});
    }

    void post_answer(const std::string& id, std::string_view body, http::Headers headers) {
        post(std::string(api::kInvocation) + id + "/response", body, std::move(headers));
    }

    // Prints what the Runtime API answers, but for plain acceptance.
    void post(std::string_view target, std::string_view body, http::Headers headers) {
        net::ClientRequest request;
        request.method = "POST";
        request.target = target;
        request.headers = std::move(headers);
        request.body = as_bytes(body);
        const auto response = client_->send(endpoint_, request);
        if (!response) {
            print("no answer\n");
        } else if (response->status != 202) {
            print(std::to_string(response->status) + " " + std::string(as_text(response->body)) +
                  "\n");
        }
    }

    const net::Endpoint endpoint_;
    const std::unique_ptr<net::Client> client_;
    http::Headers headers_;
    std::string payload_;
};

int run() {
    const char* const init = std::getenv("IMAGEMILL_TEST_INIT");
    const std::string_view how = init ? init : "";
    if (how == "hang") hang();
    if (how == "exit") return 7;
    Runtime runtime(std::getenv("AWS_LAMBDA_RUNTIME_API"));
    if (how == "error") {
        runtime.post_init_error();
        return 1;
    }
    if (std::getenv("IMAGEMILL_CONTAINED")) {  // As bootstrap does.
        const std::string api = std::getenv("AWS_LAMBDA_RUNTIME_API");
        const auto endpoint = net::parse_endpoint("http://" + api);
        const auto contained = local::contain({.ports = {endpoint->port}, .readable = {}});
        if (!contained) {
            print(contained.error().message + "\n");
            return 1;
        }
    }
    while (runtime.serve_one()) {
    }
    return 1;
}

}  // namespace
}  // namespace imagemill

int main() {
    return imagemill::run();
}
