#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace imagemill {
namespace {

Result<int> half_of(int value) {
    if (value % 2 != 0) return Error{Code::invalid_argument, "odd"};
    return value / 2;
}

Result<int> quarter_of(int value) {
    const int half = TRY(half_of(value));
    return half_of(half);
}

Result<void> must_be_even(int value) {
    TRY(half_of(value));
    return {};
}

Result<std::unique_ptr<int>> boxed(int value) {
    return std::make_unique<int>(TRY(half_of(value)));
}

TEST(Result, HoldsAValue) {
    const Result<int> result = half_of(8);

    ASSERT_TRUE(result);
    EXPECT_EQ(*result, 4);
}

TEST(Result, TryReturnsTheErrorOfTheCallBelow) {
    const Result<int> result = quarter_of(6);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::invalid_argument);
    EXPECT_EQ(result.error().message, "odd");
}

TEST(Result, TryPassesTheValueOn) {
    EXPECT_EQ(*quarter_of(12), 3);
    EXPECT_TRUE(must_be_even(2));
    EXPECT_FALSE(must_be_even(3));
}

TEST(Result, TryMovesWhatCannotBeCopied) {
    const auto unbox = []() -> Result<int> {
        auto box = TRY(boxed(10));
        return *box;
    };

    EXPECT_EQ(*unbox(), 5);
}

TEST(ResultDeathTest, TheValueOfAnErrorIsABug) {
    EXPECT_DEATH((void)*half_of(3), "CHECK failed");
    EXPECT_DEATH((void)half_of(2).error(), "CHECK failed");
}

TEST(Result, EveryCodeHasAName) {
    for (int code = 0; code < static_cast<int>(Code::internal); ++code) {
        EXPECT_NE(name_of(static_cast<Code>(code)), "internal") << code;
    }
    EXPECT_EQ(name_of(Code::internal), "internal");
}

}  // namespace
}  // namespace imagemill
