#include "local/gateway/invoke_api.h"

#include <algorithm>

#include "aws/trace_id.h"
#include "base/encodings.h"
#include "base/json.h"
#include "base/random.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kInvocations = "/invocations";
constexpr std::string_view kLatest = "$LATEST";
constexpr std::size_t kClientContextBytesMax = 3'583;

enum class InvocationType { request_response, event, dry_run };

// Returns its part of the budget whatever happens.
class Spending final {
  public:
    explicit Spending(Budget& budget) : budget_(budget) {}
    ~Spending() { budget_.give_back(held_); }
    Spending(const Spending&) = delete;
    Spending& operator=(const Spending&) = delete;
    bool spend(std::int64_t bytes) {
        if (!budget_.spend(bytes, held_)) return false;
        held_ += bytes;
        return true;
    }

  private:
    Budget& budget_;
    std::int64_t held_ = 0;
};

LambdaError bad_parameter(std::string message) {
    return {.status = 400, .type = "InvalidParameterValueException", .message = std::move(message)};
}

LambdaError too_large(std::int64_t size, InvocationType type) {
    const bool is_event = type == InvocationType::event;
    const std::int64_t limit = is_event ? kInvokeEventBytesMax : kInvokeBytesMax;
    return {.status = 413,
            .type = "RequestTooLargeException",
            .message = std::to_string(size) + " byte payload is too large for the " +
                       (is_event ? "Event" : "RequestResponse") + " invocation type (limit " +
                       std::to_string(limit) + " bytes)"};
}

LambdaError throttled(std::string message) {
    return {.status = 429,
            .type = "TooManyRequestsException",
            .message = std::move(message),
            .reason = "ReservedFunctionConcurrentInvocationLimitExceeded"};
}

LambdaError service_error(std::string message) {
    return {.status = 500, .type = "ServiceException", .message = std::move(message)};
}

std::variant<InvocationType, LambdaError> parse_type(const http::Request& request) {
    const std::string_view text = request.headers.get_or("X-Amz-Invocation-Type", "");
    if (text.empty() || text == "RequestResponse") return InvocationType::request_response;
    if (text == "Event") return InvocationType::event;
    if (text == "DryRun") return InvocationType::dry_run;
    return bad_parameter("X-Amz-Invocation-Type is neither RequestResponse nor Event nor DryRun.");
}

std::variant<Buffer, LambdaError> read_body(http::Request& request, InvocationType type,
                                            Spending& spending) {
    const std::int64_t limit =
        type == InvocationType::event ? kInvokeEventBytesMax : kInvokeBytesMax;
    if (request.content_length.value_or(0) > limit) {
        return too_large(*request.content_length, type);
    }
    if (!spending.spend(request.content_length.value_or(limit))) {
        return throttled("Too many requests are being worked on. Try again in a moment.");
    }
    auto body = http::read_all(*request.body, limit, "payload");
    if (body) return *std::move(body);
    if (body.error().code == Code::too_large) return too_large(limit + 1, type);
    return LambdaError{.status = 400,
                       .type = "InvalidRequestContentException",
                       .message = "The request's body did not come whole."};
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t colon = text.find(':');
        parts.push_back(text.substr(0, colon));
        if (colon == text.npos) return parts;
        text.remove_prefix(colon + 1);
    }
}

// Lambda refuses an answer beyond this; functions here may give more to the gateway.
InvokeResult within_limit(InvokeResult result) {
    if (static_cast<std::int64_t>(result.payload.size()) <= kInvokeResponseBytesMax) return result;
    result.function_error = "Unhandled";
    result.payload = json::serialize(json::object{
        {"errorType", "Function.ResponseSizeTooLarge"},
        {"errorMessage", "Response payload size exceeded maximum allowed payload size (" +
                             std::to_string(kInvokeResponseBytesMax) + " bytes)."}});
    return result;
}

