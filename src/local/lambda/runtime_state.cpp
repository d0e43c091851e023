#include "local/lambda/runtime_state.h"

namespace imagemill::local {
namespace {

constexpr std::string_view name_of(RuntimeState state) {
    switch (state) {
        case RuntimeState::started:
            return "Started";
        case RuntimeState::ready:
            return "Ready";
        case RuntimeState::running:
            return "Running";
        case RuntimeState::answered:
            return "ResponseSent";
        case RuntimeState::init_error:
            return "InitError";
    }
    return "";
}

constexpr std::string_view target_of(RuntimeCall call) {
    switch (call) {
        case RuntimeCall::next:
            return "Ready";
        case RuntimeCall::response:
            return "InvocationResponse";
        case RuntimeCall::error:
            return "InvocationErrorResponse";
        case RuntimeCall::init_error:
            return "InitError";
    }
    return "";
}

}  // namespace

std::optional<RuntimeState> state_after(RuntimeState state, RuntimeCall call) {
    using enum RuntimeState;
    switch (call) {
        case RuntimeCall::next:
            if (state == init_error) return std::nullopt;
            return state == running ? running : ready;
        case RuntimeCall::response:
        case RuntimeCall::error:
            if (state == running) return answered;
            return std::nullopt;
        case RuntimeCall::init_error:
            if (state == started) return init_error;
            return std::nullopt;
    }
    return std::nullopt;
}

std::string format_illegal(RuntimeState state, RuntimeCall call) {
    return "State transition from " + std::string(name_of(state)) + " to " +
           std::string(target_of(call)) +
           " failed for runtime. Error: State transition is not allowed";
}

}  // namespace imagemill::local
