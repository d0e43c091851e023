// testing_hostility: what a function that was taken over might try. For tests.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"

namespace imagemill::local {

// {"errno":0} where it worked, else the number; nothing where `what` is no such thing. "spin" and
// "deaf" (to every signal that one can be deaf to) do not return.
std::optional<json::object> try_hostile(const std::string& what, const json::object& orders);

}  // namespace imagemill::local
