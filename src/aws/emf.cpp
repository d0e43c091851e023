#include "aws/emf.h"

#include "base/check.h"

namespace imagemill::aws {
namespace {

constexpr std::size_t kMetricsMax = 100;
constexpr std::size_t kDimensionsMax = 30;
constexpr std::size_t kValueBytesMax = 1024;

std::string_view name_of(Unit unit) {
    switch (unit) {
        case Unit::milliseconds:
            return "Milliseconds";
        case Unit::bytes:
            return "Bytes";
        case Unit::count:
            return "Count";
    }
    return "None";
}

// One name is one member of the line, whichever groups it is in.
void put(json::object& line, std::string_view name, const json::value& value) {
    const auto [member, is_new] = line.emplace(name, value);
    CHECK(is_new || member->value() == value);
}

json::object directive(std::string_view name_space, const MetricGroup& group) {
    CHECK(group.metrics.size() <= kMetricsMax && group.dimensions.size() <= kDimensionsMax);
    json::array names;
    for (const Dimension& dimension : group.dimensions) names.emplace_back(dimension.name);
    json::array metrics;
    for (const Metric& metric : group.metrics) {
        metrics.push_back(json::object{{"Name", metric.name}, {"Unit", name_of(metric.unit)}});
    }
    json::array sets;
    sets.push_back(std::move(names));
    return json::object{{"Namespace", name_space},
                        {"Dimensions", std::move(sets)},
                        {"Metrics", std::move(metrics)}};
}

}  // namespace

json::object format_metrics(std::string_view name_space, std::span<const MetricGroup> groups,
                            Time now) {
    json::object members;
    json::array directives;
    for (const MetricGroup& group : groups) {
        if (group.metrics.empty()) continue;
        directives.push_back(directive(name_space, group));
        for (const Dimension& dimension : group.dimensions) {
            CHECK(!dimension.value.empty() && dimension.value.size() <= kValueBytesMax);
            put(members, dimension.name, json::value(dimension.value));
        }
        for (const Metric& metric : group.metrics) put(members, metric.name, metric.value);
    }
    if (directives.empty()) return {};
    members["_aws"] = json::object{{"Timestamp", now.time_since_epoch().count()},
                                   {"CloudWatchMetrics", std::move(directives)}};
    return members;
}

}  // namespace imagemill::aws
