// wire: what the targets of the wire share. An input is a line that says what the rest is, so that
// a corpus can be read and a fuzzer can turn one kind into another.
//
// Shapes:  KIND ARGUMENT LF BODY. What begins with no kind is passed over.
// Errors:  a broken promise ends the process by CHECK.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "http/message.h"

namespace imagemill::fuzz {

struct WireKind {
    std::string_view name;
    void (*run)(std::string_view argument, std::string_view body);
};
void run_kind(std::span<const WireKind> kinds, Bytes input);

// Takes the first line off, without its LF.
std::string_view take_line(std::string_view& text);

// The sizes of pieces that what comes in pieces is tried with: all at once, byte by byte, and one
// that the input's length chooses.
std::vector<std::size_t> piece_sizes(std::size_t size);

// A body that comes in pieces of one size.
class PieceReader final : public http::BodyReader {
  public:
    PieceReader(std::string_view text, std::size_t piece) : text_(text), piece_(piece) {}
    Result<std::size_t> read(std::span<std::byte> to) override {
        const std::size_t count = std::min({to.size(), piece_, text_.size()});
        if (count > 0) std::memcpy(to.data(), text_.data(), count);
        text_.remove_prefix(count);
        return count;
    }

  private:
    std::string_view text_;
    std::size_t piece_;
};

// Fit for a person and for JSON: UTF-8, no control character, of a bounded length.
void check_message(std::string_view message);

}  // namespace imagemill::fuzz
