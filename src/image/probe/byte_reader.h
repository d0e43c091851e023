// byte_reader: reads numbers from hostile bytes. A read past the end gives zero and `ok()` stays
// false from then on, so that a header is read in straight lines and asked once at the end.
//
// Threads: plain value.  Cost: no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace imagemill::image {

enum class Endian { big, little };

class ByteReader final {
  public:
    ByteReader(Bytes bytes, Endian endian) : bytes_(bytes), endian_(endian) {}

    bool ok() const { return ok_; }
    bool at_end() const { return at_ == bytes_.size(); }
    std::size_t position() const { return at_; }
    std::size_t remaining() const { return bytes_.size() - at_; }
    Bytes rest() const { return bytes_.subspan(at_); }

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u64() { return number(8); }

    // Exactly `count` bytes, or none and not ok.
    Bytes take(std::uint64_t count) {
        if (count > remaining()) {
            fail();
            return {};
        }
        const Bytes taken = bytes_.subspan(at_, static_cast<std::size_t>(count));
        at_ += taken.size();
        return taken;
    }
    std::string_view text(std::uint64_t count) { return as_text(take(count)); }

    // What there is of `count` bytes, which may be less: a length field may lie.
    Bytes take_up_to(std::uint64_t count) {
        return take(std::min<std::uint64_t>(count, remaining()));
    }
    void skip(std::uint64_t count) { take(count); }
    void seek(std::uint64_t position) {
        if (position > bytes_.size()) return fail();
        at_ = static_cast<std::size_t>(position);
    }

  private:
    void fail() {
        ok_ = false;
        at_ = bytes_.size();
    }
    std::uint64_t number(std::size_t count) {
        std::uint64_t value = 0;
        const Bytes taken = take(count);
        for (std::size_t i = 0; i < taken.size(); ++i) {
            const std::size_t index = endian_ == Endian::big ? i : taken.size() - 1 - i;
            value = value << 8 | std::to_integer<std::uint64_t>(taken[index]);
        }
        return value;
    }

    Bytes bytes_;
    Endian endian_;
    std::size_t at_ = 0;
    bool ok_ = true;
};

inline bool starts_with(Bytes bytes, std::string_view magic) {
    return as_text(bytes).starts_with(magic);
}

}  // namespace imagemill::image
