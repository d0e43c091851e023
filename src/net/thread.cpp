#include "net/thread.h"

#include <csignal>
#include <memory>
#include <system_error>

namespace imagemill::net {
namespace {

using Body = std::function<void()>;

void* run(void* argument) {
    const std::unique_ptr<Body> body(static_cast<Body*>(argument));
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    (*body)();
    return nullptr;
}

}  // namespace

Result<pthread_t> start_thread(std::size_t stack_bytes, std::function<void()> body) {
    auto owned = std::make_unique<Body>(std::move(body));
    pthread_attr_t attributes;
    CHECK(::pthread_attr_init(&attributes) == 0);
    CHECK(::pthread_attr_setstacksize(&attributes, stack_bytes) == 0);
    pthread_t thread{};
    const int error = ::pthread_create(&thread, &attributes, run, owned.get());
    ::pthread_attr_destroy(&attributes);
    if (error != 0) {
        return Error{Code::unavailable,
                     "No thread can be started: " + std::generic_category().message(error) + "."};
    }
    owned.release();  // The thread's now.
    return thread;
}

void join_thread(pthread_t thread) {
    CHECK(::pthread_join(thread, nullptr) == 0);
}

}  // namespace imagemill::net
