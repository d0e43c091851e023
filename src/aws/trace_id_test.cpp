#include "aws/trace_id.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

constexpr std::string_view kTrace =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

TEST(TraceId, HasTheTimeInIt) {
    const std::string made = make_trace_id(Time(Milliseconds(INT64_C(0x5759e988) * 1'000)));

    EXPECT_TRUE(made.starts_with("Root=1-5759e988-")) << made;
    EXPECT_EQ(made.size(), kTrace.size());
    EXPECT_EQ(count_hops(made, "processor"), 0);
}

TEST(TraceId, OfARequestIsWhatItBringsWhereThatIsShortAndPrintable) {
    const Time now{Milliseconds(0)};
    http::Request request;
    const auto is_new = [&] { return trace_id_of(request, now).starts_with("Root=1-00000000-"); };
    EXPECT_TRUE(is_new());
    request.headers.set("X-Amzn-Trace-Id", std::string(kTrace));
    EXPECT_EQ(trace_id_of(request, now), kTrace);
    request.headers.set("X-Amzn-Trace-Id", std::string(512, 'x'));
    EXPECT_EQ(trace_id_of(request, now).size(), 512U);
    for (const std::string& odd : {std::string(513, 'x'), std::string("Root=\xc3\xa9")}) {
        request.headers.set("X-Amzn-Trace-Id", odd);
        EXPECT_TRUE(is_new());
    }
}

TEST(TraceId, CountsTheHopsOfEachFunction) {
    std::string trace(kTrace);
    for (int i = 1; i <= 20; ++i) {
        trace = add_hop(trace, "processor");
        if (i % 2 == 0) trace = add_hop(trace, "api");
        EXPECT_EQ(count_hops(trace, "processor"), i);
        EXPECT_EQ(count_hops(trace, "api"), i / 2);
    }
    EXPECT_EQ(count_hops(trace, "another"), 0);
    EXPECT_TRUE(trace.starts_with(std::string(kTrace) + ";Lineage=")) << trace;
    EXPECT_LT(trace.size(), 130U);
    EXPECT_EQ(without_hops(trace), kTrace);
}

TEST(TraceId, TakesAnotherLineageForNone) {
    for (const char* lineage : {"25:a87bd80c:1", "", "|", "a87bd80c", "a87bd80c:x", ":", "x:-1"}) {
        const std::string trace = std::string(kTrace) + ";Lineage=" + lineage;
        EXPECT_EQ(count_hops(trace, "processor"), 0) << lineage;
        EXPECT_EQ(count_hops(add_hop(trace, "processor"), "processor"), 1) << lineage;
    }
    EXPECT_EQ(count_hops(add_hop("", "processor"), "processor"), 1);
}

}  // namespace
}  // namespace imagemill::aws
