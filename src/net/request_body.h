// request_body: what follows a request's head, as the handler reads it.
//
// Errors:  corrupt      the peer ended early, or its chunks are broken.
//          too_large    a chunked body passes `body_bytes_max`.
//          timeout      slower than `read_timeout` and `read_bytes_per_second_min` allow.
//          unavailable  the connection broke.
// Threads: the connection's.
#pragma once

#include <memory>
#include <optional>

#include "http/message.h"
#include "net/input.h"
#include "net/request_head.h"
#include "net/server.h"
#include "net/wire.h"

namespace imagemill::net {

class RequestBody final {
  public:
    // All of them outlive the body.
    RequestBody(Input& input, Socket& socket, const ServerOptions& options,
                const RequestPlan& plan);

    // For the Request; valid while this is.
    std::unique_ptr<http::BodyReader> reader();
    // Asks for the body first, where the peer waits for that.
    Result<std::size_t> read(std::span<std::byte> to);

    bool is_done() const { return is_done_; }
    bool is_broken() const { return is_broken_; }
    bool awaits_continue() const { return awaits_continue_; }
    std::optional<std::int64_t> left() const { return left_; }  // Absent where chunked.
    // Reads over what is left; true when the next request follows.
    bool drain(std::int64_t bytes_max, Milliseconds time);

  private:
    Result<std::size_t> read_framed(std::span<std::byte> to);
    Result<std::size_t> read_chunked(std::span<std::byte> to);
    template <typename Read>
    Result<std::size_t> paced(Read read);

    Input& input_;
    Socket& socket_;
    const ServerOptions& options_;
    Pace pace_;
    SteadyTime deadline_ = kNever;  // While draining.
    std::optional<std::int64_t> left_;
    std::int64_t total_ = 0;
    std::unique_ptr<ChunkDecoder> chunks_;
    bool awaits_continue_;
    bool is_done_;
    bool is_broken_ = false;
};

}  // namespace imagemill::net
