#include "aws/emf.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

const Time kNow{Milliseconds(1'574'109'732'004)};

TEST(Emf, IsTheLineThatCloudWatchReads) {
    const MetricGroup groups[] = {
        {.dimensions = {{"FunctionName", "processor"}},
         .metrics = {{"DecodeTime", Unit::milliseconds, 12}, {"BytesIn", Unit::bytes, 20'480}}},
        {.dimensions = {{"FunctionName", "processor"}, {"Reason", "corrupt"}},
         .metrics = {{"Failures", Unit::count, 1}}}};

    const json::object line = format_metrics("imagemill", groups, kNow);

    EXPECT_EQ(json::value(line), *parse_json(R"({
        "_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [
            {"Namespace": "imagemill", "Dimensions": [["FunctionName"]],
             "Metrics": [{"Name": "DecodeTime", "Unit": "Milliseconds"},
                         {"Name": "BytesIn", "Unit": "Bytes"}]},
            {"Namespace": "imagemill", "Dimensions": [["FunctionName", "Reason"]],
             "Metrics": [{"Name": "Failures", "Unit": "Count"}]}]},
        "FunctionName": "processor", "Reason": "corrupt",
        "DecodeTime": 12, "BytesIn": 20480, "Failures": 1})"));
}

TEST(Emf, OfNothingIsNothing) {
    const MetricGroup groups[] = {{.dimensions = {{"FunctionName", "processor"}}, .metrics = {}}};

    EXPECT_TRUE(format_metrics("imagemill", groups, kNow).empty());
    EXPECT_TRUE(format_metrics("imagemill", {}, kNow).empty());
}

TEST(Emf, AGroupWithoutMetricsNamesNoDimension) {
    const MetricGroup groups[] = {
        {.dimensions = {{"Lane", "jpeg"}}, .metrics = {}},
        {.dimensions = {{"FunctionName", "processor"}}, .metrics = {{"Retries", Unit::count, 0}}}};

    const json::object line = format_metrics("imagemill", groups, kNow);

    EXPECT_FALSE(line.contains("Lane"));
    EXPECT_EQ(line.at("_aws").at("CloudWatchMetrics").as_array().size(), 1U);
    EXPECT_EQ(line.at("Retries").as_int64(), 0);
}

}  // namespace
}  // namespace imagemill::aws
