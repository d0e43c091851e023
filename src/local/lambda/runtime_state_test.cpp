#include "local/lambda/runtime_state.h"

#include <gtest/gtest.h>

namespace imagemill::local {
namespace {

using enum RuntimeState;

struct Row {
    RuntimeState from;
    RuntimeCall call;
    std::optional<RuntimeState> to;
};

TEST(RuntimeStateTest, AllowsWhatLambdaAllows) {
    const Row rows[] = {
        {started, RuntimeCall::next, ready},
        {started, RuntimeCall::response, std::nullopt},
        {started, RuntimeCall::error, std::nullopt},
        {started, RuntimeCall::init_error, init_error},
        {ready, RuntimeCall::next, ready},
        {ready, RuntimeCall::response, std::nullopt},
        {ready, RuntimeCall::error, std::nullopt},
        {ready, RuntimeCall::init_error, std::nullopt},
        {running, RuntimeCall::next, running},
        {running, RuntimeCall::response, answered},
        {running, RuntimeCall::error, answered},
        {running, RuntimeCall::init_error, std::nullopt},
        {answered, RuntimeCall::next, ready},
        {answered, RuntimeCall::response, std::nullopt},
        {answered, RuntimeCall::error, std::nullopt},
        {answered, RuntimeCall::init_error, std::nullopt},
        {init_error, RuntimeCall::next, std::nullopt},
        {init_error, RuntimeCall::response, std::nullopt},
        {init_error, RuntimeCall::error, std::nullopt},
        {init_error, RuntimeCall::init_error, std::nullopt},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(state_after(row.from, row.call), row.to) << format_illegal(row.from, row.call);
    }
}

TEST(RuntimeStateTest, NamesBothStatesOfAnIllegalCall) {
    EXPECT_EQ(format_illegal(ready, RuntimeCall::init_error),
              "State transition from Ready to InitError failed for runtime. Error: State "
              "transition is not allowed");
}

}  // namespace
}  // namespace imagemill::local
