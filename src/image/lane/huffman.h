// huffman: the codes of a JPEG scan, as tables that give more than a symbol a look-up.
//
// Shapes:  A Symbol is everything a decoder does next: how many bits to take, where the value's lie
//          among them, how far to advance. A Passage is the same for several codes in a row whose
//          values nobody wants.
// Source:  ITU T.81 F.2.2.3 (decoding), C.2 (code tables), F.1.2.2.1 (run and size).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "image/lane/scan_bytes.h"

namespace imagemill::image {

// What `advance` says beside a run of zeros. Added to a place in a block, with one for the symbol
// itself, the first ends past kBlockEnded, the second between the block's end and there.
constexpr int kEndOfBlock = 128;
constexpr int kNoCode = 64;
constexpr int kBlockEnded = kEndOfBlock + 2;  // At place 1, the first that can end a block.

struct Symbol {
    std::uint8_t bits = 0;     // Code and value.
    std::uint8_t length = 0;   // Of the code; 0: longer than the table looks.
    std::uint8_t size = 0;     // Of the value, in bits; in a DC table the symbol.
    std::uint8_t advance = 0;  // Zeros before the value, kEndOfBlock (+ run) or kNoCode.

    // T.81 F.2.2.1: the bits after the code as a signed number; zero where there are none.
    int value(std::uint64_t buffer) const {
        const std::uint64_t rest = buffer << length;
        const auto magnitude = static_cast<int>(rest >> 1 >> (63 - size));
        const auto negative = static_cast<int>(~static_cast<std::int64_t>(rest) >> 63);
        return magnitude - (((1 << size) - 1) & negative);
    }
};

struct Passage {
    std::uint8_t bits = 0;
    std::uint8_t advance = 0;  // Over all its codes; kNoCode: the first does not fit in.
};

enum class CodeKind { dc, ac };

class HuffmanTable final {
  public:
    static constexpr int kLookBits = 10;
    static constexpr int kPassBits = 12;

    // False where the counts are those of no prefix code. `counts` is 16 numbers, of codes by
    // length.
    bool build(CodeKind kind, Bytes counts, Bytes symbols);
    bool is_built() const { return is_built_; }
    // For `passage`, which cannot be asked before.
    void build_passages();

    // What the next bits say.
    Symbol find(std::uint64_t buffer) const {
        const Symbol symbol = look_[buffer >> (64 - kLookBits)];
        return symbol.length != 0 ? symbol : find_long(buffer);
    }
    Passage passage(std::uint64_t buffer) const { return passages_[buffer >> (64 - kPassBits)]; }

  private:
    Symbol make_symbol(int symbol, int length) const;
    Symbol find_long(std::uint64_t buffer) const;

    bool is_built_ = false;
    CodeKind kind_ = CodeKind::ac;
    std::array<Symbol, 1 << kLookBits> look_{};
    std::array<Passage, 1 << kPassBits> passages_{};
    std::array<std::int32_t, 17> last_code_{};  // By length; -1 where there is none.
    std::array<std::int32_t, 17> symbol_offset_{};
    std::array<std::uint8_t, 256> symbols_{};
};

}  // namespace imagemill::image
