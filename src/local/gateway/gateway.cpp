#include "local/gateway/gateway.h"

#include <algorithm>
#include <utility>

#include "aws/proxy_event.h"
#include "aws/trace_id.h"
#include "base/encodings.h"
#include "base/json.h"
#include "base/random.h"
#include "http/problem.h"
#include "local/gateway/invoke_api.h"
#include "local/gateway/operator_access.h"
#include "local/gateway/page.h"
#include "local/gateway/routes.h"
#include "local/gateway/upload_body.h"

namespace imagemill::local {
namespace {

http::Response not_found() {
    return http::problem(404,
                         "There is nothing here. The API is POST /upload and GET "
                         "/image/{filename}; GET /openapi.json describes it.");
}

http::Response method_not_allowed(std::string_view method, const std::string& allow) {
    auto response =
        http::problem(405, "This resource does not know the method " +
                               std::string(method.substr(0, 32)) + "; it knows " + allow + ".");
    response.headers.set("Allow", allow);
    return response;
}

http::Response unknown_host(std::string_view host) {
    return http::problem(403, "This server does not answer to the host '" +
                                  std::string(host.substr(0, 100)) +
                                  "'. If it is reached under that name on purpose, start it with "
                                  "--public-url naming it.");
}

// A body that could not be read: whose fault it was, the client's or ours.
http::Response unreadable(const Error& error) {
    if (error.code == Code::timeout) {
        return http::problem(408, "The body of the request did not come in time.");
    }
    return http::problem(error);
}

// The sentence of the error is for the log: it names paths and settings of this machine.
http::Response no_instance(const Error& error) {
    if (error.code == Code::busy) {
        return http::problem({Code::busy,
                              "Too many requests are being worked on. Try again in a "
                              "moment."});
    }
    return http::problem({Code::unavailable,
                          "The function that answers this request cannot be "
                          "started at the moment. Try again later."});
}

std::string error_type_in(std::string_view payload) {
    const auto parsed = parse_json(payload);
    const json::object* const object = parsed ? parsed->if_object() : nullptr;
    const json::value* const type = object ? object->if_contains("errorType") : nullptr;
    return type && type->is_string() ? std::string(type->as_string()) : "";
}

http::Response function_failed(const InvokeResult& result) {
    const json::object more{{"request_id", result.request_id}};
    if (error_type_in(result.payload) == "Sandbox.Timedout") {
        return http::problem(504,
                             "The function that answers this request took too long. Its log "
                             "has more under the request id.",
                             more);
    }
    return http::problem(502,
                         "The function that answers this request failed. Its log has more "
                         "under the request id.",
                         more);
}

class Gateway final {
  public:
    Gateway(GatewayOptions options, FunctionPool& pool, EventQueue& queue, const Clock& clock,
            const Log& log)
        : options_(std::move(options)),
          pool_(pool),
          queue_(queue),
          clock_(clock),
          log_(log),
          page_(options_),
          budget_(options_.body_bytes_in_flight_max),
          invoke_api_(options_.invoke, pool, queue, budget_, clock, log),
          operator_api_(options_.operators, pool, queue, log),
          store_events_(options_.store_events, queue, clock, log),
          console_(options_.console, operator_api_, pool, queue, clock) {}

    http::Response handle(http::Request& request) {
        http::Response response = answer(request);
        add_safety_headers(response.headers);
        return response;
    }

  private:
    http::Response answer(http::Request& request) {
        const std::string_view host = request.headers.get_or("Host", "");
        const IsFile is_file = page_.has(request.path) ? IsFile::yes : IsFile::no;
        const Route route = route_of(request.method, request.path, is_file);
        // A store calls under whatever address it was given, and no browser has its token.
        const bool is_allowed = route.target == Target::store_events || options_.hosts.allows(host);
        if (!is_allowed) return unknown_host(host);
        switch (route.target) {
            case Target::function:
                return call_function(request, route);
            case Target::health:
                return health();
            case Target::invoke:
                return invoke_api_.handle(request);
            case Target::metrics:
                return metrics(request);
            case Target::operators:
                return operator_api_.handle(request);
            case Target::store_events:
                return store_events_.handle(request);
            case Target::console:
                if (options_.console.access == nullptr) return not_found();
                return console_.handle(request);
            case Target::file:
                return page_.get(request);
            case Target::not_found:
                return not_found();
            case Target::method_not_allowed:
                return method_not_allowed(request.method, route.allow);
        }
        return not_found();
    }