http::Response refusal_of(const Error& error) {
    switch (error.code) {
        case Code::busy:
            return format_lambda_error(throttled("Rate Exceeded: " + error.message));
        case Code::too_large:
            return format_lambda_error(
                {.status = 413, .type = "RequestTooLargeException", .message = error.message});
        default:
            return format_lambda_error(service_error(error.message));
    }
}

}  // namespace

struct InvokeApi::Call {
    std::string function;
    InvocationType type = InvocationType::request_response;
    std::string payload;
    InvokeOptions options;
};

InvokeApi::InvokeApi(InvokeApiOptions options, FunctionPool& pool, EventQueue& queue,
                     Budget& budget, const Clock& clock, const Log& log)
    : options_(std::move(options)),
      pool_(pool),
      queue_(queue),
      budget_(budget),
      clock_(clock),
      log_(log) {}

http::Response InvokeApi::handle(http::Request& request) {
    if (!request.headers.get("Authorization")) {
        return format_lambda_error({.status = 403,
                                    .type = "MissingAuthenticationTokenException",
                                    .message = "Missing Authentication Token"});
    }
    const auto type = parse_type(request);
    if (const auto* error = std::get_if<LambdaError>(&type)) return format_lambda_error(*error);
    Spending spending(budget_);
    const auto body = read_body(request, std::get<InvocationType>(type), spending);
    if (const auto* error = std::get_if<LambdaError>(&body)) return format_lambda_error(*error);
    const Bytes bytes = std::get<Buffer>(body);
    if (const auto error = check_signature(request, bytes)) return format_lambda_error(*error);

    auto parsed = parse(request);
    if (const auto* error = std::get_if<LambdaError>(&parsed)) return format_lambda_error(*error);
    Call& call = std::get<Call>(parsed);
    call.type = std::get<InvocationType>(type);
    // Nothing at all is an empty event, as on AWS.
    call.payload = bytes.empty() ? "{}" : std::string(as_text(bytes));
    if (const auto json = parse_json(call.payload); !json) {
        return format_lambda_error(
            {.status = 400,
             .type = "InvalidRequestContentException",
             .message = "Could not parse request body into json: " + json.error().message});
    }
    switch (call.type) {
        case InvocationType::request_response:
            return run(call);
        case InvocationType::event:
            return enqueue(call);
        case InvocationType::dry_run:
            break;
    }
    http::Response response;
    response.status = 204;
    return response;
}

std::optional<LambdaError> InvokeApi::check_signature(const http::Request& request,
                                                      Bytes body) const {
    const auto verified = aws::verify(request, {.region = options_.region,
                                                .service = "lambda",
                                                .payload_hash = format_hex(sha256(body)),
                                                .now = clock_.now(),
                                                .find_key = options_.find_key});
    if (const auto* error = std::get_if<aws::AuthError>(&verified)) return lambda_error_of(*error);
    return std::nullopt;
}

std::variant<InvokeApi::Call, LambdaError> InvokeApi::parse(http::Request& request) {
    auto function = function_of(request);
    if (auto* error = std::get_if<LambdaError>(&function)) return std::move(*error);
    Call call;
    call.function = std::get<std::string>(std::move(function));
    const std::string_view log_type = request.headers.get_or("X-Amz-Log-Type", "None");
    if (log_type != "None" && log_type != "Tail") {
        return bad_parameter("X-Amz-Log-Type is neither None nor Tail.");
    }
    if (log_type == "Tail") call.options.log_tail = LogTail::wanted;
    const std::string_view context = request.headers.get_or("X-Amz-Client-Context", "");
    if (context.size() > kClientContextBytesMax) {
        return bad_parameter("X-Amz-Client-Context has " + std::to_string(context.size()) +
                             " bytes; at most " + std::to_string(kClientContextBytesMax) +
                             " are allowed.");
    }
    const auto decoded = parse_base64(context);
    if (!decoded || (!decoded->empty() && !parse_json(as_text(*decoded)))) {
        return bad_parameter("X-Amz-Client-Context is not the base64 of a JSON object.");
    }
    // A header's value has no line breaks; JSON means the same without them.
    if (!decoded->empty()) {
        call.options.client_context = json::serialize(*parse_json(as_text(*decoded)));
    }
    call.options.trace_id = aws::without_hops(aws::trace_id_of(request, clock_.now()));
    return call;
}

