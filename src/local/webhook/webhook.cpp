#include "local/webhook/webhook.h"

#include <algorithm>
#include <limits>

#include "aws/proxy_event.h"
#include "aws/s3_event.h"
#include "aws/trace_id.h"
#include "base/encodings.h"
#include "base/json.h"
#include "base/random.h"
#include "http/message.h"
#include "local/webhook/signature.h"

namespace imagemill::local {
namespace {

constexpr std::int64_t kAnswerBytesMax = 1 << 20;  // Of the receiver's, which is not needed.
constexpr std::size_t kQuotedBytesMax = 200;
constexpr Milliseconds kPauseMax{3'600'000};

std::string format_message(std::string_view type, Time time, json::value image) {
    return json::serialize(json::object{
        {"type", type}, {"timestamp", format_rfc3339(time)}, {"data", std::move(image)}});
}

// GET /image/{filename}, as the gateway hands it to `api`.
Result<http::Response> ask(const std::string& function, const std::string& key,
                           const BuiltInCall& call, Time now) {
    http::Request request;
    request.method = "GET";
    request.path = "/image/" + percent_encode(key, Slash::keep);
    request.headers.set("Host", "localhost");
    const aws::ProxyContext context{.request_id = random_hex(8),
                                    .trace_id = std::string(call.trace_id),
                                    .domain = "localhost",
                                    .route = "GET /image/{filename+}",
                                    .now = now};
    const InvokeResult result =
        TRY(call.pool.invoke(function, aws::format_proxy_event(request, {}, context),
                             {.trace_id = context.trace_id,
                              .what = "GET " + std::string(utf8_prefix(request.path, 200))}));
    if (!result.function_error.empty()) {
        return Error{Code::unavailable,
                     "it failed; its log has more under the request id " + result.request_id};
    }
    return aws::parse_proxy_response(result.payload);
}

// Seconds, or a date; bounded, so that no receiver puts a message off for good.
Milliseconds pause_asked_for(const http::Headers& headers, Time now) {
    const std::string_view text = headers.get_or("Retry-After", "");
    Milliseconds pause{0};
    if (const auto seconds = parse_count(text)) {
        pause = std::min(*seconds, kPauseMax.count()) * Milliseconds(1'000);
    } else if (const auto date = parse_http_date(text)) {
        pause = *date - now;
    }
    return std::clamp(pause, Milliseconds(0), kPauseMax);
}

BuiltInAnswer failure(std::string error_type, std::string_view message) {
    return {.payload =
                json::serialize(json::object{{"errorType", error_type}, {"errorMessage", message}}),
            .error_type = std::move(error_type)};
}

}  // namespace

std::string_view Webhook::name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::delivered:
            return "delivered";
        case Outcome::outdated:
            return "outdated";
        case Outcome::refused:
            return "refused";
        case Outcome::timeout:
            return "timeout";
        case Outcome::unreachable:
            return "unreachable";
        case Outcome::no_image:
            return "no_image";
        case Outcome::gone:
            return "gone";
        case Outcome::dropped:
            return "dropped";
    }
    return "";
}

bool Webhook::is_failure(Outcome outcome) {
    return outcome != Outcome::delivered && outcome != Outcome::outdated;
}

std::string Webhook::error_type_of(Outcome outcome) {
    if (outcome == Outcome::no_image) return "Webhook.NoImage";
    std::string name(name_of(outcome));
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return "Webhook." + name;
}

FunctionConfig Webhook::function() {
    FunctionConfig config;
    config.name = kWebhook;
    config.instances_max = kRequestsMax;
    config.retries = std::numeric_limits<int>::max() - 1;  // The age is what ends them.
    config.retry_delay = options_.settings.retry_delay;
    config.retry_delay_max = kPauseMax;
    config.event_age_max = options_.settings.age_max;
    config.built_in = [this](const BuiltInCall& call) { return deliver(call); };
    return config;
}

BuiltInAnswer Webhook::deliver(const BuiltInCall& call) {
    trim();
    const auto events = aws::parse_s3_event(call.payload);
    if (!events) {
        BuiltInAnswer answer = failure("Webhook.BadEvent", events.error().message);
        answer.is_final = true;
        return answer;
    }
    json::array deliveries;
    for (const store::ObjectEvent& event : *events) {
        if (event.bucket != options_.bucket || event.kind != store::EventKind::created) continue;
        const auto key = options_.source_key(event.key);
        if (!key) continue;
        // One message an event: an id belongs to one, whatever order its records come in.
        std::string id = "msg_" + std::string(call.request_id);
        if (!deliveries.empty()) id += "_" + std::to_string(deliveries.size());
        const Message message{.id = std::move(id), .key = *key, .time = event.time};
        const Delivery delivery = tell(message, call);
        if (is_failure(delivery.outcome) && call.stopping.stop_requested()) {
            return failure("Webhook.Stopped", "The server stops.");  // It goes back to the queue.
        }
        note(message, delivery, call);
        if (is_failure(delivery.outcome)) {
            BuiltInAnswer answer = failure(error_type_of(delivery.outcome), delivery.message);
            answer.is_final = delivery.outcome == Outcome::gone;
            answer.pause_min = delivery.pause_min;
            return answer;
        }
        deliveries.push_back(json::object{{"key", message.key},
                                          {"outcome", name_of(delivery.outcome)},
                                          {"status", delivery.status}});
    }
    return {.payload = json::serialize(json::object{{"deliveries", std::move(deliveries)}})};
}