    http::Response call_function(http::Request& request, const Route& route) {
        // The event has the path decoded: what cannot be would arrive as another name.
        if (const auto path = percent_decode(request.path); !path || !is_utf8(*path)) {
            return http::problem(
                Error{Code::invalid_argument, "The path is not percent-encoded UTF-8."});
        }
        UploadBody body(budget_);
        if (request.method == "POST") {
            const auto read = body.read(request, options_.upload_bytes_max);
            if (!read) return unreadable(read.error());
        }
        if (request.method == "HEAD") request.method = "GET";
        const aws::ProxyContext context{
            .request_id = random_hex(8),
            .trace_id = aws::without_hops(aws::trace_id_of(request, clock_.now())),
            .domain = std::string(request.headers.get_or("Host", "")),
            .route = route.key,
            .now = clock_.now()};
        std::string event = aws::format_proxy_event(request, body.bytes(), context);
        body.drop();
        auto result = pool_.invoke(
            options_.function, std::move(event),
            {.trace_id = context.trace_id,
             .what = request.method + " " + std::string(utf8_prefix(request.path, 200))});
        http::Response response =
            result ? response_of(*result) : refusal_of(result.error(), request);
        response.headers.set("apigw-requestid", context.request_id);
        response.headers.set("X-Amzn-Trace-Id", context.trace_id);
        return response;
    }

    http::Response response_of(const InvokeResult& result) {
        if (!result.function_error.empty()) {
            log_.warn("a function failed", {{"function", options_.function},
                                            {"requestId", result.request_id},
                                            {"errorType", error_type_in(result.payload)}});
            return function_failed(result);
        }
        auto response = aws::parse_proxy_response(result.payload);
        if (response) return *std::move(response);
        log_.error("a function's answer is no HTTP response",
                   {{"function", options_.function},
                    {"requestId", result.request_id},
                    {"error", response.error().message}});
        return http::problem(502,
                             "The function that answers this request gave an answer that is "
                             "no HTTP response.",
                             {{"request_id", result.request_id}});
    }

    http::Response refusal_of(const Error& error, const http::Request& request) {
        // The event is what is too large: a body within the limit, but not in its envelope.
        if (error.code == Code::too_large) {
            return http::problem(
                too_large_upload(request.content_length.value_or(0), options_.upload_bytes_max));
        }
        log_.warn("no instance for a request",
                  {{"function", options_.function}, {"error", error.message}});
        return no_instance(error);
    }

    http::Response metrics(const http::Request& request) {
        const bool is_open = is_from_here(request) && !options_.is_behind_proxy &&
                             loopback_.allows(request.headers.get_or("Host", ""));
        if (!is_open && !has_token(request, options_.operators.token)) {
            return http::problem(401,
                                 "From another machine, under another name than localhost or "
                                 "through a proxy, /metrics needs the operator's token: "
                                 "Authorization: Bearer and what is in the file operator-token of "
                                 "the data directory.");
        }
        ServerCounts counts;
        if (options_.s3_requests) counts.s3_requests = options_.s3_requests();
        if (options_.counters) counts.counters = options_.counters();
        if (auto told = store_events_.counter()) counts.counters.push_back(*std::move(told));
        auto response =
            http::Response::text(200, kMetricsType, format_metrics(pool_, queue_, counts, clock_));
        response.headers.set("Cache-Control", "no-store");
        return response;
    }

    http::Response health() {
        json::object functions;
        QueueCounts sum;
        bool readable = true;
        for (const std::string& name : pool_.functions()) {
            const FunctionCounts counts = pool_.counts(name);
            functions[name] = {
                {"instances", counts.instances},     {"busy", counts.busy},
                {"waiting", counts.waiting},         {"cold_starts", counts.cold_starts},
                {"invocations", counts.invocations}, {"errors", counts.errors}};
            const auto queued = queue_.counts(name);
            if (!queued) {
                log_.error("the queue cannot be read", {{"error", queued.error().message}});
                readable = false;
                continue;
            }
            sum.waiting += queued->waiting;
            sum.running += queued->running;
            sum.dead += queued->dead;
        }
        json::object document{{"status", readable ? "ok" : "unavailable"},
                              {"functions", std::move(functions)}};
        const std::string& lacks = options_.containment_lacks;
        document["containment"] = {
            {"lacks", lacks.empty() ? json::value(nullptr) : json::value(lacks)}};
        if (readable) {
            document["queue"] = {
                {"waiting", sum.waiting}, {"running", sum.running}, {"dead", sum.dead}};
        } else {
            document["queue"] = nullptr;
        }
        if (options_.parts) {
            for (auto& part : options_.parts()) document[part.key()] = std::move(part.value());
        }
        auto response = http::Response::text(readable ? 200 : 503, "application/json",
                                             json::serialize(document));
        response.headers.set("Cache-Control", "no-store");
        return response;
    }

    const GatewayOptions options_;
    const http::Hosts loopback_{std::vector<std::string>()};  // Has the loopback names alone.
    FunctionPool& pool_;  // Outlive the handler, by contract; so do the next three.
    EventQueue& queue_;
    const Clock& clock_;
    const Log& log_;
    const Page page_;
    Budget budget_;
    InvokeApi invoke_api_;
    OperatorApi operator_api_;
    StoreEvents store_events_;
    Console console_;
};

}  // namespace

http::Handler make_gateway(GatewayOptions options, FunctionPool& pool, EventQueue& queue,
                           const Clock& clock, const Log& log) {
    // shared: a Handler is copied.
    auto gateway = std::make_shared<Gateway>(std::move(options), pool, queue, clock, log);
    return [gateway](http::Request& request) { return gateway->handle(request); };
}

}  // namespace imagemill::local
