// gateway: the front door on port 8080: the page's files, and the HTTP API handed to `api` as API
// Gateway hands it to Lambda (payload 2.0).
//
// Shapes:  POST /upload, GET and DELETE /image/…, OPTIONS of both, GET /openapi.json → the
// function.
//          GET /health is answered here, with what this machine can do. GET / and the page's files,
//          /config.json made here. Everything else: 404 problem+json.
// Errors:  a function that fails or times out: 502 and 504 problem+json. A body over the limit: 413
//          that says how to get a pre-signed form. Too much in flight: 503 with Retry-After.
// Threads: any.
// Cost:    a body is read once, straight into the event's base64; `body_bytes_in_flight_max` bounds
//          the sum over all callers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"
#include "http/hosts.h"
#include "http/message.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

struct StaticFile {
    std::string_view content_type;
    std::string_view bytes;
};

struct GatewayOptions {
    std::string function;  // The api's name.
    http::Hosts hosts;
    std::map<std::string, StaticFile, std::less<>> files;  // By path: "/", "/app.js".
    std::string config_json;                               // The answer of /config.json.
    std::string page_connect_sources;  // CSP connect-src and img-src beside 'self'.
    std::int64_t upload_bytes_max = 50'000'000;
    std::int64_t body_bytes_in_flight_max = INT64_C(256) << 20;
};

// `pool`, `clock` and `log` outlive the handler.
http::Handler make_gateway(GatewayOptions options, FunctionPool& pool, EventQueue& queue,
                           const Clock& clock, const Log& log);

}  // namespace imagemill::local
