// built_in: an instance that is a thread of the server: it calls a function that is a part of it.
//
// Shapes:  always ready; lost where it was killed before it had succeeded. It prints nothing: what
// it
//          calls has a log of its own.
// Threads: belongs to one thread; kill() on any.
#pragma once

#include <memory>

#include "base/clock.h"
#include "local/lambda/instance.h"

namespace imagemill::local {

// All of them outlive the instance.
std::unique_ptr<Instance> make_built_in(const FunctionConfig& function, FunctionPool& pool,
                                        const Clock& clock);

}  // namespace imagemill::local
