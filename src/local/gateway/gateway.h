// gateway: the front door on port 8080: the page's files, and the HTTP API handed to `api` as API
// Gateway hands it to Lambda (payload 2.0).
//
// Shapes:  POST /upload, GET, HEAD and DELETE /image/…, OPTIONS of both, GET /openapi.json → the
//          function (HEAD as GET). GET /health is answered here, with what this machine does:
//          {"status","functions":{name:{"instances","busy",…}},
//           "queue":{"waiting","running","dead"},
//           "containment":{"lacks":"…" or null}, and what `parts` adds}, 503 where the queue cannot
//          be read. POST /events: store_events.h, under any Host. Lambda's Invoke: invoke_api.h.
//          /admin/: operator_api.h. /console: console.h. GET /metrics: metrics.h, open to this
//          machine under a loopback Host; to others, and behind a proxy, with the operator's token.
//          The page's files and /config.json: made here. Everything else: 404, another method 405,
//          both problem+json.
// Errors:  as problem+json, which says nothing of the inside; the log does.
//          400  a path that is not percent-encoded UTF-8.
//          403  a Host that is none of `hosts`.
//          413  a body over the limit, before it is read where its length is known: says how to get
//               a pre-signed form. A form may be 64 KB longer than the picture in it, JSON a third.
//          502, 504  the function failed, or took too long: names the request id of its log lines.
//          503  too much in flight, or no instance: with Retry-After.
// Threads: any.
// Cost:    a body is read once and copied once, into the event's base64;
//          `body_bytes_in_flight_max` bounds the bodies of all callers together.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "http/hosts.h"
#include "http/message.h"
#include "local/gateway/console.h"
#include "local/gateway/invoke_api.h"
#include "local/gateway/metrics.h"
#include "local/gateway/operator_api.h"
#include "local/gateway/store_events.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

struct StaticFile {
    std::string_view content_type;
    std::string_view bytes;  // Outlive the handler: they are part of the program.
};

struct GatewayOptions {
    std::string function;  // The api's name.
    http::Hosts hosts;
    InvokeApiOptions invoke = {};
    OperatorOptions operators = {};
    ConsoleOptions console = {};
    StoreEventsOptions store_events = {};
    std::function<std::vector<S3Requests>()> s3_requests = {};  // These two for /metrics.
    std::function<std::vector<Counter>()> counters = {};
    std::function<json::object()> parts = {};  // Of other parts of the server, for /health.
    std::string containment_lacks = {};        // A sentence for /health; empty: nothing.
    bool is_behind_proxy = false;  // It has a public URL: a peer's address says nothing.
    std::map<std::string, StaticFile, std::less<>> files = {};  // By path: "/", "/app.js".
    std::string config_json = "{}";                             // The answer of /config.json.
    std::string page_connect_sources = {};  // CSP connect-src and img-src beside 'self'.
    std::int64_t upload_bytes_max = 50'000'000;
    std::int64_t body_bytes_in_flight_max = INT64_C(256) << 20;
};

// `pool`, `queue`, `clock` and `log` outlive the handler.
http::Handler make_gateway(GatewayOptions options, FunctionPool& pool, EventQueue& queue,
                           const Clock& clock, const Log& log);

}  // namespace imagemill::local
