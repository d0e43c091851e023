#include "local/lambda/logs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace imagemill::local {
namespace {

class LogsTest : public testing::Test {
  protected:
    LogsTest() {
        std::string path = (std::filesystem::temp_directory_path() / "imagemill-logs-XXXXXX");
        root_ = ::mkdtemp(path.data());
        dir_ = root_ / "logs";
    }
    ~LogsTest() override { std::filesystem::remove_all(root_); }

    std::string text_of(const std::string& file) const {
        std::ifstream stream(dir_ / file);
        return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    }

    std::filesystem::path root_;
    std::filesystem::path dir_;
};

TEST_F(LogsTest, KeepsAGroupPerFunction) {
    auto logs = make_logs(dir_, 1'000'000);

    logs->append("api", "one");
    logs->append("processor", "two");
    logs->append("api", "three");

    EXPECT_EQ(text_of("api.log"), "one\nthree\n");
    EXPECT_EQ(text_of("processor.log"), "two\n");
    EXPECT_EQ(logs->dropped(), 0);
}

TEST_F(LogsTest, GoesOnWhereItStoppedAfterARestart) {
    make_logs(dir_, 10)->append("api", "12345678");
    auto logs = make_logs(dir_, 10);

    logs->append("api", "x");

    EXPECT_EQ(text_of("api.log.1"), "12345678\n");
    EXPECT_EQ(text_of("api.log"), "x\n");
}

TEST_F(LogsTest, TurnsAtTheSizeAndKeepsOneOlderFile) {
    auto logs = make_logs(dir_, 8);

    logs->append("api", "aaa");
    logs->append("api", "bbb");  // Fills the file to its 8 bytes.
    logs->append("api", "ccc");
    logs->append("api", "ddd");
    logs->append("api", "eee");

    EXPECT_EQ(text_of("api.log.1"), "ccc\nddd\n");
    EXPECT_EQ(text_of("api.log"), "eee\n");
}

TEST_F(LogsTest, CutsALineOverTheLimitAndSaysSo) {
    auto logs = make_logs(dir_, 10'000'000);

    logs->append("api", std::string(kLogLineBytesMax, 'a'));
    logs->append("api", std::string(kLogLineBytesMax + 1, 'b'));
    logs->append("api", "");

    const std::string text = text_of("api.log");
    const std::string first = text.substr(0, text.find('\n'));
    const std::string rest = text.substr(first.size() + 1);
    EXPECT_EQ(first, std::string(kLogLineBytesMax, 'a'));
    EXPECT_EQ(rest, std::string(kLogLineBytesMax - 6, 'b') + " [cut]\n\n");
}

TEST_F(LogsTest, LetsNoControlCharacterThroughButTab) {
    auto logs = make_logs(dir_, 1'000);

    logs->append("api", std::string_view("a\tb\nc\x1b[31m\0d", 12));

    EXPECT_EQ(text_of("api.log"), "a\tb c [31m d\n");
}

TEST_F(LogsTest, DropsAndCountsWhatCannotBeWritten) {
    auto logs = make_logs((root_ / "absent" / "logs").string(), 1'000);
    logs->append("api", "lost");
    EXPECT_EQ(logs->dropped(), 1);

    std::filesystem::create_directory(root_ / "absent");
    logs->append("api", "kept");
    EXPECT_EQ(logs->dropped(), 1);

    logs->append("../api", "lost");
    logs->append("", "lost");
    EXPECT_EQ(logs->dropped(), 3);
}

TEST_F(LogsTest, NeverMixesTheLinesOfTwoThreads) {
    auto logs = make_logs(dir_, 10'000'000);
    const auto write = [&](char c) {
        for (int i = 0; i < 200; ++i) logs->append("api", std::string(500, c));
    };

    {
        const std::jthread a(write, 'a');
        const std::jthread b(write, 'b');
    }

    std::ifstream stream(dir_ / "api.log");
    int count = 0;
    for (std::string line; std::getline(stream, line); ++count) {
        EXPECT_EQ(line, std::string(500, line.front()));
    }
    EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace imagemill::local