Webhook::Delivery Webhook::tell(const Message& message, const BuiltInCall& call) {
    if (is_gone_) {
        return {.outcome = Outcome::gone,
                .message =
                    "The receiver has answered 410 (gone): nothing is sent to it any more "
                    "until the server is started anew."};
    }
    const auto response = ask(options_.function, message.key, call, clock_.now());
    const int status = response ? response->status : 0;
    if (status == 202 || status == 404) return {.outcome = Outcome::outdated};
    auto image = response ? parse_json(http::body_text(*response)) : response.error();
    if (!image || (status != 200 && status != 422)) {
        return {
            .outcome = Outcome::no_image,
            .message =
                "The function " + options_.function + " does not say what became of the picture: " +
                (image ? "it answered " + std::to_string(status) : image.error().message) + "."};
    }
    const std::string_view type = status == 200 ? "image.ready" : "image.failed";
    return send(message, format_message(type, message.time, *std::move(image)), call.stopping);
}

Webhook::Delivery Webhook::send(const Message& message, const std::string& body,
                                std::stop_token stopping) {
    const std::int64_t now =
        std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    const Signed to_sign{.id = message.id, .timestamp_seconds = now, .body = body};
    net::ClientRequest request{.method = "POST",
                               .target = options_.settings.target,
                               .body = as_bytes(body),
                               .response_bytes_max = kAnswerBytesMax,
                               .stopping = std::move(stopping)};
    request.headers.set("Content-Type", "application/json");
    request.headers.set("User-Agent", options_.agent);
    request.headers.set("webhook-id", message.id);
    request.headers.set("webhook-timestamp", std::to_string(now));
    request.headers.set("webhook-signature", sign(to_sign, options_.settings.secrets));
    const auto response =
        client_.send(options_.settings.endpoint, request, options_.settings.timeout);
    if (response) return understand(*response);
    const bool is_late = response.error().code == Code::timeout;
    return {.outcome = is_late ? Outcome::timeout : Outcome::unreachable,
            .message = response.error().message};
}

Webhook::Delivery Webhook::understand(const net::ClientResponse& response) {
    Delivery delivery{.status = response.status};
    if (response.status >= 200 && response.status < 300) return delivery;
    delivery.outcome = Outcome::refused;
    delivery.message = "The receiver answered " + std::to_string(response.status);
    if (response.status >= 300 && response.status < 400) {
        delivery.message +=
            ", a redirect, which is not followed: IMAGEMILL_WEBHOOK_URL is to name where it leads.";
        return delivery;
    }
    if (response.status == 410) {
        delivery.outcome = Outcome::gone;
        delivery.message += " (gone): nothing is sent to it until the server is started anew.";
        if (!is_gone_.exchange(true)) log_.error("the webhook's receiver is gone: it answered 410");
        return delivery;
    }
    delivery.pause_min = pause_asked_for(response.headers, clock_.now());
    const std::string quoted = printable(as_text(response.body), kQuotedBytesMax);
    delivery.message += quoted.empty() ? "." : ": " + quoted;
    return delivery;
}

void Webhook::note(const Message& message, const Delivery& delivery, const BuiltInCall& call) {
    count(delivery.outcome, 1);
    json::object fields{{"requestId", call.request_id},
                        {"traceId", aws::trace_root(call.trace_id)},
                        {"id", message.id},
                        {"key", message.key},
                        {"outcome", name_of(delivery.outcome)},
                        {"status", delivery.status}};
    if (is_failure(delivery.outcome)) {
        fields["error"] = delivery.message;
        log_.warn("a message was not delivered", std::move(fields));
    } else {
        log_.info(delivery.outcome == Outcome::delivered ? "a message was delivered"
                                                         : "there is nothing to tell any more",
                  std::move(fields));
    }
}

// Whatever the receiver does, the queue takes no more of the disk than it may.
void Webhook::trim() {
    {
        const std::lock_guard lock(trim_mutex_);
        const SteadyTime now = clock_.steady();
        if (trimmed_ && now - *trimmed_ < kTrimPause) return;
        trimmed_ = now;
    }
    const auto dropped = queue_.trim(kWebhook, options_.settings.events_max);
    if (!dropped) {
        log_.error("the webhook's events cannot be counted", {{"error", dropped.error().message}});
    } else if (*dropped > 0) {
        count(Outcome::dropped, *dropped);
        log_.error("the oldest messages were dropped: there were more than may be kept",
                   {{"count", *dropped},
                    {"setting", "IMAGEMILL_WEBHOOK_MAX_EVENTS"},
                    {"limit", options_.settings.events_max}});
    }
}

void Webhook::count(Outcome outcome, std::int64_t more) {
    counts_[static_cast<std::size_t>(outcome)] += more;
}

std::vector<std::pair<std::string_view, std::int64_t>> Webhook::counts() const {
    std::vector<std::pair<std::string_view, std::int64_t>> counts;
    for (std::size_t i = 0; i < kOutcomes; ++i) {
        counts.emplace_back(name_of(static_cast<Outcome>(i)), counts_[i]);
    }
    return counts;
}

}  // namespace imagemill::local
