#include "metrics.h"

#include "aws/emf.h"

namespace imagemill {
namespace {

using aws::Metric;
using aws::MetricGroup;
using aws::Unit;

constexpr std::string_view kNamespace = "imagemill";
constexpr std::string_view kFunction = "FunctionName";
constexpr std::string_view kOutcome = "Outcome";
constexpr std::string_view kLane = "Lane";
constexpr std::string_view kReason = "Reason";

constexpr std::string_view kPictures = "Pictures";
constexpr std::string_view kRetries = "Retries";
constexpr std::string_view kBytesIn = "BytesIn";
constexpr std::string_view kBytesOut = "BytesOut";
constexpr std::string_view kRenderTime = "RenderTime";
constexpr std::string_view kFailures = "Failures";
constexpr std::string_view kErrors = "Errors";

// What the processor calls a stage, and its metric.
struct Stage {
    std::string_view timing;
    std::string_view metric;
};
constexpr Stage kStages[] = {
    {"fetch", "GetTime"},     {"decode", "DecodeTime"}, {"resize", "ResizeTime"},
    {"encode", "EncodeTime"}, {"store", "PutTime"},     {"total", "TotalTime"},
};

Metric one(std::string_view name) {
    return {.name = name, .unit = Unit::count, .value = 1};
}

std::vector<Metric> work_of(const functions::Report& report) {
    std::vector<Metric> metrics;
    for (const Stage& stage : kStages) {
        const auto timing = report.timings_ms.find(std::string(stage.timing));
        if (timing == report.timings_ms.end()) continue;
        metrics.push_back(
            {.name = stage.metric, .unit = Unit::milliseconds, .value = timing->second});
    }
    if (report.bytes_in > 0) metrics.push_back({kBytesIn, Unit::bytes, report.bytes_in});
    if (report.bytes_out > 0) metrics.push_back({kBytesOut, Unit::bytes, report.bytes_out});
    return metrics;
}

}  // namespace

json::object picture_metrics(const std::string& function_name,
                             const Result<functions::Report>& report, int retries, Time now) {
    const auto group = [&](std::string_view name, std::string_view value, Metric metric) {
        return MetricGroup{.dimensions = {{kFunction, function_name}, {name, std::string(value)}},
                           .metrics = {metric}};
    };
    const std::string_view outcome = report ? functions::name_of(report->outcome) : "error";
    std::vector<MetricGroup> groups = {{.dimensions = {{kFunction, function_name}}, .metrics = {}}};
    if (report) groups[0].metrics = work_of(*report);
    groups[0].metrics.push_back({kRetries, Unit::count, retries});
    groups.push_back(group(kOutcome, outcome, one(kPictures)));
    if (!report) {
        groups.push_back(group(kReason, name_of(report.error().code), one(kErrors)));
    } else if (report->reason) {
        groups.push_back(group(kReason, name_of(*report->reason), one(kFailures)));
    } else if (!report->lane.empty()) {
        groups.push_back(group(kLane, report->lane,
                               {kRenderTime, Unit::milliseconds, report->timings_ms.at("render")}));
    }
    return aws::format_metrics(kNamespace, groups, now);
}

}  // namespace imagemill
