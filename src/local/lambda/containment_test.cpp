// What a function that was taken over can do: a bootstrap that tries. f is held as functions are; g
// has given up nothing by itself, so that what is around it is looked at alone.
#include "local/containment/containment.h"

#include <grp.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include "base/fd.h"
#include "base/json.h"
#include "base/random.h"
#include "local/lambda/inner_files.h"
#include "local/lambda/pool.h"
#include "local/lambda/testing_logs.h"
#include "local/lambda/testing_queue.h"
#include "net/server.h"

namespace imagemill::local {
namespace {

enum class Way { as_found, by_user_namespace };  // The second as if the server were not root.

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMemoryIsLimited = false;
#else
constexpr bool kMemoryIsLimited = true;
#endif

FunctionConfig function_called(const std::string& name) {
    FunctionConfig function;
    function.name = name;
    function.handler = name;
    function.init_timeout = Milliseconds(60'000);
    function.timeout = Milliseconds(60'000);
    function.memory_mb = 256;
    return function;
}

class ContainmentTest : public testing::TestWithParam<Way> {
  protected:
    void SetUp() override {
        std::vector<std::string> visible = library_paths();
        visible.emplace_back(POOL_TEST_BOOTSTRAP);
        isolation_ = probe_isolation(std::move(visible));
        if (GetParam() == Way::by_user_namespace) {
            if (isolation_.user == 0 || isolation_.by_user_namespace) {
                GTEST_SKIP() << "the other way is this one";
            }
            isolation_.by_user_namespace = true;
        }
        PoolOptions options;
        options.bootstrap = POOL_TEST_BOOTSTRAP;
        options.functions = {function_called("f"), function_called("g"), function_called("h")};
        options.functions[0].environment = {{"IMAGEMILL_CONTAINED", "1"}};
        options.functions[2].environment = {{"IMAGEMILL_CONTAINED", "1"}};
        options.functions[2].timeout = Milliseconds(1'500);
        options.isolation = isolation_;
        options.inner_s3 = [](http::Request&) {
            return http::Response::text(200, "text/plain", "s3");
        };
        pool_ = *make_pool(options, queue_, logs_, system_clock(), log_);
        server_ = *net::make_server(
            *net::bind_listener("127.0.0.1", 0), {},
            [](http::Request&) { return http::Response::text(200, "text/plain", "secret"); }, log_);
        if (GetParam() == Way::by_user_namespace && attempt("g", "thread") != 0) {
            GTEST_SKIP() << "a user namespace cannot be had, or not read by another user";
        }
    }
    ~ContainmentTest() override {
        pool_.reset();
        if (server_) server_->stop();
    }

    // The number of the error it met; -1 where it did not live to tell.
    std::int64_t attempt(std::string_view function, std::string_view what,
                         json::object orders = {}) {
        orders["do"] = what;
        const auto result = pool_->invoke(function, json::serialize(orders), {});
        if (!result || !result->function_error.empty()) return -1;
        return parse_json(result->payload)->at("errno").as_int64();
    }
    std::int64_t attempt_on_server(std::string_view function, std::string_view what) {
        return attempt(function, what, {{"port", server_->port()}});
    }
    // What is tested depends on the machine, which is asked, not guessed.
    static bool has(bool wall, const char* name) {
        if (!wall) std::printf("not looked at, since it cannot be had here: %s\n", name);
        return wall;
    }
    bool has_seccomp() const { return has(features_.seccomp, "seccomp"); }
    bool has_landlock(int abi) const {
        return has(features_.landlock_abi >= abi, "Landlock, as new as this takes");
    }
    bool has_network() const { return has(isolation_.network, "a network of its own"); }
    bool has_files() const { return has(isolation_.files, "files of its own"); }
    bool has_user() const { return has(isolation_.user != 0, "a user of its own"); }

    const KernelFeatures features_ = kernel_features();
    Isolation isolation_;
    TestingQueue queue_{system_clock()};
    TestingLogs logs_;
    Log log_{system_clock(), Level::error, [](std::string_view) {}};
    std::unique_ptr<net::Server> server_;
    std::unique_ptr<FunctionPool> pool_;
};

INSTANTIATE_TEST_SUITE_P(Ways, ContainmentTest,
                         testing::Values(Way::as_found, Way::by_user_namespace));

TEST_P(ContainmentTest, SaysWhatItLacks) {
    const bool has_all =
        isolation_.network && isolation_.files && (isolation_.user != 0 || ::geteuid() != 0);
    EXPECT_EQ(isolation_.lacks.empty(), has_all) << isolation_.lacks;
    if (std::getenv("IMAGEMILL_TEST_EXPECTS_LACKS")) {
        EXPECT_FALSE(isolation_.network || isolation_.files);
        EXPECT_NE(isolation_.user, 0);
    }
    if (!isolation_.network) {
        EXPECT_NE(isolation_.lacks.find("network ("), std::string::npos);
    }
    if (!isolation_.files) {
        EXPECT_NE(isolation_.lacks.find("files this machine has ("), std::string::npos);
    }
}

TEST_P(ContainmentTest, AFunctionStillWorksAndMayHaveThreads) {
    EXPECT_EQ(attempt("f", "thread"), 0);
    EXPECT_EQ(attempt("f", "thread"), 0);
    EXPECT_EQ(pool_->counts("f").cold_starts, 1);
}

TEST_P(ContainmentTest, ReadsNoFileAndWritesNone) {
    const bool contained = has_seccomp() || has_landlock(1);
    EXPECT_EQ(attempt("f", "read", {{"path", POOL_TEST_BOOTSTRAP}}), contained ? EACCES : 0);
    const int elsewhere = isolation_.files ? ENOENT : contained ? EACCES : 0;
    EXPECT_EQ(attempt("f", "read", {{"path", "/etc/passwd"}}), elsewhere);
    EXPECT_EQ(attempt("f", "read", {{"path", "/proc/self/environ"}}), elsewhere);
    const std::string path = "/tmp/containment_test_" + random_hex(8);
    EXPECT_EQ(attempt("f", "write", {{"path", path}}), contained ? EACCES : 0);
    std::remove(path.c_str());
}

TEST_P(ContainmentTest, SeesNoFileThatIsNotItsOwn) {
    if (!has_files()) return;
    for (const char* path :
         {"/etc/passwd", "/proc/self", "/proc/1", "/dev/null", "/root", "/sys"}) {
        EXPECT_EQ(attempt("g", "stat", {{"path", path}}), ENOENT) << path;
    }
    EXPECT_EQ(attempt("g", "list", {{"path", "/"}}), 0);
    EXPECT_EQ(attempt("g", "read", {{"path", POOL_TEST_BOOTSTRAP}}), 0);
    EXPECT_NE(attempt("g", "write", {{"path", POOL_TEST_BOOTSTRAP}}), 0);
    EXPECT_EQ(attempt("g", "write", {{"path", "/file"}}), EROFS);
    EXPECT_EQ(attempt("g", "write", {{"path", "/etc/file"}}), EROFS);
}

TEST_P(ContainmentTest, TmpIsItsOwnAndBounded) {
    if (!has_files()) return;
    const std::string path = "/tmp/containment_test_" + random_hex(8);
    constexpr std::int64_t kMegabytes = kTmpBytesMax >> 20;

    EXPECT_EQ(attempt("g", "fill_file", {{"path", path}, {"mb", kMegabytes / 2}}), 0);
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
    // One file ends where all do, and then there is room for no other.
    EXPECT_EQ(attempt("g", "fill_file", {{"path", path + "b"}, {"mb", kMegabytes}}), ENOSPC);
}

TEST_P(ContainmentTest, ConnectsNowhereElse) {
    const bool outside = !isolation_.network && features_.landlock_abi < 4;
    EXPECT_EQ(attempt_on_server("f", "connect") == 0, outside);
    if (has_landlock(4)) {
        EXPECT_EQ(attempt_on_server("f", "connect"), EACCES);
    }
    EXPECT_NE(attempt_on_server("f", "fast_open"), 0);
    if (!has_seccomp()) return;
    EXPECT_EQ(attempt_on_server("f", "fast_open"), EPERM);
    EXPECT_EQ(attempt_on_server("f", "mptcp"), EPERM);
    EXPECT_EQ(attempt_on_server("f", "udp"), EPERM);
    EXPECT_EQ(attempt("f", "abstract_socket", {{"name", "any"}}), EPERM);
    EXPECT_EQ(attempt("f", "listen"), EPERM);
}

TEST_P(ContainmentTest, ANetworkOfItsOwnHasTheTwoServicesAlone) {
    if (!has_network()) return;
    EXPECT_EQ(attempt("g", "connect", {{"port", 9'000}}), 0);
    EXPECT_EQ(attempt_on_server("g", "connect"), ECONNREFUSED);
    EXPECT_EQ(attempt("g", "connect_out"), ENETUNREACH);
    const auto environment = pool_->invoke("g", R"({"do":"environment"})", {});
    ASSERT_TRUE(environment);
    EXPECT_EQ(parse_json(environment->payload)->at("AWS_ENDPOINT_URL_S3").as_string(),
              "http://127.0.0.1:9000");

    const std::string name = "imagemill-test-" + random_hex(8);
    const Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path + 1, sizeof address.sun_path - 1);
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    EXPECT_EQ(attempt("g", "abstract_socket", {{"name", name}}), ECONNREFUSED);
}

TEST_P(ContainmentTest, ARelayLetsItOutToOneStoreAndNowhereElse) {
    if (!has_network()) return;
    const net::Listener store = *net::bind_listener("127.0.0.1", 0);
    PoolOptions options;
    options.bootstrap = POOL_TEST_BOOTSTRAP;
    options.functions = {function_called("g")};
    options.functions[0].environment = {{"AWS_ENDPOINT_URL_S3", "http://store.example"}};
    options.isolation = isolation_;
    options.s3_relay = net::RelayOptions{.to = {"http", "localhost", store.port}};
    pool_ = *make_pool(options, queue_, logs_, system_clock(), log_);

    EXPECT_EQ(attempt("g", "connect", {{"port", 9'000}}), 0);
    pollfd came{store.fd.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&came, 1, 60'000), 1);
    EXPECT_EQ(attempt("g", "connect", {{"port", store.port}}), ECONNREFUSED);
    EXPECT_EQ(attempt_on_server("g", "connect"), ECONNREFUSED);
    EXPECT_EQ(attempt("g", "connect_out"), ENETUNREACH);
    const auto environment = pool_->invoke("g", R"({"do":"environment"})", {});
    ASSERT_TRUE(environment);
    const json::object variables = parse_json(environment->payload)->as_object();
    EXPECT_EQ(variables.at("AWS_ENDPOINT_URL_S3"), "http://store.example");
    EXPECT_EQ(variables.at("IMAGEMILL_S3_RELAY"), "127.0.0.1:9000");
}

TEST_P(ContainmentTest, StartsNothing) {
    if (!has_seccomp()) return;
    EXPECT_EQ(attempt("f", "fork"), EPERM);
    EXPECT_EQ(attempt("f", "exec"), EPERM);
    EXPECT_EQ(attempt("f", "namespace"), EPERM);
}

TEST_P(ContainmentTest, ProcessesAreCountedByItsUser) {
    const bool counts =
        has(isolation_.user != 0 || (isolation_.by_user_namespace && isolation_.files),
            "a count of its own");
    if (counts) {
        EXPECT_EQ(attempt("g", "fork_many", {{"count", 128}}), EAGAIN);
    }
}

TEST_P(ContainmentTest, TouchesNoOtherProcess) {
    if (has_seccomp()) {
        EXPECT_EQ(attempt("f", "kill_server"), EPERM);
        EXPECT_EQ(attempt("f", "trace_server"), EPERM);
    }
    if (!has_user()) return;
    EXPECT_EQ(attempt("g", "kill_server"), EPERM);
    EXPECT_EQ(attempt("g", "trace_server"), EPERM);
}

TEST_P(ContainmentTest, MemoryEndsAtItsLimit) {
    EXPECT_EQ(attempt("f", "fill_memory", {{"mb", 16}}), 0);
    if (!has(kMemoryIsLimited, "a limit of memory under a sanitizer")) return;
    EXPECT_EQ(attempt("f", "fill_memory", {{"mb", 320}}), ENOMEM);
}

TEST_P(ContainmentTest, NeitherDeafnessNorSpinningOutlivesTheTimeout) {
    for (const char* what : {R"({"do":"deaf"})", R"({"do":"spin"})"}) {
        const auto result = pool_->invoke("h", what, {});
        ASSERT_TRUE(result) << what;
        EXPECT_NE(result->payload.find("Sandbox.Timedout"), std::string::npos) << what;
    }
    EXPECT_TRUE(eventually([&] { return pool_->counts("h").instances == 0; }));
}

// The tests above once more, where root can make another place for them.
constexpr int kNoSuchPlace = 77;

int run_again(bool (*move_there)()) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (!move_there()) ::_exit(kNoSuchPlace);
        const char* const arguments[] = {"local_lambda_test",
                                         "--gtest_filter=Ways/ContainmentTest.*/0:-*Deafness*",
                                         "--gtest_output=", nullptr};
        ::execv("/proc/self/exe", const_cast<char* const*>(arguments));
        ::_exit(kNoSuchPlace);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ContainmentElsewhere, HoldsForAServerThatIsNobody) {
    if (::geteuid() != 0) GTEST_SKIP() << "this server is";
    constexpr uid_t kNobody = 65'534;
    const int code = run_again([] {
        return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
               ::setresuid(kNobody, kNobody, kNobody) == 0;
    });
    if (code == kNoSuchPlace) GTEST_SKIP() << "nobody may not run this test's program";
    EXPECT_EQ(code, 0);
}

// As Docker has it by default: root, but neither CAP_SYS_ADMIN nor user namespaces, which a process
// in a chroot cannot have either.
TEST(ContainmentElsewhere, HoldsWhatItCanInAContainerWithoutNamespaces) {
    if (::geteuid() != 0) GTEST_SKIP() << "not root";
    static std::string place = testing::TempDir() + "imagemill-container-XXXXXX";
    ASSERT_NE(::mkdtemp(place.data()), nullptr);
    const int code = run_again([] {
        return ::unshare(CLONE_NEWNS) == 0 &&
               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
               ::mount("/", place.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
               ::chroot(place.c_str()) == 0 && ::chdir("/") == 0 &&
               ::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0 &&
               ::setenv("IMAGEMILL_TEST_EXPECTS_LACKS", "1", 1) == 0;
    });
    ::rmdir(place.c_str());
    if (code == kNoSuchPlace) GTEST_SKIP() << "this is such a container already";
    EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace imagemill::local
