#include "local/lambda/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>

#include "local/lambda/testing_logs.h"

namespace imagemill::local {
namespace {

// A shell script as the program, since a process is started without arguments.
class ProcessTest : public testing::Test {
  protected:
    ProcessTest() {
        std::string path = std::filesystem::temp_directory_path() / "imagemill-process-XXXXXX";
        dir_ = ::mkdtemp(path.data());
    }
    ~ProcessTest() override {
        process_.reset();
        std::filesystem::remove_all(dir_);
    }

    Result<void> start(const std::string& script) {
        const std::string program = dir_ / "program";
        std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
        std::filesystem::permissions(program, std::filesystem::perms::owner_all);
        process_ =
            TRY(start_process({.program = program, .environment = {"COLOUR=red"}},
                              {.on_line = [this](std::string_view line) { logs_.append("", line); },
                               .on_exit =
                                   [this](const ProcessExit& exit) {
                                       exit_status_ = exit.wait_status;
                                       memory_bytes_ = exit.memory_bytes_max;
                                   }}));
        return {};
    }

    std::filesystem::path dir_;
    TestingLogs logs_;
    std::atomic<int> exit_status_{-1};
    std::atomic<std::int64_t> memory_bytes_{0};
    std::unique_ptr<Process> process_;
};

TEST_F(ProcessTest, HandsOverEveryLineBeforeTheExit) {
    ASSERT_TRUE(start("echo out; echo err >&2; printf last; exit 3"));

    ASSERT_TRUE(eventually([&] { return exit_status_ != -1; }));

    EXPECT_EQ(logs_.lines(), (std::vector<std::string>{"out", "err", "last"}));
    EXPECT_EQ(WEXITSTATUS(exit_status_), 3);
    EXPECT_GT(memory_bytes_, 0);
}

TEST_F(ProcessTest, HasOnlyTheEnvironmentGiven) {
    ASSERT_TRUE(start("/usr/bin/env | /usr/bin/sort"));

    ASSERT_TRUE(eventually([&] { return exit_status_ != -1; }));

    EXPECT_TRUE(logs_.has("COLOUR=red"));
    EXPECT_FALSE(logs_.has("HOME="));
}

TEST_F(ProcessTest, KillsItsWholeGroup) {
    ASSERT_TRUE(start("sleep 1000 & echo child $!; wait"));
    ASSERT_TRUE(eventually([&] { return logs_.has("child "); }));
    const int child = std::stoi(logs_.lines().front().substr(6));

    process_->kill();

    ASSERT_TRUE(eventually([&] { return exit_status_ != -1; }));
    EXPECT_EQ(WTERMSIG(exit_status_), SIGKILL);
    // Gone, or a zombie that only waits for its new parent.
    EXPECT_TRUE(eventually([&] {
        std::ifstream status("/proc/" + std::to_string(child) + "/stat");
        std::string number, name, state;
        return !(status >> number >> name >> state) || state == "Z";
    }));
}

TEST_F(ProcessTest, LeavesNothingOfItsGroupBehindWhenItExits) {
    ASSERT_TRUE(start("sleep 1000 & echo child $!; exit 0"));

    // The child holds the pipe open, and the exit is seen all the same.
    ASSERT_TRUE(eventually([&] { return exit_status_ != -1; }));

    const int child = std::stoi(logs_.lines().front().substr(6));
    EXPECT_TRUE(eventually([&] {
        std::ifstream status("/proc/" + std::to_string(child) + "/stat");
        std::string number, name, state;
        return !(status >> number >> name >> state) || state == "Z";
    }));
}

TEST_F(ProcessTest, SurvivesAClosedOutput) {
    ASSERT_TRUE(start("exec >&- 2>&-; exec sleep 1000"));

    EXPECT_GT(process_->memory_bytes_max(), 0);
    process_.reset();

    EXPECT_EQ(WTERMSIG(exit_status_), SIGKILL);
}

TEST_F(ProcessTest, SaysWhyAProgramCannotBeStarted) {
    const auto absent = start_process({.program = "/no/such/program", .environment = {}}, {});
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code, Code::unavailable);
    EXPECT_EQ(absent.error().message, "cannot start '/no/such/program': No such file or directory");

    const auto folder = start_process({.program = "/", .environment = {}}, {});
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().message, "cannot start '/': Permission denied");
}

}  // namespace
}  // namespace imagemill::local
