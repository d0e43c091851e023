#include "local/lambda/report.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "base/json.h"

namespace imagemill::local {
namespace {

constexpr int exited(int code) {
    return code << 8;
}

TEST(Report, WritesStartAndEndAsLambdaDoes) {
    EXPECT_EQ(format_start("abc"), "START RequestId: abc Version: $LATEST");
    EXPECT_EQ(format_end("abc"), "END RequestId: abc");
}

TEST(Report, NamesTheInitDurationOfAColdStartAndBillsIt) {
    const Report report{.request_id = "abc",
                        .duration = Milliseconds(12),
                        .init_duration = Milliseconds(30),
                        .memory_mb = 1024,
                        .memory_bytes_used = (INT64_C(29) << 20) + 1};

    EXPECT_EQ(format_report(report),
              "REPORT RequestId: abc\tDuration: 12.00 ms\tBilled Duration: 42 ms\tMemory Size: "
              "1024 MB\tMax Memory Used: 30 MB\tInit Duration: 30.00 ms\t");
}

TEST(Report, BillsAMillisecondAtLeast) {
    EXPECT_EQ(format_report({.request_id = "abc", .memory_mb = 128}),
              "REPORT RequestId: abc\tDuration: 0.00 ms\tBilled Duration: 1 ms\tMemory Size: "
              "128 MB\tMax Memory Used: 0 MB\t");
}

TEST(Report, EndsInTheStatusOfAFailure) {
    Report report{.request_id = "abc", .duration = Milliseconds(3'000), .memory_mb = 128};

    report.status = InvocationStatus::timeout;
    EXPECT_TRUE(format_report(report).ends_with("Max Memory Used: 0 MB\tStatus: timeout"));

    report.status = InvocationStatus::error;
    report.error_type = "Runtime.ExitError";
    EXPECT_TRUE(format_report(report).ends_with("\tStatus: error\tError Type: Runtime.ExitError"));
}

TEST(Report, SaysHowAnInitFailed) {
    EXPECT_EQ(format_init_report(Milliseconds(10'000), InvocationStatus::timeout, ""),
              "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout");
}

TEST(Report, WritesTimeoutsInSecondsWithTwoDecimals) {
    EXPECT_EQ(format_timeout(Milliseconds(1'000)), "Task timed out after 1.00 seconds");
    EXPECT_EQ(format_timeout(Milliseconds(250)), "Task timed out after 0.25 seconds");
}

TEST(Report, SaysWhyAProcessEnded) {
    EXPECT_EQ(format_exit_reason(exited(0)), "Runtime exited without providing a reason");
    EXPECT_EQ(format_exit_reason(exited(127)), "Runtime exited with error: exit status 127");
    EXPECT_EQ(format_exit_reason(SIGKILL), "Runtime exited with error: signal: killed");
    EXPECT_EQ(format_exit_reason(SIGABRT), "Runtime exited with error: signal: aborted");
    EXPECT_EQ(format_exit_reason(SIGSEGV), "Runtime exited with error: signal: segmentation fault");
}

TEST(Report, WritesTheErrorsASynchronousCallerSees) {
    EXPECT_EQ(format_error("Sandbox.Timedout", "abc", format_timeout(Milliseconds(1'000))),
              R"({"errorType":"Sandbox.Timedout",)"
              R"("errorMessage":"RequestId: abc Error: Task timed out after 1.00 seconds"})");
}

TEST(Report, PassesAPostedErrorUnchangedWhereItIsJson) {
    const std::string posted = R"({"errorMessage":"no",  "errorType":"Odd","more":[1]})";

    EXPECT_EQ(format_posted_error("Function.Unknown", posted), posted);
    EXPECT_EQ(format_posted_error("Function.Unknown", "plain words"),
              R"({"errorType":"Function.Unknown","errorMessage":"plain words"})");
    EXPECT_TRUE(parse_json(format_posted_error("Function.Unknown", "\xff\xfe")));
    EXPECT_TRUE(parse_json(format_posted_error("Function.Unknown", "")));
}

TEST(Report, KeepsOnlyErrorTypesOfLambdasForm) {
    EXPECT_EQ(error_type_of("Function.ImageTooLarge"), "Function.ImageTooLarge");
    EXPECT_EQ(error_type_of("Runtime.NoSuchHandler"), "Runtime.NoSuchHandler");
    EXPECT_EQ(error_type_of("Runtime.no such"), "Runtime.Unknown");
    EXPECT_EQ(error_type_of("Function.X1"), "Function.Unknown");
    EXPECT_EQ(error_type_of("corrupt"), "Function.Unknown");
    EXPECT_EQ(error_type_of(""), "Function.Unknown");
}

}  // namespace
}  // namespace imagemill::local
