// proxy_event: HTTP through API Gateway's Lambda proxy integration, both directions, both versions.
//
// Shapes:  Payload 2.0 (HTTP API, function URL) and 1.0 (REST, HTTP API) in; an answer in the same
//          version out. A body is text only for text/*, JSON, XML and JavaScript in UTF-8;
//          everything else is base64.
//          Paths: an HTTP API decodes the path once, so what was %2F is lost there; it is encoded
//          again for http::Request. REST and function URLs hand it on as it came.
//          A stage in front of rawPath is taken off. Text that is no UTF-8 is taken as Latin-1.
// Errors:  invalid_argument  the JSON is no proxy event (or no proxy answer); names the field.
// Threads: pure functions.
// Cost:    one copy of the body each way, and its base64.
// Source:  Amazon API Gateway developer guide, "Working with AWS Lambda proxy integrations".
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "http/message.h"

namespace imagemill::aws {

enum class ProxyVersion { v1, v2 };

struct ProxyRequest {
    http::Request request;
    ProxyVersion version = ProxyVersion::v2;
    std::string request_id;
};

// The function's side.
bool is_proxy_event(const json::value& event);
Result<ProxyRequest> parse_proxy_event(const json::value& event);
std::string format_proxy_response(const http::Response& response, ProxyVersion version);

// The gateway's side: payload 2.0.
struct ProxyContext {
    std::string request_id;
    std::string trace_id;
    std::string domain;  // The Host of the request.
    std::string route;   // "POST /upload"
    Time now;
};
// A path that cannot be decoded to UTF-8 goes as it came: it names nothing.
std::string format_proxy_event(const http::Request& request, Bytes body,
                               const ProxyContext& context);
// What is no answer with a statusCode is the body of one, as an HTTP API has it.
Result<http::Response> parse_proxy_response(std::string_view text);

}  // namespace imagemill::aws
