// huffman: the entropy-coded bits of a JPEG scan, and the codes in them.
//
// Shapes:  A BitReader begins at a scan's first byte; stuffed zeros go, a marker ends it: from
// there it
//          gives zeros. It never reads past the end of the bytes.
// Source:  ITU T.81 F.2.2.3 (decoding), C.2 (code tables).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace imagemill::image {

class HuffmanTable final {
  public:
    // False where the counts are those of no prefix code. `counts` is 16 numbers, of codes by
    // length.
    bool build(Bytes counts, Bytes symbols);
    bool is_built() const { return is_built_; }

  private:
    friend class BitReader;
    static constexpr int kLookBits = 10;

    bool is_built_ = false;
    std::array<std::uint16_t, 1 << kLookBits> look_{};  // length << 8 | symbol; 0: a longer code
    std::array<std::int32_t, 17> last_code_{};          // By length; -1 where there is none.
    std::array<std::int32_t, 17> symbol_offset_{};
    std::array<std::uint8_t, 256> symbols_{};
};

class BitReader final {
  public:
    explicit BitReader(Bytes bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

    // Up to 32 bits, the first read on top.
    std::uint32_t bits(int count) {
        if (left_ < count) fill();
        if (count == 0) return 0;
        const auto value = static_cast<std::uint32_t>(buffer_ >> (64 - count));
        consume(count);
        return value;
    }

    int symbol(const HuffmanTable& table) {
        if (left_ < 16) fill();
        const std::uint16_t entry = table.look_[buffer_ >> (64 - HuffmanTable::kLookBits)];
        if (entry == 0) return long_symbol(table);
        consume(entry >> 8);
        return entry & 255;
    }

    // T.81 F.2.2.1: the `size` bits that follow, as a signed number.
    int signed_bits(int size) {
        const int value = static_cast<int>(bits(size));
        return value < (1 << (size - 1)) ? value - (1 << size) + 1 : value;
    }

    // Drops what is left before the next restart marker, and the marker. False where none comes.
    bool restart();

    // Where the marker stands that ended the scan, or the end.
    const std::byte* position() const { return at_; }
    // More was asked for than there was, with no marker in the way.
    bool ran_out() const { return ran_out_; }

  private:
    void consume(int count) {
        buffer_ <<= count;
        left_ -= count;
    }
    void fill();
    int long_symbol(const HuffmanTable& table);

    const std::byte* at_;
    const std::byte* end_;
    std::uint64_t buffer_ = 0;  // The next `left_` bits on top, zeros below.
    int left_ = 0;
    bool ran_out_ = false;
};

}  // namespace imagemill::image
