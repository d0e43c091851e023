#include "local/lambda/log_search.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace imagemill::local {
namespace {

using Lines = std::vector<std::string>;

class LogSearch : public testing::Test {
  protected:
    LogSearch() {
        std::string dir = std::filesystem::temp_directory_path() / "imagemill-logs-XXXXXX";
        dir_ = ::mkdtemp(dir.data());
    }
    ~LogSearch() override { std::filesystem::remove_all(dir_); }

    void write(const std::string& file, const std::string& text) {
        std::ofstream(dir_ + "/" + file) << text;
    }

    std::string dir_;
};

TEST_F(LogSearch, FindsWhatNamesTheRequestAndWhatIsBetweenItsStartAndEnd) {
    write("f.log",
          "INIT_START Runtime Version: x\n"
          "START RequestId: one Version: $LATEST\n"
          "START RequestId: two Version: $LATEST\n"
          "{\"message\":\"a\",\"requestId\":\"one\"}\n"
          "{\"message\":\"b\",\"requestId\":\"two\"}\n"
          "terminate called\n"
          "END RequestId: one\n"
          "after it\n"
          "REPORT RequestId: one\tDuration: 3.00 ms\n"
          "unfinished one");
    EXPECT_EQ(
        find_log_lines(dir_, "f", "one"),
        (Lines{"START RequestId: one Version: $LATEST", "{\"message\":\"a\",\"requestId\":\"one\"}",
               "terminate called", "END RequestId: one", "REPORT RequestId: one\tDuration: 3.00 ms",
               "unfinished one"}));
    EXPECT_EQ(find_log_lines(dir_, "f", "three"), Lines());
}

TEST_F(LogSearch, ReadsTheOlderFileFirst) {
    write("f.log.1", "START RequestId: one\nplain\n");
    write("f.log", "still plain\nEND RequestId: one\nplain\n");
    EXPECT_EQ(find_log_lines(dir_, "f", "one"),
              (Lines{"START RequestId: one", "plain", "still plain", "END RequestId: one"}));
}

TEST_F(LogSearch, KeepsTheNewestLines) {
    std::string text;
    for (std::size_t i = 0; i < kLogSearchLinesMax + 3; ++i)
        text += "one " + std::to_string(i) + "\n";
    write("f.log", text);
    const auto lines = find_log_lines(dir_, "f", "one");
    ASSERT_EQ(lines.size(), kLogSearchLinesMax);
    EXPECT_EQ(lines.front(), "one 3");
}

TEST_F(LogSearch, StaysInItsFolder) {
    write("secret.log", "one\n");
    std::filesystem::create_directory(dir_ + "/logs");
    for (const char* function : {"../secret", "", ".", "no/secret", "nothing"}) {
        EXPECT_EQ(find_log_lines(dir_ + "/logs", function, "one"), Lines()) << function;
    }
    EXPECT_EQ(find_log_lines(dir_, "secret", ""), Lines());
}

}  // namespace
}  // namespace imagemill::local
