// metrics: what the server counts, as Prometheus reads it.
//
// Shapes:  text format 0.0.4. Per function: events by state and the oldest's age, invocations,
//          errors, throttles, retries, dead letters, bytes, instances, durations and cold starts
//          as histograms. S3 requests by operation and code, and counters of other parts of the
//          server. They begin at 0 with it.
// Errors:  where the queue cannot be read, its gauges are left out: the scrape still has the rest.
// Threads: any.
// Source:  Prometheus documentation, "Exposition formats".
#pragma once

#include <cstdint>
#include <string>
#include <utility>
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

// A counter of another part of the server, by one label.
struct Counter {
    std::string name;  // "webhook_deliveries_total"
    std::string help;
    std::string label;                                         // "outcome"
    std::vector<std::pair<std::string, std::int64_t>> counts;  // By the label's value.
};

struct ServerCounts {
    std::vector<S3Requests> s3_requests = {};
    std::vector<Counter> counters = {};
};

inline constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

std::string format_metrics(const FunctionPool& pool, EventQueue& queue, const ServerCounts& counts,
                           const Clock& clock);

}  // namespace imagemill::local
