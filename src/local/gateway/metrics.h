// metrics: what the server counts, as Prometheus reads it.
//
// Shapes:  text format 0.0.4. Per function: events by state and the oldest's age, invocations,
//          errors, throttles, retries, dead letters, bytes, instances, durations and cold starts
//          as histograms. S3 requests by operation and code. Counters begin at 0 with the server.
// Errors:  where the queue cannot be read, its gauges are left out: the scrape still has the rest.
// Threads: any.
// Source:  Prometheus documentation, "Exposition formats".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "local/lambda/pool.h"

namespace imagemill::local {

// How often an S3 operation ended in this way: "PutObject", 200, "OK" or S3's error code.
struct S3Requests {
    std::string operation;
    int status = 0;
    std::string code;
    std::int64_t count = 0;
};

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string format_metrics(const FunctionPool& pool, EventQueue& queue,
                           const std::vector<S3Requests>& s3_requests, const Clock& clock);

}  // namespace imagemill::local
