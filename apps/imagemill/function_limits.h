// function_limits: how large a function may be, how long it may take, how often its events are
// tried.
//
// Errors:  invalid_argument  a variable that is out of its range: names it and the range.
// Threads: pure functions.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "functions/settings.h"
#include "local/lambda/pool.h"

namespace imagemill {

// A process that may render what the limits allow: a limit that was raised would otherwise be met
// as a lack of memory, or a kill.
void size_for_limits(const functions::Settings& settings, local::FunctionConfig& processor);

Result<void> apply_queue_settings(const std::map<std::string, std::string>& environment,
                                  local::FunctionConfig& function);

}  // namespace imagemill
