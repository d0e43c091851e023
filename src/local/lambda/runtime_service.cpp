#include "local/lambda/runtime_service.h"

#include <algorithm>

#include "aws/runtime_api.h"
#include "base/json.h"
#include "local/lambda/report.h"

namespace imagemill::local {
namespace {

namespace api = aws::runtime_api;

// Names of the Runtime API that only a server needs.
constexpr std::string_view kClientContext = "Lambda-Runtime-Client-Context";
constexpr std::string_view kResponseMode = "Lambda-Runtime-Function-Response-Mode";
constexpr std::int64_t kErrorBytesMax = 1 << 20;

http::Response accepted() {
    return http::Response::text(202, "application/json",
                                R"({"status":"OK"})"
                                "\n");
}

http::Response refused(int status, std::string_view type, std::string_view message) {
    return http::Response::text(
        status, "application/json",
        json::serialize(json::object{{"errorMessage", message}, {"errorType", type}}));
}

http::Response gone() {
    return refused(500, "Runtime.Gone", "The instance is being stopped.");
}

// Pages of a browser can reach a port of this machine, and would swallow an invocation.
bool is_browser(const http::Request& request) {
    return request.headers.get("Origin") || request.headers.get("Sec-Fetch-Site");
}

std::string text_of(const Buffer& buffer) {
    return std::string(as_text(buffer));
}

std::string size_message(std::string_view what, std::int64_t size_max) {
    return std::string(what) + " (" + std::to_string(size_max) + " bytes).";
}

// A picture is sent from where it lies; what is small goes out in one piece with its head.
http::Response response_with(const std::shared_ptr<const std::string>& payload) {
    constexpr std::size_t kCopiedMax = 64 * 1024;
    if (payload->size() <= kCopiedMax) {
        return http::Response::text(200, "application/json", *payload);
    }
    http::Response response;
    response.headers.set("Content-Type", "application/json");
    response.headers.set("Content-Length", std::to_string(payload->size()));
    response.body = [payload](http::BodyWriter& writer) { writer.write(as_bytes(*payload)); };
    return response;
}

Answer too_large(std::string_view request_id, std::int64_t size_max) {
    constexpr std::string_view kType = "Function.ResponseSizeTooLarge";
    return {
        .payload = json::serialize(json::object{
            {"errorType", kType},
            {"errorMessage",
             size_message("Response payload size exceeded maximum allowed payload size", size_max)},
            {"requestId", request_id}}),
        .failed = true,
        .error_type = std::string(kType)};
}

// What a runtime posted: read whole, or the refusal it gets.
struct Posted {
    Buffer body;
    bool too_large = false;
    std::optional<http::Response> refusal;
};

Posted read_posted(http::Request& request, std::int64_t size_max) {
    const auto too_large = [&] {
        return Posted{
            .body = {},
            .too_large = true,
            .refusal = refused(413, "RequestEntityTooLarge",
                               size_message("Exceeded maximum allowed payload size", size_max))};
    };
    if (request.content_length.value_or(0) > size_max) return too_large();
    auto body = http::read_all(*request.body, size_max, "payload_bytes_max");
    if (body) return {.body = *std::move(body), .too_large = false, .refusal = std::nullopt};
    if (body.error().code == Code::too_large) return too_large();
    return {.body = {},
            .too_large = false,
            .refusal = refused(400, "TruncatedHTTPRequest", body.error().message)};
}

}  // namespace

http::Response RuntimeService::handle(http::Request& request) {
    if (is_browser(request)) {
        return refused(403, "Forbidden", "The Runtime API answers to runtimes, not to browsers.");
    }
    const std::string_view path = request.path;
    const bool get = path == api::kNext;
    const bool post = path == api::kInitError || (!get && path.starts_with(api::kInvocation));
    if (!get && !post) return refused(404, "NotFound", "No such call of the Runtime API.");
    if (request.method != (get ? "GET" : "POST")) {
        auto response = refused(405, "MethodNotAllowed", "This call has another method.");
        response.headers.set("Allow", get ? "GET" : "POST");
        return response;
    }
    if (get) return next();
    if (path == api::kInitError) return init_error(request);
    return answer(request, path.substr(api::kInvocation.size()));
}

RuntimeService::Waited RuntimeService::wait_ready(Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    const auto settled = [&] {
        return closed_ || state_ == RuntimeState::ready || state_ == RuntimeState::init_error;
    };
    if (!changed_.wait_for(lock, timeout, settled)) return Waited::timeout;
    if (state_ == RuntimeState::init_error) return Waited::init_failed;
    return closed_ ? Waited::closed : Waited::done;
}

void RuntimeService::deliver(Delivery delivery) {
    {
        const std::lock_guard lock(mutex_);
        CHECK(closed_ || state_ == RuntimeState::ready);
        payload_ = std::make_shared<const std::string>(std::move(delivery.payload));
        delivery_ = std::move(delivery);
        answer_.reset();
        state_ = RuntimeState::running;
    }
    changed_.notify_all();
}

RuntimeService::Waited RuntimeService::wait_answer(Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, timeout, [&] { return closed_ || answer_; })) {
        return Waited::timeout;
    }
    return answer_ ? Waited::done : Waited::closed;  // Answered, then died: answered.
}

