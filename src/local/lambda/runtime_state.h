// runtime_state: which calls of the Runtime API are legal when.
//
// Shapes:  started ─next→ ready ─(an invocation comes)→ running ─response, error→ answered ─next→
//          ready. started ─init/error→ init_error, from where nothing leads. A `next` in ready
//          takes the place of one whose connection may be dead; in running it is given the same
//          invocation again, since the first answer may have been lost.
// Threads: pure functions.
// Source:  AWS Lambda developer guide, "Using the Lambda runtime API", 403 of each call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace imagemill::local {

enum class RuntimeState { started, ready, running, answered, init_error };
enum class RuntimeCall { next, response, error, init_error };

// The state after a legal call; nothing where it is not legal.
std::optional<RuntimeState> state_after(RuntimeState state, RuntimeCall call);
// "State transition from Ready to InitError failed for runtime. Error: …"
std::string format_illegal(RuntimeState state, RuntimeCall call);

}  // namespace imagemill::local
