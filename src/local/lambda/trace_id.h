// trace_id: the X-Amzn-Trace-Id that goes with a request from the gateway to the function's own
// calls.
//
// Shapes:  Root=1-<seconds, 8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0
// Threads: any.
// Source:  AWS X-Ray developer guide, "Tracing header".
#pragma once

#include <string>

#include "base/clock.h"
#include "http/message.h"

namespace imagemill::local {

std::string make_trace_id(Time now);
// What the request brings, where it is short and printable; else a new one.
std::string trace_id_of(const http::Request& request, Time now);

}  // namespace imagemill::local
