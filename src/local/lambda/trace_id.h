// trace_id: the X-Amzn-Trace-Id that goes with a request from the gateway to the function's own
// calls.
//
// Shapes:  Root=1-<seconds, 8 hex>-<24 hex>;Parent=<16 hex>;Sampled=0
// Threads: any.
// Source:  AWS X-Ray developer guide, "Tracing header".
#pragma once

#include <string>

#include "base/clock.h"

namespace imagemill::local {

std::string make_trace_id(Time now);

}  // namespace imagemill::local
