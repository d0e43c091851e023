// operator_api: what the command does to a running server: look at the queue, try dead letters
// again, delete events, process pictures anew.
//
// Shapes:  Every call needs the operator's token, and comes from this machine.
//          GET  /admin/events?state=dead|waiting|running&function=&after=ID&limit=1..1000
//               → {"events":[…],"next":ID or null}, ids ascending.
//          POST /admin/events/redrive, /admin/events/delete, JSON with exactly one of
//               {"ids":[1,2]}, {"function":"…"}, {"all":true} → {"count":N}. Deleting takes what
//               waits or is dead, of it with "state" what is in that; what runs stays.
//          POST /admin/reprocess {"prefix":"…","after":"KEY"} → {"queued":N,"next":KEY or null}: a
//               page of the source bucket, queued at low priority.
//          POST /admin/console {} → {"url":"http://…/console/login?code=…"}: a way in, for once.
// Errors:  problem+json: 400 names the field, 401 without the token, 403 from elsewhere, 404
//          where there is no such call, 405, 503 where the queue cannot be read.
// Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/log.h"
#include "http/message.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

inline constexpr std::string_view kOperatorPath = "/admin/";

struct Requeued {
    std::int64_t count = 0;
    std::string next_after;  // Empty on the last page.
};

struct OperatorOptions {
    std::string token = {};                          // Empty: nobody is let in.
    std::function<std::string()> console_link = {};  // Empty: there is no console.
    // Queues the pictures of a page of keys that begin with `prefix` and come after `after`.
    std::function<Result<Requeued>(const std::string& prefix, const std::string& after)> reprocess =
        {};
};

class OperatorApi final {
  public:
    // All but `options` outlive it.
    OperatorApi(OperatorOptions options, FunctionPool& pool, EventQueue& queue, const Log& log)
        : options_(std::move(options)), pool_(pool), queue_(queue), log_(log) {}

    http::Response handle(http::Request& request);
    // The call of that name ("events/redrive"), of someone who was let in.
    http::Response run(http::Request& request, std::string_view call);

  private:
    Result<json::object> begin_console();
    Result<json::object> list(const http::Request& request);
    Result<json::object> change(http::Request& request, std::string_view verb);
    Result<json::object> reprocess(http::Request& request);
    Result<EventSelection> parse_selection(const JsonReader& reader) const;
    Result<void> check_function(std::string_view function, std::string_view field) const;

    const OperatorOptions options_;
    FunctionPool& pool_;
    EventQueue& queue_;
    const Log& log_;
};

}  // namespace imagemill::local