Answer RuntimeService::take_answer() {
    const std::lock_guard lock(mutex_);
    CHECK(answer_.has_value());
    Answer taken = *std::move(answer_);
    answer_.reset();
    return taken;
}

void RuntimeService::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

http::Response RuntimeService::next() {
    std::unique_lock lock(mutex_);
    const auto after = state_after(state_, RuntimeCall::next);
    if (!after) {
        return refused(403, "InvalidStateTransition", format_illegal(state_, RuntimeCall::next));
    }
    state_ = *after;
    const std::int64_t call = ++next_calls_;
    changed_.notify_all();
    changed_.wait(
        lock, [&] { return closed_ || state_ == RuntimeState::running || call != next_calls_; });
    if (closed_) return gone();
    if (call != next_calls_) {
        return refused(403, "InvalidStateTransition",
                       "A later call of next has taken the place of this one.");
    }
    return give();
}

http::Response RuntimeService::give() const {
    auto response = response_with(payload_);
    const auto deadline = delivery_->deadline.time_since_epoch().count();
    response.headers.set(api::kRequestId, delivery_->request_id);
    response.headers.set(api::kInvocationId, delivery_->invocation_id);
    response.headers.set(api::kDeadlineMs, std::to_string(deadline));
    response.headers.set(api::kFunctionArn, function_arn_);
    if (!delivery_->trace_id.empty()) response.headers.set(api::kTraceId, delivery_->trace_id);
    if (!delivery_->client_context.empty()) {
        response.headers.set(kClientContext, delivery_->client_context);
    }
    return response;
}

http::Response RuntimeService::answer(http::Request& request, std::string_view rest) {
    const std::size_t slash = rest.find('/');
    const std::string_view id = rest.substr(0, slash);
    const std::string_view verb = slash == rest.npos ? "" : rest.substr(slash + 1);
    if (verb != "response" && verb != "error") {
        return refused(404, "NotFound", "No such call of the Runtime API.");
    }
    const auto call = verb == "response" ? RuntimeCall::response : RuntimeCall::error;
    const std::string_view mode = request.headers.get_or(kResponseMode, "streaming");
    if (mode != "streaming" && mode != "buffered") {
        return refused(400, "InvalidFunctionResponseMode",
                       "The response mode is neither streaming nor buffered.");
    }
    Posted posted = read_posted(request, response_bytes_max_);
    if (posted.refusal && !posted.too_large) return *std::move(posted.refusal);

    const std::lock_guard lock(mutex_);
    if (closed_) return gone();
    if (state_ != RuntimeState::running || !delivery_ || delivery_->request_id != id) {
        return refused(400, "InvalidRequestID", "Invalid request ID");
    }
    const std::string_view invocation_id =
        request.headers.get_or(api::kInvocationId, delivery_->invocation_id);
    if (invocation_id != delivery_->invocation_id) {
        return refused(400, "InvalidInvocationId", "Invalid invocation ID");
    }
    if (posted.too_large) {
        settle(call, too_large(id, response_bytes_max_));
        return *std::move(posted.refusal);
    }
    if (call == RuntimeCall::response) {
        std::string payload = posted.body.empty() ? "null" : text_of(posted.body);
        return settle(call, {.payload = std::move(payload), .failed = false, .error_type = ""});
    }
    const std::string type = error_type_of(request.headers.get_or(api::kErrorType, ""));
    return settle(call, {.payload = format_posted_error(type, as_text(posted.body)),
                         .failed = true,
                         .error_type = type});
}

http::Response RuntimeService::init_error(http::Request& request) {
    Posted posted = read_posted(request, std::min(response_bytes_max_, kErrorBytesMax));
    if (posted.refusal) return *std::move(posted.refusal);
    const std::string_view header = request.headers.get_or(api::kErrorType, "Runtime.Unknown");
    const std::string type = error_type_of(header);
    const std::lock_guard lock(mutex_);
    if (closed_) return gone();
    return settle(RuntimeCall::init_error,
                  {.payload = format_posted_error(type, as_text(posted.body)),
                   .failed = true,
                   .error_type = type});
}

http::Response RuntimeService::settle(RuntimeCall call, Answer answer) {
    const auto after = state_after(state_, call);
    if (!after) return refused(403, "InvalidStateTransition", format_illegal(state_, call));
    state_ = *after;
    delivery_.reset();
    payload_.reset();
    answer_ = std::move(answer);
    changed_.notify_all();
    return accepted();
}

}  // namespace imagemill::local
