// api: the function behind the HTTP API: upload, state, delete. Its state is S3's alone.
//
// Shapes:  POST /upload · GET /image/{filename} · DELETE /image/{filename} · GET /health ·
//          GET /openapi.json · OPTIONS for CORS. docs/api.md has every field.
// Errors:  every one is a Response in application/problem+json.
// Threads: any; one call handles one request. `wait` sleeps on the clock.
// Cost:    an upload is whole in memory, once decoded.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "functions/settings.h"
#include "http/message.h"
#include "store/object_store.h"

namespace imagemill::functions {

struct ApiContext {
    store::ObjectStore& store;
    const Settings& settings;
    const Clock& clock;
    const Log& log;
};

http::Response handle(http::Request& request, const ApiContext& context);

}  // namespace imagemill::functions
