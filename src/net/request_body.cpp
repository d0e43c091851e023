#include "net/request_body.h"

#include <algorithm>
#include <array>

namespace imagemill::net {
namespace {

// The Request's own reader: the handler may move it about, the state stays with the connection.
class Reader final : public http::BodyReader {
  public:
    explicit Reader(RequestBody& body) : body_(body) {}
    Result<std::size_t> read(std::span<std::byte> to) override { return body_.read(to); }

  private:
    RequestBody& body_;
};

}  // namespace

RequestBody::RequestBody(Input& input, Socket& socket, const ServerOptions& options,
                         const RequestPlan& plan)
    : input_(input),
      socket_(socket),
      options_(options),
      pace_(options.read_timeout, options.read_bytes_per_second_min),
      left_(plan.content_length),
      chunks_(plan.content_length ? nullptr : std::make_unique<ChunkDecoder>()),
      awaits_continue_(plan.expects_continue),
      is_done_(!plan.has_body()) {}

std::unique_ptr<http::BodyReader> RequestBody::reader() {
    return std::make_unique<Reader>(*this);
}

Result<std::size_t> RequestBody::read(std::span<std::byte> to) {
    if (to.empty()) return std::size_t{0};
    if (is_broken_) return Error{Code::unavailable, "The body broke off before."};
    // Also before a body of no bytes: a client that waits and gets the final answer on a connection
    // that is kept may take its status for that of the next answer, too (botocore does).
    if (awaits_continue_) {
        awaits_continue_ = false;
        // What has begun to arrive was not waited with (RFC 9110 10.1.1).
        const auto asked = input_.bytes().empty()
                               ? write_all(socket_, as_bytes("HTTP/1.1 100 Continue\r\n\r\n"),
                                           after(options_.write_timeout))
                               : Result<void>();
        is_broken_ = !asked;
        TRY(asked);
    }
    if (is_done_) return std::size_t{0};
    auto count = chunks_ ? read_chunked(to) : read_framed(to);
    is_broken_ = !count;
    return count;
}

// Runs `read` with the deadline the peer has, and counts what it took.
template <typename Read>
Result<std::size_t> RequestBody::paced(Read read) {
    const SteadyTime start = steady_now();
    auto count = read(std::min(pace_.deadline(start), deadline_));
    if (!count && count.error().code == Code::timeout) {
        return Error{Code::timeout, "The body came too slowly: some byte is expected within " +
                                        std::to_string(options_.read_timeout.count()) +
                                        " ms (read_timeout), and on average " +
                                        std::to_string(options_.read_bytes_per_second_min) +
                                        " bytes a second (read_bytes_per_second_min)."};
    }
    if (!count) return count;
    if (*count == 0) {
        return Error{Code::corrupt, "The body ended early, after " + std::to_string(total_) +
                                        " bytes" +
                                        (left_ ? ", " + std::to_string(*left_) + " before its end."
                                               : " and without its last chunk.")};
    }
    pace_.add(*count, steady_now() - start);
    return count;
}

Result<std::size_t> RequestBody::read_framed(std::span<std::byte> to) {
    const auto want =
        static_cast<std::size_t>(std::min(*left_, static_cast<std::int64_t>(to.size())));
    const std::size_t count =
        TRY(paced([&](SteadyTime deadline) { return input_.read_some(to.first(want), deadline); }));
    *left_ -= static_cast<std::int64_t>(count);
    total_ += static_cast<std::int64_t>(count);
    is_done_ = *left_ == 0;
    return count;
}

Result<std::size_t> RequestBody::read_chunked(std::span<std::byte> to) {
    while (true) {
        const ChunkDecoder::Step step = TRY(chunks_->decode(input_.bytes(), to));
        input_.consume(step.consumed);
        total_ += static_cast<std::int64_t>(step.produced);
        if (total_ > options_.body_bytes_max) {
            return Error{Code::too_large,
                         "The body has more than the " + std::to_string(options_.body_bytes_max) +
                             " bytes allowed (body_bytes_max).",
                         Exceeded{.setting = "body_bytes_max",
                                  .limit = options_.body_bytes_max,
                                  .measured = total_}};
        }
        is_done_ = chunks_->is_done();
        if (step.produced > 0 || is_done_) return step.produced;
        if (input_.is_full()) {
            return Error{Code::corrupt, "A chunk's first line, or the trailers, have no end."};
        }
        TRY(paced([&](SteadyTime deadline) { return input_.fill(deadline); }));
    }
}

bool RequestBody::drain(std::int64_t bytes_max, Milliseconds time) {
    deadline_ = after(time);
    std::array<std::byte, 16 * 1024> unread;
    const std::int64_t start = total_;
    while (!is_done_ && total_ - start <= bytes_max && steady_now() < deadline_) {
        if (!read(unread)) return false;
    }
    return is_done_;
}

}  // namespace imagemill::net
