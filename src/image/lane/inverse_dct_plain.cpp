#include <algorithm>
#include <array>

#include "image/lane/inverse_dct.h"

namespace imagemill::image {
namespace {

int rounded(int sum, int bits) {
    return (sum + (1 << (bits - 1))) >> bits;
}

// One block: its values are kBlocksAbreast apart.
void run_block(const std::int16_t* values, int size, std::uint8_t* samples, std::ptrdiff_t stride) {
    std::array<std::array<int, kSizeMax>, kSizeMax> columns{};
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            int sum = 0;
            for (int k = 0; k < size; ++k) {
                sum += dct_weight(size, y, k) * values[(k * size + x) * kBlocksAbreast];
            }
            columns[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] =
                rounded(sum, kDctBits - kDctFraction);
        }
    }
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            int sum = 0;
            for (int k = 0; k < size; ++k) {
                sum += dct_weight(size, x, k) *
                       columns[static_cast<std::size_t>(y)][static_cast<std::size_t>(k)];
            }
            const int sample = rounded(sum, kDctBits + kDctFraction) + 128;
            samples[y * stride + x] = static_cast<std::uint8_t>(std::clamp(sample, 0, 255));
        }
    }
}

}  // namespace

void inverse_dct_plainly(const BatchRow& row) {
    for (int block = 0; block < row.batches * kBlocksAbreast; ++block) {
        const std::int16_t* values = row.coefficients +
                                     std::ptrdiff_t{block / kBlocksAbreast} * batch_size(row.size) +
                                     block % kBlocksAbreast;
        run_block(values, row.size, row.samples + std::ptrdiff_t{block} * row.size, row.stride);
    }
}

}  // namespace imagemill::image
