// jpeg_blocks: the blocks of a baseline scan, of which only the coefficients are kept that a
// smaller picture needs; the codes of the others are passed over, several at a time.
//
// Shapes:  Blocks lie in batches of kBlocksAbreast, side by side in the picture. A batch has for
//          each place (of size × size, by rows, and one more for what is not kept) the values of
//          its blocks in a row: what inverse_dct.h takes. They must be zero before.
//          Values are times their quantiser, within ±kCoefficientMax.
// Threads: any.
// Cost:    Most of a decode. A few nanoseconds a code that is kept, about one a code that is not.
// Source:  ITU T.81 F.2.2.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "image/lane/huffman.h"
#include "image/lane/inverse_dct.h"
#include "image/lane/scan_bytes.h"

namespace imagemill::image {

// Where a coefficient goes, by its zigzag place. Past 63: what codes that end a block "store".
struct Places {
    struct Place {
        std::uint16_t offset = 0;  // In a batch.
        std::uint16_t quantiser = 0;
        std::uint8_t is_kept = 0;
    };
    std::array<Place, 256> at{};
    int last = 0;  // The last that is kept.
};
// `quantiser` by rows of 8.
Places make_places(const std::array<std::uint16_t, 64>& quantiser, int size);

// A row of MCUs of one component.
struct BlockRows {
    const HuffmanTable* dc = nullptr;
    const HuffmanTable* ac = nullptr;  // With its passages.
    Places places;
    int blocks_x = 1;  // In an MCU.
    int blocks_y = 1;
    int batch_size = 0;  // Values in a batch.
    int prediction = 0;
    std::array<std::vector<std::int16_t>, 4> coefficients = {};  // By row of blocks.
    std::array<std::vector<std::uint8_t>, 4> detail = {};        // By batch: is more there than DC?
};

// False where the data is not flawless.
bool read_mcus(ScanBytes& scan, std::span<BlockRows> components, int first, int end);

}  // namespace imagemill::image
