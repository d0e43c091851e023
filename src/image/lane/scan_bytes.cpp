#include "image/lane/scan_bytes.h"

#include <algorithm>

namespace imagemill::image {
namespace {

// What one MCU may take: ten blocks (T.81 B.2.3) of 64 codes of 16 bits with 15 bits of value.
static_assert(ScanBytes::kAheadMax > 10 * 64 * (16 + 15) / 8 + 16);

}  // namespace

ScanBytes::ScanBytes(Bytes bytes)
    : next_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      window_(std::make_unique_for_overwrite<std::uint8_t[]>(kWindow + kAheadMax + 16)) {
    copy_more(window_.get());
}

// A marker follows no other byte than 0xFF; any number of these may stand before it.
void ScanBytes::copy_more(std::uint8_t* out) {
    std::uint8_t* const limit = window_.get() + kWindow;
    bool is_marker = false;
    while (out < limit && next_ < end_ && !is_marker) {
        const auto count = static_cast<std::size_t>(std::min(limit - out, end_ - next_));
        const void* found = std::memchr(next_, 0xFF, count);
        const auto plain =
            found == nullptr
                ? count
                : static_cast<std::size_t>(static_cast<const std::byte*>(found) - next_);
        std::memcpy(out, next_, plain);
        out += plain;
        next_ += plain;
        if (found == nullptr) continue;
        if (end_ - next_ < 2) {
            next_ = end_;
        } else if (next_[1] == std::byte{0}) {
            *out++ = 0xFF;
            next_ += 2;
        } else if (next_[1] == std::byte{0xFF}) {
            ++next_;
        } else {
            is_marker = true;
        }
    }
    is_last_ = is_marker || next_ == end_;
    window_end_ = out;
    if (is_last_) {
        std::memset(out, 0, kAheadMax + 16);
        // Bits are loaded less than eight bytes ahead: who is there has read what is not.
        low_ = out + 8;
    } else {
        low_ = out - kAheadMax;
    }
    bits.at = window_.get();
}

bool ScanBytes::fill() {
    if (is_last_) return false;
    const auto rest = static_cast<std::size_t>(window_end_ - bits.at);
    std::memmove(window_.get(), bits.at, rest);
    copy_more(window_.get() + rest);
    return bits.at < low_;
}

bool ScanBytes::ran_out() const {
    return is_last_ && (bits.at - window_end_) * 8 > bits.left;
}

void ScanBytes::go_to_marker() {
    while (!is_last_) {
        bits.at = window_end_;
        fill();
    }
}

bool ScanBytes::restart(int number) {
    go_to_marker();
    const bool is_next = end_ - next_ >= 2 && std::to_integer<int>(next_[1]) == 0xD0 + number;
    if (!is_next) return false;
    next_ += 2;
    bits = {};
    copy_more(window_.get());
    return true;
}

const std::byte* ScanBytes::position() {
    go_to_marker();
    return next_;
}

}  // namespace imagemill::image
