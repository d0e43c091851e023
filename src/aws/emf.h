// emf: CloudWatch's Embedded Metric Format: members of a JSON log line of which CloudWatch makes
// metrics, with no call of its API.
//
// Shapes:  {"_aws":{"Timestamp":…,"CloudWatchMetrics":[{"Namespace","Dimensions":[[…]],"Metrics":
//          [{"Name","Unit"}]}]}, and beside it each dimension and each metric by its name}. The
//          line they are put into may have others. Each distinct combination of a metric's name and
//          its dimensions' values is a metric that is billed: a value must be one of few (a
//          function, a reason), never a key or an id.
// Errors:  none; more than the format takes (100 metrics, 30 dimensions, a name that means two
//          things) is a bug.
// Threads: pure functions.
// Source:  Amazon CloudWatch user guide, "Specification: Embedded metric format".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace imagemill::aws {

enum class Unit { milliseconds, bytes, count };

struct Metric {
    std::string_view name;
    Unit unit = Unit::count;
    std::int64_t value = 0;
};

struct Dimension {
    std::string_view name;
    std::string value;  // 1..1024 bytes.
};

// Metrics of the same thing.
struct MetricGroup {
    std::vector<Dimension> dimensions;
    std::vector<Metric> metrics;
};

// Groups without metrics are left out. No members at all where no group is left.
json::object format_metrics(std::string_view name_space, std::span<const MetricGroup> groups,
                            Time now);

}  // namespace imagemill::aws
