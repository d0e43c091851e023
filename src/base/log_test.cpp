#include "base/log.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"

namespace imagemill {
namespace {

struct Recorder {
    std::vector<std::string> lines;
    FakeClock clock{Time(Milliseconds(0))};
    Log log{clock, Level::info, [this](std::string_view line) { lines.emplace_back(line); }};
};

TEST(Log, ALineIsOneJsonObject) {
    Recorder recorder;

    recorder.log.info("two\nlines", {{"key", "a\"b"}, {"ms", 12}});

    ASSERT_EQ(recorder.lines.size(), 1U);
    EXPECT_EQ(recorder.lines[0],
              "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"INFO\","
              "\"message\":\"two\\nlines\",\"key\":\"a\\\"b\",\"ms\":12}\n");
}

TEST(Log, StampsTheRequestAndItsTraceWhileThereIsOne) {
    Recorder recorder;

    recorder.log.set_request("r-1", "1-a");
    recorder.log.warn("with");
    recorder.log.set_request("", "");
    recorder.log.error("without");

    const json::value first = *parse_json(recorder.lines[0]);
    const json::value second = *parse_json(recorder.lines[1]);
    EXPECT_EQ(first.at("requestId").as_string(), "r-1");
    EXPECT_EQ(first.at("traceId").as_string(), "1-a");
    EXPECT_FALSE(second.as_object().contains("requestId"));
    EXPECT_FALSE(second.as_object().contains("traceId"));
}

TEST(Log, FiguresPassEveryLevel) {
    Recorder recorder;
    const Log strict(recorder.clock, Level::error,
                     [&](std::string_view line) { recorder.lines.emplace_back(line); });

    strict.warn("quiet");
    strict.figures("figures", {{"ms", 12}});
    recorder.log.figures("figures", {{"ms", 12}});

    ASSERT_EQ(recorder.lines.size(), 2U);
    EXPECT_EQ(parse_json(recorder.lines[0])->at("level").as_string(), "ERROR");
    EXPECT_EQ(parse_json(recorder.lines[1])->at("level").as_string(), "INFO");
}

TEST(Log, LevelsHaveAwsNames) {
    EXPECT_EQ(level_named("TRACE"), Level::debug);
    EXPECT_EQ(level_named("debug"), Level::debug);
    EXPECT_EQ(level_named("INFO"), Level::info);
    EXPECT_EQ(level_named("Warn"), Level::warn);
    EXPECT_EQ(level_named("ERROR"), Level::error);
    EXPECT_EQ(level_named("FATAL"), Level::fatal);
    EXPECT_EQ(level_named("WARNING"), std::nullopt);
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
    Recorder recorder;

    recorder.log.debug("quiet");

    EXPECT_TRUE(recorder.lines.empty());
}

}  // namespace
}  // namespace imagemill
