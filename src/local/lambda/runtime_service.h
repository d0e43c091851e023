// runtime_service: Lambda's Runtime API for one instance, and the place where the pool hands it an
// invocation and waits for the answer.
//
// Shapes:  The runtime's side is handle(): GET next (waits), POST {id}/response, {id}/error and
//          init/error, each answered as Lambda answers it.
//          The pool's side: wait_ready → deliver → wait_answer → answer, again and again.
// Errors:  As the Runtime API: {"errorMessage","errorType"} with 400 InvalidRequestID,
//          InvalidInvocationId, TruncatedHTTPRequest, InvalidFunctionResponseMode; 403
//          InvalidStateTransition; 413 RequestEntityTooLarge (the invocation then ends as
//          Function.ResponseSizeTooLarge); 403 where the caller is no runtime but a browser.
// Threads: handle() on any; the pool's side belongs to one thread but for close(), which any may
//          call.
// Source:  AWS Lambda developer guide, "Using the Lambda runtime API".
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "local/lambda/runtime_state.h"

namespace imagemill::local {

struct Delivery {
    std::string request_id;     // The same over all attempts.
    std::string invocation_id;  // Of this attempt.
    std::string trace_id;
    std::string client_context = {};
    std::string payload;
    Time deadline;
};

struct Answer {
    std::string payload;     // JSON.
    bool failed = false;     // It came by /error, or was too large.
    std::string error_type;  // Of a failure: "Function.Unknown".
};

class RuntimeService final {
  public:
    RuntimeService(std::string function_arn, std::int64_t response_bytes_max)
        : function_arn_(std::move(function_arn)), response_bytes_max_(response_bytes_max) {}

    http::Response handle(http::Request& request);

    enum class Waited { done, init_failed, closed, timeout };
    // Until the runtime asks for its next invocation.
    Waited wait_ready(Milliseconds timeout);
    // Once ready: the runtime that waits gets it.
    void deliver(Delivery delivery);
    // Until the invocation delivered last has its answer.
    Waited wait_answer(Milliseconds timeout);
    // Of wait_answer's `done`, or what init/error posted after `init_failed`.
    Answer take_answer();
    // The process is gone: every waiting call returns.
    void close();

  private:
    http::Response next();
    http::Response answer(http::Request& request, std::string_view rest);
    http::Response init_error(http::Request& request);
    http::Response settle(RuntimeCall call, Answer answer);  // mutex_ is held.
    http::Response give() const;                             // mutex_ is held.

    const std::string function_arn_;
    const std::int64_t response_bytes_max_;
    mutable std::mutex mutex_;  // Guards all below.
    std::condition_variable changed_;
    RuntimeState state_ = RuntimeState::started;
    std::optional<Delivery> delivery_;  // From deliver() to its answer. Its payload is below.
    std::shared_ptr<const std::string> payload_;  // shared: with an answer that is being sent.
    std::optional<Answer> answer_;
    std::int64_t next_calls_ = 0;  // The last call of `next` is the one that is served.
    bool closed_ = false;
};

}  // namespace imagemill::local
