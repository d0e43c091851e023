// stream: bytes to and from one peer, every call within an absolute deadline.
//
// Errors:  timeout      the deadline passed first. One in the past still takes what is ready.
//          unavailable  the connection broke; says how.
// Threads: one at a time; shutdown(2) from another thread ends a waiting call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"

namespace imagemill::net {

inline constexpr SteadyTime kNever = SteadyTime::max();
SteadyTime steady_now();
SteadyTime after(Milliseconds duration);

class Stream {
  public:
    virtual ~Stream() = default;
    // Some bytes; 0 where the peer sends no more.
    virtual Result<std::size_t> read_some(std::span<std::byte> to, SteadyTime deadline) = 0;
    virtual Result<std::size_t> write_some(Bytes bytes, SteadyTime deadline) = 0;
    // The peer has neither sent anything nor hung up.
    virtual bool is_quiet() = 0;
    virtual int fd() const = 0;
};

class Socket final : public Stream {
  public:
    explicit Socket(Fd fd) : fd_(std::move(fd)) {}  // Non-blocking.

    Result<std::size_t> read_some(std::span<std::byte> to, SteadyTime deadline) override;
    Result<std::size_t> write_some(Bytes bytes, SteadyTime deadline) override;
    bool is_quiet() override;
    // Some of the file from `offset` on; 0 where the file ends. The thread has SIGPIPE blocked.
    Result<std::size_t> send_file(int file, std::int64_t offset, std::size_t count,
                                  SteadyTime deadline);
    int fd() const override { return fd_.get(); }

  private:
    Fd fd_;
};

Result<void> write_all(Stream& stream, Bytes bytes, SteadyTime deadline);

// Until `fd` is ready for `events` (poll's).
Result<void> wait_until_ready(int fd, short events, SteadyTime deadline);

// A non-blocking connection to the first address of `host` that answers. Looking a name up is the
// system's and takes the time it takes.
Result<Fd> connect_to(const std::string& host, int port, SteadyTime deadline);

// How slow a peer may be: some byte within `timeout`, and on average `bytes_per_second_min` after
// the first `timeout`. Only time spent waiting for the peer counts, so a slow handler harms nobody.
class Pace final {
  public:
    Pace(Milliseconds timeout, std::int64_t bytes_per_second_min)
        : timeout_(timeout), bytes_per_second_min_(bytes_per_second_min) {}

    SteadyTime deadline(SteadyTime now) const;
    void add(std::size_t bytes, Milliseconds waited);

  private:
    Milliseconds timeout_;
    std::int64_t bytes_per_second_min_;
    std::int64_t bytes_ = 0;
    Milliseconds waited_{0};
};

// write_all, as slow as `pace` allows.
Result<void> write_paced(Stream& stream, Bytes bytes, Pace& pace);

}  // namespace imagemill::net
