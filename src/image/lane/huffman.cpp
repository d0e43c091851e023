#include "image/lane/huffman.h"

#include <algorithm>

namespace imagemill::image {

Symbol HuffmanTable::make_symbol(int symbol, int length) const {
    const int run = symbol >> 4;
    const int size = symbol & 15;
    Symbol made{.bits = static_cast<std::uint8_t>(length + size),
                .length = static_cast<std::uint8_t>(length),
                .size = static_cast<std::uint8_t>(size),
                .advance = static_cast<std::uint8_t>(run)};
    if (kind_ == CodeKind::dc) {
        made.advance = run == 0 ? 0 : kNoCode;
    } else if (size == 0 && run != 15) {
        made.advance = static_cast<std::uint8_t>(kEndOfBlock + run);
    }
    return made;
}

bool HuffmanTable::build(CodeKind kind, Bytes counts, Bytes symbols) {
    is_built_ = false;
    kind_ = kind;
    look_.fill({});
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
            std::fill_n(look_.begin() + (code << spare), 1 << spare,
                        make_symbol(symbols_[static_cast<std::size_t>(index)], length));
        }
        last_code_[row] = count > 0 ? code - 1 : -1;
        code <<= 1;
    }
    is_built_ = true;
    return true;
}

void HuffmanTable::build_passages() {
    for (std::size_t index = 0; index < passages_.size(); ++index) {
        std::uint64_t buffer = static_cast<std::uint64_t>(index) << (64 - kPassBits);
        int bits = 0;
        int advance = 0;
        while (true) {
            const Symbol symbol = look_[buffer >> (64 - kLookBits)];
            if (symbol.length == 0 || bits + symbol.bits > kPassBits) break;
            const bool ends = symbol.advance >= kEndOfBlock;
            if (!ends && advance + symbol.advance + 1 >= kNoCode) break;
            bits += symbol.bits;
            advance += (ends ? kEndOfBlock : symbol.advance) + 1;
            buffer <<= symbol.bits;
            if (ends) break;
        }
        passages_[index] = {static_cast<std::uint8_t>(bits),
                            static_cast<std::uint8_t>(bits == 0 ? kNoCode : advance)};
    }
}

Symbol HuffmanTable::find_long(std::uint64_t buffer) const {
    for (int length = kLookBits + 1; length <= 16; ++length) {
        const auto code = static_cast<int>(buffer >> (64 - length));
        const auto row = static_cast<std::size_t>(length);
        if (code > last_code_[row]) continue;
        return make_symbol(symbols_[static_cast<std::size_t>(code + symbol_offset_[row]) & 255],
                           length);
    }
    return {.bits = 16, .length = 16, .size = 0, .advance = kNoCode};
}

}  // namespace imagemill::image
