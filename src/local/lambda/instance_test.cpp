#include "local/lambda/instance.h"

#include <gtest/gtest.h>

#include "base/fd.h"
#include "base/json.h"
#include "local/lambda/testing_logs.h"

namespace imagemill::local {
namespace {

const InstanceOptions kOptions{.bootstrap = POOL_TEST_BOOTSTRAP,
                               .region = "eu-west-1",
                               .function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:f"};

class InstanceTest : public testing::Test {
  protected:
    InstanceTest() {
        function_.name = "f";
        function_.handler = "processor";
        function_.memory_mb = 256;
        function_.init_timeout = Milliseconds(60'000);
    }

    void start() {
        auto started = start_instance(kOptions, function_, logs_, system_clock(), log_);
        ASSERT_TRUE(started) << started.error().message;
        instance_ = *std::move(started);
    }
    void start_ready() {
        start();
        ASSERT_TRUE(instance_->wait_ready());
    }
    Outcome run(const std::string& payload) {
        return instance_->run({.request_id = "the-id", .trace_id = "Root=1", .payload = payload});
    }
    json::object run_for_json(const std::string& payload) {
        const Outcome outcome = run(payload);
        EXPECT_EQ(outcome.status, InvocationStatus::success) << outcome.payload;
        return parse_json(outcome.payload)->as_object();
    }

    TestingLogs logs_;
    Log log_{system_clock(), Level::error, [](std::string_view) {}};
    FunctionConfig function_;
    std::unique_ptr<Instance> instance_;
};

TEST_F(InstanceTest, HasExactlyLambdasEnvironmentAndItsOwn) {
    function_.environment = {{"IMAGEMILL_X", "1"}, {"AWS_REGION", "moon"}, {"TZ", ":UTC+1"}};
    start_ready();

    const json::object got = run_for_json(R"({"do":"environment"})");

    const auto address = std::string(got.at("AWS_LAMBDA_RUNTIME_API").as_string());
    const auto stream = std::string(got.at("AWS_LAMBDA_LOG_STREAM_NAME").as_string());
    EXPECT_TRUE(address.starts_with("127.0.0.1:"));
    EXPECT_EQ(stream.size(), std::string("2026/12/01/[$LATEST]").size() + 32);
    const std::string program = POOL_TEST_BOOTSTRAP;
    const json::object expected{
        {"AWS_DEFAULT_REGION", "eu-west-1"},
        {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"},
        {"AWS_LAMBDA_FUNCTION_NAME", "f"},
        {"AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"},
        {"AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"},
        {"AWS_LAMBDA_LOG_FORMAT", "JSON"},
        {"AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"},
        {"AWS_LAMBDA_LOG_STREAM_NAME", stream},
        {"AWS_LAMBDA_RUNTIME_API", address},
        {"AWS_REGION", "eu-west-1"},
        {"IMAGEMILL_X", "1"},
        {"LAMBDA_TASK_ROOT", program.substr(0, program.rfind('/'))},
        {"LANG", "en_US.UTF-8"},
        {"PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"},
        {"TZ", ":UTC+1"},
        {"_HANDLER", "processor"},
    };
    EXPECT_EQ(got, expected) << json::serialize(got);
}

TEST_F(InstanceTest, InheritsNoDescriptorAndStartsFromRoot) {
    const Fd inheritable(::dup(2));  // As a careless library would leave one: without CLOEXEC.
    start_ready();

    const json::object got = run_for_json(R"({"do":"surroundings"})");

    const json::object& descriptors = got.at("descriptors").as_object();
    EXPECT_EQ(descriptors.at("0").as_string(), "/dev/null");
    EXPECT_EQ(descriptors.at("1"), descriptors.at("2"));
    EXPECT_TRUE(descriptors.at("1").as_string().starts_with("pipe:"));
    for (const auto& [number, target] : descriptors) {
        const bool own = number == "0" || number == "1" || number == "2";
        // The fourth is its connection to the Runtime API.
        EXPECT_TRUE(own || target.as_string().starts_with("socket:")) << number << " " << target;
    }
    EXPECT_EQ(descriptors.size(), 4) << json::serialize(descriptors);
    EXPECT_EQ(got.at("folder").as_string(), "/");
    EXPECT_TRUE(got.at("leads_group").as_bool());
    EXPECT_EQ(got.at("core_bytes_max"), 0);
}

TEST_F(InstanceTest, TellsTheFunctionWhoItIsAndUntilWhen) {
    start_ready();
    const Time before = system_clock().now();

    const json::object first = run_for_json(R"({"do":"info"})");
    ASSERT_TRUE(instance_->settle());
    const json::object second = run_for_json(R"({"do":"info"})");

    EXPECT_EQ(first.at("request_id").as_string(), "the-id");
    EXPECT_EQ(first.at("function_arn").as_string(), kOptions.function_arn);
    EXPECT_EQ(first.at("trace_id").as_string(), "Root=1");
    EXPECT_EQ(first.at("content_type").as_string(), "application/json");
    EXPECT_NE(first.at("invocation_id"), second.at("invocation_id"));
    EXPECT_EQ(first.at("pid"), second.at("pid"));
    const Time deadline{Milliseconds(std::stoll(std::string(first.at("deadline_ms").as_string())))};
    EXPECT_GE(deadline, before + function_.timeout);
}

TEST_F(InstanceTest, WrapsWhatTheFunctionPrintsInStartAndReport) {
    start_ready();

    run(R"({"do":"print","text":"one\ntwo\n"})");
    ASSERT_TRUE(instance_->settle());
    run(R"({"do":"echo"})");
    ASSERT_TRUE(instance_->settle());

    const auto lines = logs_.lines();
    ASSERT_EQ(lines.size(), 8);
    EXPECT_EQ(lines[0], "START RequestId: the-id Version: $LATEST");
    EXPECT_EQ(lines[1], "one");
    EXPECT_EQ(lines[2], "two");
    EXPECT_EQ(lines[3], "END RequestId: the-id");
    EXPECT_TRUE(lines[4].starts_with("REPORT RequestId: the-id\tDuration: "));
    EXPECT_NE(lines[4].find(" ms\tMemory Size: 256 MB\tMax Memory Used: "), std::string::npos);
    EXPECT_EQ(lines[4].find("Max Memory Used: 0 MB"), std::string::npos);
    EXPECT_NE(lines[4].find("\tInit Duration: "), std::string::npos);
    EXPECT_TRUE(lines[7].starts_with("REPORT RequestId: the-id\tDuration: "));
    EXPECT_EQ(lines[7].find("Init Duration"), std::string::npos);
}

TEST_F(InstanceTest, PassesAPostedErrorOn) {
    start_ready();

    const Outcome outcome = run(R"({"do":"error"})");

    EXPECT_EQ(outcome.status, InvocationStatus::error);
    EXPECT_EQ(outcome.payload,
              R"({"errorMessage":"told to fail","errorType":"TestError","stackTrace":[]})");
    EXPECT_TRUE(instance_->settle());
    EXPECT_TRUE(logs_.has("\tStatus: error\tError Type: Function.TestError"));
}

TEST_F(InstanceTest, IsKilledAtItsTimeout) {
    function_.timeout = Milliseconds(50);
    start_ready();

    const Outcome outcome = run(R"({"do":"hang"})");

    EXPECT_EQ(outcome.status, InvocationStatus::timeout);
    EXPECT_EQ(outcome.payload,
              R"({"errorType":"Sandbox.Timedout",)"
              R"("errorMessage":"RequestId: the-id Error: Task timed out after 0.05 seconds"})");
    EXPECT_TRUE(instance_->lost());
    EXPECT_FALSE(instance_->settle());
    EXPECT_TRUE(logs_.has(" the-id Task timed out after 0.05 seconds"));
    EXPECT_TRUE(logs_.lines().back().ends_with("\tStatus: timeout"));
    EXPECT_EQ(logs_.lines().back().find("Max Memory Used: 0 MB"), std::string::npos);
}

TEST_F(InstanceTest, SaysHowItsProcessEnded) {
    struct Row {
        std::string payload;
        std::string message;
    };
    for (const Row& row : {
             Row{R"({"do":"crash"})", "Runtime exited with error: signal: aborted"},
             Row{R"({"do":"exit","code":3})", "Runtime exited with error: exit status 3"},
             Row{R"({"do":"exit","code":0})", "Runtime exited without providing a reason"},
         }) {
        start_ready();

        const Outcome outcome = run(row.payload);

        EXPECT_EQ(outcome.status, InvocationStatus::error);
        EXPECT_EQ(outcome.error_type, "Runtime.ExitError");
        EXPECT_EQ(outcome.payload, R"({"errorType":"Runtime.ExitError","errorMessage":)"
                                   R"("RequestId: the-id Error: )" +
                                       row.message + R"("})");
        EXPECT_FALSE(instance_->settle());
        EXPECT_TRUE(logs_.lines().back().ends_with("Error Type: Runtime.ExitError"));
    }
}

TEST_F(InstanceTest, KeepsAnAnswerWhoseProcessLeavesAfterIt) {
    start_ready();

    const Outcome outcome = run(R"({"do":"leave"})");

    EXPECT_EQ(outcome.status, InvocationStatus::success);
    EXPECT_FALSE(instance_->lost());
    EXPECT_FALSE(instance_->settle());
}

TEST_F(InstanceTest, RefusesAnswersThatAreNotItsTurnAndGoesOn) {
    start_ready();

    for (const char* what : {"twice", "wrong_id", "wrong_invocation", "late_init_error"}) {
        const std::string payload = std::string(R"({"do":")") + what + R"("})";
        EXPECT_EQ(run(payload).payload, payload);
        ASSERT_TRUE(instance_->settle()) << what;
    }

    // What it prints after its answer comes when it comes.
    EXPECT_TRUE(eventually([&] { return logs_.has("from ResponseSent to InitError failed"); }));
    EXPECT_TRUE(logs_.has(R"(400 {"errorMessage":"Invalid request ID")"));
    EXPECT_TRUE(logs_.has(R"("errorType":"InvalidInvocationId")"));
}

TEST_F(InstanceTest, BoundsAResponse) {
    function_.payload_bytes_max = 10'000;
    start_ready();

    const Outcome fits = run(R"({"do":"huge","size":10100})");
    ASSERT_TRUE(instance_->settle());
    const Outcome too_large = run(R"({"do":"huge","size":10101})");

    EXPECT_EQ(fits.payload.size(), 10'100);
    EXPECT_EQ(too_large.status, InvocationStatus::error);
    EXPECT_EQ(too_large.error_type, "Function.ResponseSizeTooLarge");
    EXPECT_NE(too_large.payload.find("(10100 bytes)"), std::string::npos);
}

TEST_F(InstanceTest, PassesOnWhatInitErrorSays) {
    function_.environment = {{"IMAGEMILL_TEST_INIT", "error"}};
    start();

    ASSERT_FALSE(instance_->wait_ready());
    const Outcome outcome = instance_->fail_init("the-id");

    EXPECT_EQ(outcome.status, InvocationStatus::error);
    EXPECT_EQ(outcome.payload, R"({"errorType":"Runtime.NoGood","errorMessage":"told to"})");
    EXPECT_TRUE(logs_.lines().front().starts_with("INIT_REPORT Init Duration: "));
    EXPECT_TRUE(logs_.has("Phase: init\tStatus: error\tError Type: Runtime.NoGood"));
    EXPECT_TRUE(logs_.has("START RequestId: the-id"));
}

TEST_F(InstanceTest, ReportsAProcessThatEndsBeforeItIsReady) {
    function_.environment = {{"IMAGEMILL_TEST_INIT", "exit"}};
    start();

    ASSERT_FALSE(instance_->wait_ready());

    EXPECT_EQ(instance_->fail_init("the-id").payload,
              R"({"errorType":"Runtime.ExitError","errorMessage":)"
              R"("RequestId: the-id Error: Runtime exited with error: exit status 7"})");
}

TEST_F(InstanceTest, GivesUpOnAnInitThatHangs) {
    function_.environment = {{"IMAGEMILL_TEST_INIT", "hang"}};
    function_.init_timeout = Milliseconds(50);
    start();

    ASSERT_FALSE(instance_->wait_ready());

    EXPECT_TRUE(instance_->lost());
    EXPECT_EQ(instance_->fail_init("the-id").payload,
              R"({"errorType":"Sandbox.Timedout",)"
              R"("errorMessage":"RequestId: the-id Error: Task timed out after 0.05 seconds"})");
    EXPECT_TRUE(logs_.has("Phase: init\tStatus: timeout"));
}

}  // namespace
}  // namespace imagemill::local
