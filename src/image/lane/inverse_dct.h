// inverse_dct: rows of size×size samples from the size×size lowest coefficients of 8×8 blocks,
// eight blocks at once, as SIMD chosen at run time and in plain C++: the same to the last bit.
//
// Shapes:  Coefficients come in batches of kBlocksAbreast blocks that stand side by side: for each
//          place, by rows of `size`, eight values in a row, dequantised and within
//          ±kCoefficientMax; then eight that are not looked at. All eight blocks of the last batch
//          are written, and a few samples more: up to kPlanePadding past the picture.
// Source:  ITU T.81 A.3.3, evaluated at `size` points a side: the block's own low frequencies at a
//          lower sampling rate.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imagemill::image {

constexpr int kBlocksAbreast = 8;
constexpr int kSizeMax = 6;
// Twice what a flawless encoder writes; so sums stay within 32 bits.
constexpr int kCoefficientMax = 4095;

constexpr int batch_size(int size) {
    return (size * size + 1) * kBlocksAbreast;
}

struct BatchRow {
    const std::int16_t* coefficients = nullptr;
    const std::uint8_t* detail = nullptr;  // By batch: 0 where all blocks have DC alone.
    int batches = 0;
    int size = 1;                     // 1..kSizeMax
    std::uint8_t* samples = nullptr;  // `size` rows of them.
    std::ptrdiff_t stride = 0;
};

void inverse_dct(const BatchRow& row);
void inverse_dct_plainly(const BatchRow& row);

// 2^kDctBits × the weight of coefficient k in sample x of `size`: half a cosine; of the first,
// √½ of a half.
constexpr int kDctBits = 13;
constexpr int dct_weight(int size, int x, int k) {
    constexpr std::int16_t kHalfCosines[kSizeMax][kSizeMax + 1] = {
        {4096, 0},
        {4096, 2896, 0},
        {4096, 3547, 2048, 0},
        {4096, 3784, 2896, 1567, 0},
        {4096, 3896, 3314, 2408, 1266, 0},
        {4096, 3956, 3547, 2896, 2048, 1060, 0}};  // Of j × π / (2 × size).
    if (k == 0) return 2896;
    int j = (2 * x + 1) * k % (4 * size);
    if (j > 2 * size) j = 4 * size - j;
    return j > size ? -kHalfCosines[size - 1][2 * size - j] : kHalfCosines[size - 1][j];
}
// Between the pass down and the pass across, sums keep this much of their fraction.
constexpr int kDctFraction = 3;

}  // namespace imagemill::image
