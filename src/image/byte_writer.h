// byte_writer: numbers and bytes, one after another, in a byte order.
//
// Threads: plain value.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "image/probe/byte_reader.h"

namespace imagemill::image {

class ByteWriter final {
  public:
    explicit ByteWriter(Endian endian) : endian_(endian) {}

    ByteWriter& u8(std::uint64_t value) { return number(value, 1); }
    ByteWriter& u16(std::uint64_t value) { return number(value, 2); }
    ByteWriter& u24(std::uint64_t value) { return number(value, 3); }
    ByteWriter& u32(std::uint64_t value) { return number(value, 4); }
    ByteWriter& u64(std::uint64_t value) { return number(value, 8); }
    ByteWriter& sized(std::uint64_t value, int width) { return number(value, width); }
    ByteWriter& bytes(Bytes value) {
        out_.insert(out_.end(), value.begin(), value.end());
        return *this;
    }
    ByteWriter& text(std::string_view value) { return bytes(as_bytes(value)); }
    ByteWriter& zeros(std::size_t count) {
        out_.resize(out_.size() + count);
        return *this;
    }
    std::size_t size() const { return out_.size(); }
    Buffer take() && { return std::move(out_); }

  private:
    ByteWriter& number(std::uint64_t value, int width) {
        for (int i = 0; i < width; ++i) {
            const int at = endian_ == Endian::big ? width - 1 - i : i;
            out_.push_back(static_cast<std::byte>(value >> (8 * at)));
        }
        return *this;
    }

    Buffer out_;
    Endian endian_;
};

}  // namespace imagemill::image