std::variant<std::string, LambdaError> InvokeApi::function_of(const http::Request& request) const {
    std::string_view rest = request.path;
    rest.remove_prefix(std::min(kInvokePath.size(), rest.size()));
    if (!rest.ends_with(kInvocations)) {
        return LambdaError{.status = 404,
                           .type = "UnknownOperationException",
                           .message = "Of Lambda's API, Invoke alone is served here."};
    }
    rest.remove_suffix(kInvocations.size());
    const auto decoded = percent_decode(rest);
    if (!decoded) return bad_parameter("The function's name is not percent-encoded.");
    std::vector<std::string_view> parts = split(*decoded);
    // arn:aws:lambda:region:account:function:name, account:function:name, or the name alone.
    if (parts.size() >= 7 && parts[0] == "arn") {
        parts.erase(parts.begin(), parts.begin() + 6);
    } else if (parts.size() >= 3 && parts[1] == "function") {
        parts.erase(parts.begin(), parts.begin() + 2);
    }
    const auto query = http::parse_query(request.query, http::Plus::keep);
    std::string_view qualifier = query ? http::find(*query, "Qualifier").value_or("") : "";
    if (parts.size() == 2) qualifier = parts[1];
    const auto functions = pool_.functions();
    const bool known =
        parts.size() <= 2 && std::ranges::find(functions, parts[0]) != functions.end();
    if (!known) return not_found(*decoded);
    if (!qualifier.empty() && qualifier != kLatest) {
        return not_found(std::string(parts[0]) + ":" + std::string(qualifier));
    }
    return std::string(parts[0]);
}

LambdaError InvokeApi::not_found(std::string_view name) const {
    std::string there;
    for (const std::string& function : pool_.functions()) {
        there += (there.empty() ? "" : ", ") + function;
    }
    return {.status = 404,
            .type = "ResourceNotFoundException",
            .message = "Function not found: arn:aws:lambda:" + options_.region + ":" +
                       options_.account + ":function:" + std::string(name.substr(0, 200)) +
                       ". There are: " + there};
}

http::Response InvokeApi::run(const Call& call) {
    auto invoked = pool_.invoke(call.function, call.payload, call.options);
    if (!invoked) return refusal_of(invoked.error());
    const InvokeResult result = within_limit(*std::move(invoked));
    auto response = http::Response::text(200, "application/json", result.payload);
    response.headers.set("X-Amz-Executed-Version", std::string(kLatest));
    response.headers.set("x-amzn-RequestId", result.request_id);
    response.headers.set("X-Amzn-Trace-Id", call.options.trace_id);
    if (!result.function_error.empty()) {
        response.headers.set("X-Amz-Function-Error", result.function_error);
    }
    if (call.options.log_tail == LogTail::wanted) {
        response.headers.set("X-Amz-Log-Result", format_base64(as_bytes(result.log_tail)));
    }
    return response;
}

http::Response InvokeApi::enqueue(const Call& call) {
    const auto request_id =
        queue_.add(call.function, call.payload,
                   {.priority = Priority::normal, .trace_id = call.options.trace_id});
    if (!request_id) {
        log_.error("an event cannot be queued", {{"error", request_id.error().message}});
        return format_lambda_error(service_error("The event could not be stored."));
    }
    http::Response response;
    response.status = 202;
    response.headers.set("x-amzn-RequestId", *request_id);
    response.headers.set("X-Amzn-Trace-Id", call.options.trace_id);
    return response;
}

}  // namespace imagemill::local
