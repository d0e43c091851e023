// trace_id: AWS's trace header: it goes with a request from the gateway to the function's own calls
// of the store, to the events they cause and to who is invoked by those.
//
// Shapes:  Root=1-<seconds, 8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0, and from the first event on
//          Lineage=<function, 8 hex>:<count>|…: how often each function was invoked in this chain
//          of causes. AWS's own Lineage is another, and passed on as it is where we are the client.
//          A W3C traceparent becomes such a header: its 32 digits are the root's.
// Threads: any.
// Source:  AWS X-Ray developer guide, "Tracing header", "Sending trace data: W3C format trace ID";
//          Lambda developer guide, "Recursive loop detection"; W3C Trace Context 3.2 (traceparent).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace imagemill::aws {

std::string make_trace_id(Time now);

// What a request brings: its X-Amzn-Trace-Id, else its traceparent, where they are valid; else a
// new one.
std::string trace_id_of(const http::Request& request, Time now);
// "1-5759e988-bd862e3fe1be46a994272793": what all parts of a trace share; empty where `trace_id`
// has no root.
std::string_view trace_root(std::string_view trace_id);
// Of a request from outside, which no function caused.
std::string without_hops(std::string_view trace_id);

// How often `function` was invoked in the chain of which `trace_id` tells; 0 where it tells of
// none.
int count_hops(std::string_view trace_id, std::string_view function);
// Once more.
std::string add_hop(std::string_view trace_id, std::string_view function);

}  // namespace imagemill::aws
