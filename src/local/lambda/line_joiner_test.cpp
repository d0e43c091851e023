#include "local/lambda/line_joiner.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "local/lambda/logs.h"

namespace imagemill::local {
namespace {

std::vector<std::string> joined(std::initializer_list<std::string_view> pieces) {
    std::vector<std::string> lines;
    LineJoiner joiner([&](std::string_view line) { lines.emplace_back(line); });
    for (const std::string_view piece : pieces) joiner.feed(piece);
    joiner.finish();
    return lines;
}

TEST(LineJoiner, JoinsPartsAndSplitsLines) {
    EXPECT_EQ(joined({"a", "b\nc", "d\n\n", "e"}), (std::vector<std::string>{"ab", "cd", "", "e"}));
    EXPECT_EQ(joined({}), std::vector<std::string>{});
}

TEST(LineJoiner, HandsOverALineOfTheLimitWhole) {
    const std::string line(kLogLineBytesMax, 'a');
    EXPECT_EQ(joined({line, "\nb"}), (std::vector<std::string>{line, "b"}));
}

TEST(LineJoiner, DropsWhatIsBeyondTheLimitInBoundedMemory) {
    const std::string piece(kLogLineBytesMax, 'a');
    EXPECT_EQ(joined({piece, piece, piece, "\nb\n"}), (std::vector<std::string>{piece + "a", "b"}));
    EXPECT_EQ(joined({piece + piece + "\nb\n"}), (std::vector<std::string>{piece + "a", "b"}));
}

}  // namespace
}  // namespace imagemill::local
