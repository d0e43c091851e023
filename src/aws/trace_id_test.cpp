#include "aws/trace_id.h"

#include <gtest/gtest.h>

namespace imagemill::aws {
namespace {

constexpr std::string_view kTrace =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

constexpr Time kNow{Milliseconds(1'583'348'638'390)};

std::string of(http::Headers headers) {
    http::Request request;
    request.headers = std::move(headers);
    return trace_id_of(request, kNow);
}

bool is_new(const std::string& trace_id) {
    return trace_id.starts_with("Root=1-5e5ffb9e-") && trace_id.size() == 74 &&
           trace_id.ends_with(";Sampled=0");
}

TEST(TraceId, HasTheTimeInIt) {
    const std::string made = make_trace_id(Time(Milliseconds(INT64_C(0x5759e988) * 1'000)));

    EXPECT_TRUE(made.starts_with("Root=1-5759e988-")) << made;
    EXPECT_EQ(made.size(), kTrace.size());
    EXPECT_EQ(count_hops(made, "processor"), 0);
}

TEST(TraceId, KeepsWhatARequestBrings) {
    const std::string given =
        "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;"
        "Lineage=25:a87bd80c:1";
    EXPECT_EQ(of({{"X-Amzn-Trace-Id", given}}), given);
    EXPECT_EQ(of({{"X-Amzn-Trace-Id", given}, {"traceparent", "00-x"}}), given);
    EXPECT_EQ(trace_root(given), "1-5759e988-bd862e3fe1be46a994272793");
    EXPECT_EQ(trace_root("Self=1-2-3; Root=1-5759e988-bd862e3fe1be46a994272793"),
              "1-5759e988-bd862e3fe1be46a994272793");
}

// The example of W3C Trace Context 3.2.2.5, as X-Ray writes it.
TEST(TraceId, ReadsATraceparent) {
    const std::string root = "4bf92f3577b34da6a3ce929d0e0e4736";
    EXPECT_EQ(of({{"traceparent", "00-" + root + "-00f067aa0ba902b7-01"}}),
              "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1");
    EXPECT_TRUE(of({{"traceparent", "00-" + root + "-00f067aa0ba902b7-00"}}).ends_with("=0"));
    EXPECT_TRUE(
        of({{"traceparent", "cc-" + root + "-00f067aa0ba902b7-01-more"}}).ends_with("Sampled=1"));
}

TEST(TraceId, BeginsANewOneForWhatIsNotValid) {
    EXPECT_TRUE(is_new(of({})));
    for (const std::string given :
         {"x", "Root=", "Root=1-5759e988-0", "Root=1-5759E988-bd862e3fe1be46a994272793",
          "Root=1-5759e988-bd862e3fe1be46a994272793\x01", "Parent=53995c3f42cd8ad8"}) {
        EXPECT_TRUE(is_new(of({{"X-Amzn-Trace-Id", given}}))) << given;
    }
    const std::string long_one =
        "Root=1-5759e988-bd862e3fe1be46a994272793;" + std::string(480, 'x');
    EXPECT_TRUE(is_new(of({{"X-Amzn-Trace-Id", long_one}})));
    for (const std::string given :
         {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
          "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more"}) {
        EXPECT_TRUE(is_new(of({{"traceparent", given}}))) << given;
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
