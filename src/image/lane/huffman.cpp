#include "image/lane/huffman.h"

#include <bit>
#include <cstring>

namespace imagemill::image {

bool HuffmanTable::build(Bytes counts, Bytes symbols) {
    is_built_ = false;
    look_.fill(0);
    for (std::size_t i = 0; i < symbols.size(); ++i) {
        symbols_[i] = std::to_integer<std::uint8_t>(symbols[i]);
    }
    int code = 0;
    int index = 0;
    for (int length = 1; length <= 16; ++length) {
        const int count = std::to_integer<int>(counts[static_cast<std::size_t>(length - 1)]);
        const auto row = static_cast<std::size_t>(length);
        symbol_offset_[row] = index - code;
        if (code + count > (1 << length)) return false;
        for (int i = 0; i < count; ++i, ++code, ++index) {
            if (length > kLookBits) continue;
            const int spare = kLookBits - length;
            const auto entry =
                static_cast<std::uint16_t>(length << 8 | symbols_[static_cast<std::size_t>(index)]);
            std::fill_n(look_.begin() + (code << spare), 1 << spare, entry);
        }
        last_code_[row] = count > 0 ? code - 1 : -1;
        code <<= 1;
    }
    is_built_ = true;
    return true;
}

void BitReader::fill() {
    if (end_ - at_ >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at_, sizeof word);
        word = __builtin_bswap64(word);
        // No byte is 0xFF exactly when no byte of ~word is zero.
        const std::uint64_t inverse = ~word;
        constexpr std::uint64_t kOnes = 0x0101010101010101;
        const bool has_marker = ((inverse - kOnes) & ~inverse & (kOnes << 7)) != 0;
        const int bytes = (63 - left_) / 8;
        if (!has_marker && bytes > 0) {
            buffer_ |= word >> left_;
            left_ += 8 * bytes;
            buffer_ &= ~std::uint64_t{0} << (64 - left_);
            at_ += bytes;
            return;
        }
    }
    while (left_ <= 56) {
        std::uint64_t byte = 0;
        if (at_ == end_) {
            ran_out_ = true;
        } else if (*at_ != std::byte{0xFF}) {
            byte = std::to_integer<std::uint64_t>(*at_++);
        } else if (end_ - at_ < 2) {
            ran_out_ = true;
        } else if (at_[1] == std::byte{0}) {
            byte = 0xFF;
            at_ += 2;
        }
        buffer_ |= byte << (56 - left_);
        left_ += 8;
    }
}

int BitReader::long_symbol(const HuffmanTable& table) {
    for (int length = HuffmanTable::kLookBits + 1; length <= 16; ++length) {
        const auto code = static_cast<int>(buffer_ >> (64 - length));
        const auto row = static_cast<std::size_t>(length);
        if (code > table.last_code_[row]) continue;
        consume(length);
        return table.symbols_[static_cast<std::size_t>(code + table.symbol_offset_[row]) & 255];
    }
    consume(16);  // No such code: damaged data; any symbol is as good.
    return 0;
}

bool BitReader::restart() {
    buffer_ = 0;
    left_ = 0;
    while (end_ - at_ >= 2) {
        const int marker = std::to_integer<int>(at_[1]);
        if (at_[0] == std::byte{0xFF} && marker >= 0xD0 && marker <= 0xD7) {
            at_ += 2;
            return true;
        }
        const bool is_other_marker = at_[0] == std::byte{0xFF} && marker != 0 && marker != 0xFF;
        if (is_other_marker) return false;
        ++at_;
    }
    ran_out_ = true;
    return false;
}

}  // namespace imagemill::image
