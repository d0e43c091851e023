#include "local/gateway/operator_api.h"

#include <algorithm>

#include "aws/failure_record.h"
#include "aws/s3_event.h"
#include "aws/trace_id.h"
#include "base/encodings.h"
#include "http/problem.h"
#include "local/gateway/operator_access.h"

namespace imagemill::local {
namespace {

constexpr std::int64_t kBodyBytesMax = 1 << 20;
constexpr std::int64_t kIdMax = INT64_C(1) << 53;  // As JSON's readers count.
constexpr int kListMax = 1'000;

std::string_view name_of(EventState state) {
    switch (state) {
        case EventState::waiting:
            return "waiting";
        case EventState::running:
            return "running";
        case EventState::dead:
            return "dead";
    }
    return "";
}

Result<EventState> parse_state(std::string_view text) {
    for (const auto state : {EventState::waiting, EventState::running, EventState::dead}) {
        if (name_of(state) == text) return state;
    }
    return Error{Code::invalid_argument, "state is \"" + std::string(text.substr(0, 32)) +
                                             "\"; expected \"waiting\", \"running\" or \"dead\"."};
}

// The S3 notification that is in an event: itself, or what a record of its failure quotes.
std::string notification_in(const std::string& payload) {
    const auto parsed = parse_json(payload);
    if (!parsed || !aws::is_failure_record(*parsed)) return payload;
    const auto record = aws::parse_failure_record(*parsed);
    return record ? record->request_payload : payload;
}

json::object describe(const ListedEvent& event) {
    json::object document{{"id", event.id},
                          {"state", name_of(event.state)},
                          {"function", event.function},
                          {"request_id", event.request_id},
                          {"trace_id", aws::trace_root(event.trace_id)},
                          {"attempts", event.attempts},
                          {"queued", format_rfc3339(event.queued)}};
    const auto objects = aws::parse_s3_event(notification_in(event.payload));
    if (objects && !objects->empty()) {
        document["event"] = objects->front().name;
        document["bucket"] = objects->front().bucket;
        document["key"] = objects->front().key;
    }
    if (event.state == EventState::waiting) {
        document["due"] = format_rfc3339(event.due);
        document["priority"] = event.priority == Priority::low ? "low" : "normal";
    }
    if (event.state == EventState::dead) {
        document["condition"] = event.condition;
        document["died"] = format_rfc3339(event.died);
        auto error = parse_json(event.error);
        document["error"] = error ? *std::move(error) : json::value(nullptr);
    }
    return document;
}

Result<json::value> read_json(http::Request& request) {
    const Buffer body = TRY(http::read_all(*request.body, kBodyBytesMax, "body"));
    return parse_json(as_text(body));
}

http::Response answer_of(const Result<json::object>& result) {
    if (!result) return http::problem(result.error());
    auto response = http::Response::text(200, "application/json", json::serialize(*result));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

}  // namespace

http::Response OperatorApi::handle(http::Request& request) {
    if (!is_from_here(request)) {
        return http::problem(403,
                             "The operator's calls are answered on the machine of the server "
                             "alone, and not through a proxy: run the command there.");
    }
    if (!has_token(request, options_.token)) {
        return http::problem(401,
                             "This call needs the operator's token: Authorization: Bearer and "
                             "what is in the file operator-token of the data directory.");
    }
    return run(request, std::string_view(request.path).substr(kOperatorPath.size()));
}

http::Response OperatorApi::run(http::Request& request, std::string_view path) {
    const bool is_change = path == "events/redrive" || path == "events/delete";
    const bool is_console = path == "console" && options_.console_link;
    if (path != "events" && path != "reprocess" && !is_change && !is_console) {
        return http::problem(404, "There is no such call of the operator's API.");
    }
    const std::string_view method = path == "events" ? "GET" : "POST";
    if (request.method != method) {
        auto response = http::problem(405, "This call has the method " + std::string(method) + ".");
        response.headers.set("Allow", std::string(method));
        return response;
    }
    if (path == "events") return answer_of(list(request));
    if (path == "reprocess") return answer_of(reprocess(request));
    if (is_console) return answer_of(begin_console());
    return answer_of(change(request, path.substr(path.find('/') + 1)));
}

Result<json::object> OperatorApi::list(const http::Request& request) {
    EventQuery query;
    const auto parameters = TRY(http::parse_query(request.query, http::Plus::keep));
    for (const auto& [name, value] : parameters) {
        if (name == "state") {
            query.state = TRY(parse_state(value));
        } else if (name == "function") {
            TRY(check_function(value, "function"));
            query.function = value;
        } else if (name == "after" || name == "limit") {
            const auto number = parse_count(value);
            const std::int64_t max = name == "limit" ? kListMax : kIdMax;
            if (!number || *number > max || (name == "limit" && *number < 1)) {
                return Error{
                    Code::invalid_argument,
                    name + ": expected a whole number of at most " + std::to_string(max) + "."};
            }
            if (name == "limit") query.count_max = static_cast<int>(*number);
            if (name == "after") query.after_id = *number;
        } else {
            return Error{Code::invalid_argument,
                         "There is no parameter \"" + name.substr(0, 32) +
                             "\"; there are state, function, after and limit."};
        }
    }
    const auto events = TRY(queue_.list(query));
    json::array described;
    for (const ListedEvent& event : events) described.push_back(describe(event));
    const bool is_full = std::ssize(events) == query.count_max;
    return json::object{{"events", std::move(described)},
                        {"next", is_full ? json::value(events.back().id) : json::value(nullptr)}};
}

Result<json::object> OperatorApi::change(http::Request& request, std::string_view verb) {
    const json::value document = TRY(read_json(request));
    const EventSelection selection = TRY(parse_selection(JsonReader(document)));
    const bool is_redrive = verb == "redrive";
    if (is_redrive && selection.state.value_or(EventState::dead) != EventState::dead) {
        return Error{Code::invalid_argument, "state: dead letters alone are tried again."};
    }
    const std::int64_t count =
        is_redrive ? TRY(queue_.redrive(selection)) : TRY(queue_.remove(selection));
    log_.info(is_redrive ? "dead letters redriven" : "events deleted",
              {{"count", count}, {"function", selection.function}});
    return json::object{{"count", count}};
}

Result<EventSelection> OperatorApi::parse_selection(const JsonReader& reader) const {
    TRY(reader.only({"ids", "function", "all", "state"}));
    const auto ids = TRY(reader.find("ids"));
    const auto function = TRY(reader.find("function"));
    const auto all = TRY(reader.find("all"));
    if (int{ids.has_value()} + int{function.has_value()} + int{all.has_value()} != 1) {
        return Error{Code::invalid_argument,
                     "Expected exactly one of \"ids\", \"function\" and \"all\"."};
    }
    EventSelection selection;
    if (ids) {
        const auto elements = TRY(ids->elements());
        for (const JsonReader& id : elements) selection.ids.push_back(TRY(id.integer(1, kIdMax)));
        // None named would be all of them.
        if (selection.ids.empty()) return ids->expected("at least one id");
    }
    if (function) {
        selection.function = TRY(function->string());
        TRY(check_function(selection.function, "function"));
    }
    if (all && !TRY(all->boolean())) return all->expected("true");
    if (const auto state = TRY(reader.find("state"))) {
        const std::string name = TRY(state->string());
        selection.state = TRY(parse_state(name));
    }
    return selection;
}

Result<json::object> OperatorApi::reprocess(http::Request& request) {
    const json::value document = TRY(read_json(request));
    const JsonReader reader(document);
    TRY(reader.only({"prefix", "after"}));
    const auto prefix = TRY(reader.find("prefix"));
    const auto after = TRY(reader.find("after"));
    const std::string first = prefix ? TRY(prefix->string()) : "";
    const std::string last = after ? TRY(after->string()) : "";
    const Requeued page = TRY(options_.reprocess(first, last));
    return json::object{
        {"queued", page.count},
        {"next", page.next_after.empty() ? json::value(nullptr) : json::value(page.next_after)}};
}

Result<json::object> OperatorApi::begin_console() {
    log_.info("a link to the console was made");
    return json::object{{"url", options_.console_link()}};
}

Result<void> OperatorApi::check_function(std::string_view function, std::string_view field) const {
    const auto functions = pool_.functions();
    if (std::ranges::find(functions, function) != functions.end()) return {};
    std::string names;
    for (const std::string& name : functions) names += (names.empty() ? "" : ", ") + name;
    return Error{Code::invalid_argument, std::string(field) + ": there is no function \"" +
                                             std::string(utf8_prefix(function, 64)) +
                                             "\"; there are " + names + "."};
}

}  // namespace imagemill::local
