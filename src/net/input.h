// input: what a peer sent and nobody has read yet, in one bounded buffer over a Stream.
//
// Errors:  the Stream's.
// Threads: one.
#pragma once

#include <string_view>

#include "net/stream.h"

namespace imagemill::net {

class Input final {
  public:
    // `stream` outlives the input. At most `size_max` bytes are held.
    Input(Stream& stream, std::size_t size_max) : stream_(stream), buffer_(size_max) {}

    Bytes bytes() const { return Bytes(buffer_).subspan(begin_, end_ - begin_); }
    std::string_view text() const { return as_text(bytes()); }
    bool is_full() const { return end_ - begin_ == buffer_.size(); }
    void consume(std::size_t count);

    // Adds what the peer sends next; 0 where it sends no more. Not when full.
    Result<std::size_t> fill(SteadyTime deadline);
    // Some bytes, those held first; what is not held goes straight to `to`.
    Result<std::size_t> read_some(std::span<std::byte> to, SteadyTime deadline);

  private:
    Stream& stream_;
    Buffer buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

// The head of a message: its lines up to and with the empty one.
struct HeadScan {
    enum class State { complete, incomplete, bare_line_feed } state;
    std::size_t size;  // Of the head where complete, else what need not be looked at again.
};
HeadScan scan_head(std::string_view text, std::size_t scanned);

}  // namespace imagemill::net
