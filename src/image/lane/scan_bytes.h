// scan_bytes: the entropy-coded bytes of a JPEG scan as bits, the stuffed zeros taken out.
//
// Shapes:  A ScanBytes copies the scan into a window, a stretch at a time, up to the marker or the
//          end of the bytes; from there on it gives zeros. Between two calls of fill_if_low, up to
//          kAheadMax bytes may be read: more than any MCU has.
// Threads: one at a time.
// Source:  ITU T.81 B.1.1.5 (stuffing), E.2.4 (restarts), F.2.2.5 (bits).
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "base/bytes.h"

namespace imagemill::image {

// Plain, and small enough to live in registers while blocks are read.
struct Bits {
    static_assert(std::endian::native == std::endian::little);

    const std::uint8_t* at = nullptr;
    std::uint64_t buffer = 0;  // The next `left` bits on top; below them, more of them or zeros.
    int left = 0;

    // Makes it at least 56 bits, without a branch: the eight bytes at `at` can always be read.
    void refill() {
        std::uint64_t word = 0;
        std::memcpy(&word, at, sizeof word);
        buffer |= __builtin_bswap64(word) >> left;
        at += (63 - left) >> 3;
        left |= 56;
    }
    std::uint32_t peek(int count) const {  // From 1.
        return static_cast<std::uint32_t>(buffer >> (64 - count));
    }
    void pass(int count) {
        buffer <<= count;
        left -= count;
    }
    // From 0 to 32 bits, refilled before.
    std::uint32_t take(int count) {
        const auto value = static_cast<std::uint32_t>(buffer >> 1 >> (63 - count));
        pass(count);
        return value;
    }
};

class ScanBytes final {
  public:
    static constexpr int kAheadMax = 4096;

    explicit ScanBytes(Bytes bytes);

    Bits bits;

    // False where more was read than there is.
    bool fill_if_low() { return bits.at < low_ || fill(); }
    bool ran_out() const;

    // To the marker that ends these bytes, over what is left before it; true where it is the
    // restart marker of this number (0..7), past which reading goes on.
    bool restart(int number);

    // Where the marker stands, or the end.
    const std::byte* position();

  private:
    static constexpr int kWindow = 32 * 1024;

    bool fill();
    void copy_more(std::uint8_t* from);
    void go_to_marker();

    const std::byte* next_;  // Not yet copied.
    const std::byte* end_;
    std::unique_ptr<std::uint8_t[]> window_;
    std::uint8_t* window_end_;
    const std::uint8_t* low_;
    bool is_last_ = false;  // A marker or the end of the bytes follows the window.
};

}  // namespace imagemill::image
