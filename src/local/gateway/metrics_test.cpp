#include "local/gateway/metrics.h"

#include <gtest/gtest.h>

#include "local/gateway/testing_pool.h"

namespace imagemill::local {
namespace {

class MetricsTest : public testing::Test {
  protected:
    std::string metrics(const ServerCounts& counts = {}) {
        return format_metrics(pool_, queue_, counts, clock_);
    }
    bool has(const std::string& text, std::string_view line) {
        return ("\n" + text).find("\n" + std::string(line) + "\n") != std::string::npos;
    }

    FakePool pool_;
    FakeQueue queue_;
    FakeClock clock_{Time(Milliseconds(1'583'348'638'390))};
};

TEST_F(MetricsTest, CountsByFunction) {
    const std::string text = metrics();

    EXPECT_TRUE(has(text, "# TYPE imagemill_events gauge")) << text;
    EXPECT_TRUE(has(text, R"(imagemill_events{function="processor",state="waiting"} 10)"));
    EXPECT_TRUE(has(text, R"(imagemill_events{function="api",state="dead"} 3)"));
    EXPECT_TRUE(has(text, R"(imagemill_event_age_seconds{function="api"} 0.000)"));
    EXPECT_TRUE(has(text, R"(imagemill_instances{function="processor"} 2)"));
    EXPECT_TRUE(has(text, R"(imagemill_throttles_total{function="api"} 7)"));
}

TEST_F(MetricsTest, AHistogramsBucketsCountUp) {
    const std::string text = metrics();  // One invocation of 150 ms.

    const std::string name = "imagemill_duration_seconds";
    EXPECT_TRUE(has(text, name + R"(_bucket{function="api",le="0.100"} 0)")) << text;
    EXPECT_TRUE(has(text, name + R"(_bucket{function="api",le="0.200"} 1)"));
    EXPECT_TRUE(has(text, name + R"(_bucket{function="api",le="+Inf"} 1)"));
    EXPECT_TRUE(has(text, name + R"(_sum{function="api"} 0.150)"));
    EXPECT_TRUE(has(text, name + R"(_count{function="api"} 1)"));
}

TEST_F(MetricsTest, CountsS3RequestsByOperationAndCode) {
    const std::string text =
        metrics({.s3_requests = {{"GetObject", 404, "NoSuchKey", 3}, {"PutObject", 200, "OK", 5}}});

    EXPECT_TRUE(has(text, R"(imagemill_s3_requests_total{operation="GetObject",status="404",)"
                          R"(code="NoSuchKey"} 3)"))
        << text;
}

TEST_F(MetricsTest, HasTheCountersOfOtherParts) {
    const std::string text = metrics({.counters = {{.name = "webhook_deliveries_total",
                                                    .help = "Messages.",
                                                    .label = "outcome",
                                                    .counts = {{"delivered", 3}, {"gone", 0}}}}});

    EXPECT_TRUE(has(text, "# TYPE imagemill_webhook_deliveries_total counter")) << text;
    EXPECT_TRUE(has(text, R"(imagemill_webhook_deliveries_total{outcome="delivered"} 3)"));
    EXPECT_TRUE(has(text, R"(imagemill_webhook_deliveries_total{outcome="gone"} 0)"));
}

TEST_F(MetricsTest, GivesTheRestWhereTheQueueCannotBeRead) {
    queue_.broken_ = true;
    const std::string text = metrics();

    EXPECT_EQ(text.find("imagemill_events{"), std::string::npos);
    EXPECT_TRUE(has(text, R"(imagemill_instances{function="processor"} 2)"));
}

TEST(Histogram, PutsADurationInTheFirstBucketThatHoldsIt) {
    Histogram histogram;
    for (const int ms : {0, 1, 2, 900'000, 900'001}) histogram.add(Milliseconds(ms));

    EXPECT_EQ(histogram.count_up_to(0), 2);
    EXPECT_EQ(histogram.count_up_to(1), 3);
    EXPECT_EQ(histogram.count_up_to(Histogram::kBoundsMs.size() - 1), 4);
    EXPECT_EQ(histogram.count(), 5);
    EXPECT_EQ(histogram.sum(), Milliseconds(1'800'004));
}

}  // namespace
}  // namespace imagemill::local
