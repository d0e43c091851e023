// What a function that was taken over can do: a bootstrap that tries.
#include "local/containment/containment.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdio>

#include "base/json.h"
#include "local/lambda/pool.h"
#include "local/lambda/testing_logs.h"
#include "local/lambda/testing_queue.h"
#include "net/server.h"

namespace imagemill::local {
namespace {

class ContainmentTest : public testing::Test {
  protected:
    ContainmentTest() {
        FunctionConfig function;
        function.name = "f";
        function.handler = "f";
        function.environment = {{"IMAGEMILL_CONTAINED", "1"}};
        function.init_timeout = Milliseconds(60'000);
        function.timeout = Milliseconds(20'000);
        function.memory_mb = 256;
        PoolOptions options;
        options.bootstrap = POOL_TEST_BOOTSTRAP;
        options.functions = {function};
        pool_ = *make_pool(options, queue_, logs_, system_clock(), log_);
        server_ = *net::make_server(
            *net::bind_listener("127.0.0.1", 0), {},
            [](http::Request&) { return http::Response::text(200, "text/plain", "secret"); }, log_);
    }
    ~ContainmentTest() override {
        pool_.reset();
        server_->stop();
    }

    // The number of the error it met; -1 where it did not live to tell.
    std::int64_t attempt(std::string_view what, json::object orders = {}) {
        orders["do"] = what;
        const auto result = pool_->invoke("f", json::serialize(orders), {});
        if (!result || !result->function_error.empty()) return -1;
        return parse_json(result->payload)->at("errno").as_int64();
    }
    std::int64_t attempt_on_server(std::string_view what) {
        return attempt(what, {{"port", server_->port()}});
    }
    // What is tested depends on the kernel, which is asked, not guessed.
    bool has_seccomp() {
        if (!features_.seccomp) std::printf("this kernel: %s\n", describe_lacks(features_).c_str());
        return features_.seccomp;
    }
    bool has_landlock(int abi) {
        if (features_.landlock_abi < abi) {
            std::printf("this kernel has Landlock %d, not %d: %s\n", features_.landlock_abi, abi,
                        describe_lacks(features_).c_str());
        }
        return features_.landlock_abi >= abi;
    }

    const KernelFeatures features_ = kernel_features();
    TestingQueue queue_{system_clock()};
    TestingLogs logs_;
    Log log_{system_clock(), Level::error, [](std::string_view) {}};
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<FunctionPool> pool_;
};

TEST_F(ContainmentTest, AFunctionStillWorksAndMayHaveThreads) {
    EXPECT_EQ(attempt("thread"), 0);
    EXPECT_EQ(attempt("thread"), 0);
    EXPECT_EQ(pool_->counts("f").cold_starts, 1);
}

TEST_F(ContainmentTest, ReadsNoFileAndWritesNone) {
    const bool contained = has_seccomp() || has_landlock(1);
    for (const char* path : {"/etc/passwd", "/proc/self/environ", "/"}) {
        EXPECT_EQ(attempt("read", {{"path", path}}), contained ? EACCES : 0) << path;
    }
    const std::string path = testing::TempDir() + "containment_test_file";
    EXPECT_EQ(attempt("write", {{"path", path}}), contained ? EACCES : 0);
    std::remove(path.c_str());
}

TEST_F(ContainmentTest, ConnectsNowhereElse) {
    EXPECT_EQ(attempt_on_server("connect"), has_landlock(4) ? EACCES : 0);
    EXPECT_NE(attempt_on_server("fast_open"), 0);
    if (!has_seccomp()) return;
    EXPECT_EQ(attempt_on_server("fast_open"), EPERM);
    EXPECT_EQ(attempt_on_server("mptcp"), EPERM);
    EXPECT_EQ(attempt_on_server("udp"), EPERM);
    EXPECT_EQ(attempt("local_socket"), EPERM);
    EXPECT_EQ(attempt("listen"), EPERM);
}

TEST_F(ContainmentTest, StartsNothing) {
    const int expected = has_seccomp() ? EPERM : 0;
    EXPECT_EQ(attempt("fork"), expected);
    if (expected == 0) return;  // It would be gone.
    EXPECT_EQ(attempt("exec"), EPERM);
}

TEST_F(ContainmentTest, TouchesNoOtherProcess) {
    if (!has_seccomp()) return;
    EXPECT_EQ(attempt("kill_server"), EPERM);
    EXPECT_EQ(attempt("trace_server"), EPERM);
    EXPECT_EQ(attempt("namespace"), EPERM);
}

TEST_F(ContainmentTest, MemoryEndsAtItsLimit) {
    constexpr std::int64_t kEnough = 16;
    EXPECT_EQ(attempt("fill_memory", {{"mb", kEnough}}), 0);
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    std::printf("no memory limit under a sanitizer\n");
#else
    EXPECT_EQ(attempt("fill_memory", {{"mb", 320}}), ENOMEM);
#endif
}

TEST_F(ContainmentTest, ANetworkOfItsOwnHasTheTwoServicesAlone) {
    FunctionConfig function;
    function.name = "g";
    function.handler = "g";  // It gives up nothing by itself: the network alone is looked at.
    function.init_timeout = Milliseconds(60'000);
    function.idle = Milliseconds(1);
    PoolOptions options;
    options.bootstrap = POOL_TEST_BOOTSTRAP;
    options.functions = {function};
    options.inner_s3 = [](http::Request&) { return http::Response::text(200, "text/plain", "s3"); };
    auto made = make_pool(options, queue_, logs_, system_clock(), log_);
    if (const auto lacks = inner_network_lacks()) {
        std::printf("no network of its own here: %s\n", lacks->c_str());
        EXPECT_FALSE(made);
        return;
    }
    ASSERT_TRUE(made) << made.error().message;
    FunctionPool& pool = **made;
    const auto attempt_there = [&](json::object orders) {
        const auto result = pool.invoke("g", json::serialize(orders), {});
        return result ? parse_json(result->payload)->at("errno").as_int64() : -1;
    };

    EXPECT_EQ(attempt_there({{"do", "connect"}, {"port", 9'000}}), 0);
    EXPECT_EQ(attempt_there({{"do", "connect"}, {"port", server_->port()}}), ECONNREFUSED);
    EXPECT_EQ(attempt_there({{"do", "connect_out"}}), ENETUNREACH);
    const auto environment = pool.invoke("g", R"({"do":"environment"})", {});
    ASSERT_TRUE(environment);
    EXPECT_EQ(parse_json(environment->payload)->at("AWS_ENDPOINT_URL_S3").as_string(),
              "http://127.0.0.1:9000");
    EXPECT_TRUE(eventually([&] { return pool.counts("g").instances == 0; }));
}

TEST_F(ContainmentTest, NeitherDeafnessNorSpinningOutlivesTheTimeout) {
    FunctionConfig function;
    function.name = "g";
    function.handler = "g";
    function.environment = {{"IMAGEMILL_CONTAINED", "1"}};
    function.init_timeout = Milliseconds(60'000);
    function.timeout = Milliseconds(1'500);
    PoolOptions options;
    options.bootstrap = POOL_TEST_BOOTSTRAP;
    options.functions = {function};
    const auto pool = *make_pool(options, queue_, logs_, system_clock(), log_);

    for (const char* what : {R"({"do":"deaf"})", R"({"do":"spin"})"}) {
        const auto result = pool->invoke("g", what, {});
        ASSERT_TRUE(result) << what;
        EXPECT_NE(result->payload.find("Sandbox.Timedout"), std::string::npos) << what;
    }
    EXPECT_TRUE(eventually([&] { return pool->counts("g").instances == 0; }));
}

}  // namespace
}  // namespace imagemill::local
