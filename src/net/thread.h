// thread: a joinable thread with a stack of a given size, which std::thread cannot have.
#pragma once

#include <pthread.h>

#include <functional>

#include "base/result.h"

namespace imagemill::net {

// Runs `body` with SIGPIPE blocked (sendfile(2) has no MSG_NOSIGNAL). The caller joins it.
// unavailable where the system has no more threads.
Result<pthread_t> start_thread(std::size_t stack_bytes, std::function<void()> body);
void join_thread(pthread_t thread);

}  // namespace imagemill::net
