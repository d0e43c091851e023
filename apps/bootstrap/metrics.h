// metrics: what CloudWatch is told of each picture (docs/deploy.md, Metrics). The dashboard and the
// alarms of deploy/template.yaml are made of these; deploy/template.test.mjs reads their names
// here.
//
// Shapes:  By function alone: where the time went, bytes, retries. By outcome: pictures; by lane:
// the
//          render; by reason: failures, which a manifest tells of, and errors, which are tried
//          again. Each of these values is one of few, so that the number of metrics is bounded.
// Threads: pure.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "functions/processor.h"

namespace imagemill {

// The members of a log line. `retries` are the calls of S3 that had to be made again.
json::object picture_metrics(const std::string& function_name,
                             const Result<functions::Report>& report, int retries, Time now);

}  // namespace imagemill
