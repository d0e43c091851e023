// console: the operator's page under /console and what it asks for.
//
// Shapes:  GET /console → the page, or with 401 the page that says how to get in.
//          GET /console/login?code=… → 303 and a cookie (console_access.h).
//          GET /console/api/live → server-sent events (console_feed.h).
//          GET /console/api/settings → {"settings":[{"name","value","about"}],"lacks":"…" or null}
//          GET /console/api/log?function=&request_id= → {"lines":[…]}
//          GET /console/api/original?key= → the bytes of a source, as a picture (original.h)
//          GET /console/api/events, POST …/events/redrive, …/events/delete: operator_api.h's.
//          POST /console/api/logout.
// Errors:  problem+json: console_access.h's; 404 and 405 as everywhere.
// Threads: any.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "local/gateway/console_access.h"
#include "local/gateway/console_feed.h"
#include "local/gateway/operator_api.h"
#include "local/storage/disk_store.h"

namespace imagemill::local {

struct ConsoleOptions {
    ConsoleAccess* access = nullptr;  // Outlives the console. Null: there is no console.
    ConsoleFeedOptions feed = {};
    std::string_view page = {};  // HTML; outlives the console, as the next.
    std::string_view login_page = {};
    std::string logs_dir = {};
    std::function<json::object()> settings = {};
    // A source by its key. Empty: originals are not shown.
    std::function<Result<OpenedObject>(const std::string& key)> open_original = {};
};

class Console final {
  public:
    // All but `options` outlive it.
    Console(const ConsoleOptions& options, OperatorApi& operators, const FunctionPool& pool,
            EventQueue& queue, const Clock& clock)
        : options_(options), operators_(operators), feed_(options.feed, pool, queue, clock) {}

    http::Response handle(http::Request& request);

  private:
    http::Response answer(http::Request& request);
    http::Response call(http::Request& request, std::string_view name);
    http::Response live(const http::Request& request);
    http::Response log(const http::Request& request) const;
    http::Response original(const http::Request& request) const;

    const ConsoleOptions options_;
    OperatorApi& operators_;
    ConsoleFeed feed_;
};

}  // namespace imagemill::local
