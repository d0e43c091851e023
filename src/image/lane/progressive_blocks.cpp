#include "image/lane/progressive_blocks.h"

#include <algorithm>

namespace imagemill::image {
namespace {

constexpr std::array<std::uint16_t, 64> kOnes = [] {
    std::array<std::uint16_t, 64> ones{};
    ones.fill(1);
    return ones;
}();

}  // namespace

ProgressiveBlocks::ProgressiveBlocks(const JpegComponent& component, int size)
    : size_(size),
      batches_((component.stride + kBlocksAbreast - 1) / kBlocksAbreast),
      stride_(component.stride),
      places_(make_places(kOnes, size)) {
    for (int k = 0; k < 64; ++k) {
        if (places_.at[static_cast<std::size_t>(k)].is_kept != 0) kept_ |= std::uint64_t{1} << k;
    }
    const auto rows = static_cast<std::size_t>(component.rows);
    values_.resize(rows * static_cast<std::size_t>(batches_ * batch_size(size)));
    nonzero_.resize(rows * static_cast<std::size_t>(stride_));
}

// T.81 G.1.2.1
void ProgressiveBlocks::read_dc(Bits& bits, ScanState& state, int row, int column,
                                int& prediction) {
    const std::ptrdiff_t batch = std::ptrdiff_t{row} * batches_ + column / kBlocksAbreast;
    std::int16_t& dc =
        values_[static_cast<std::size_t>(batch * batch_size(size_) + column % kBlocksAbreast)];
    bits.refill();
    if (state.scan.high != 0) {
        if (bits.take(1) != 0) dc = static_cast<std::int16_t>(dc | 1 << state.scan.low);
        return;
    }
    const Symbol symbol = state.table.find(bits.buffer);
    // Damaged data may add up to anything: it wraps as the 16 bits it is kept in.
    prediction = static_cast<std::int16_t>(prediction + symbol.value(bits.buffer));
    bits.pass(symbol.bits);
    dc = static_cast<std::int16_t>(prediction * (1 << state.scan.low));
    state.is_flawless &= symbol.advance == 0;
}

bool ProgressiveBlocks::read_ac(ScanBytes& bytes, ScanState& state, int row, int first, int end) {
    const AcRow blocks{
        .places = places_,
        .kept = kept_,
        .values = values_.data() + std::ptrdiff_t{row} * batches_ * batch_size(size_),
        .batch_size = batch_size(size_),
        .nonzero = nonzero_.data() + std::ptrdiff_t{row} * stride_};
    return read_ac_blocks(bytes, state, blocks, first, end);
}

void ProgressiveBlocks::dequantise(int row, const std::array<std::uint16_t, 64>& quantiser,
                                   std::vector<std::int16_t>& coefficients,
                                   std::vector<std::uint8_t>& detail) const {
    const int places = size_ * size_;
    const std::int16_t* from = values_.data() + std::ptrdiff_t{row} * batches_ * batch_size(size_);
    std::int16_t* to = coefficients.data();
    for (int batch = 0; batch < batches_; ++batch) {
        int any = 0;
        for (int place = 0; place < places; ++place) {
            const int factor =
                quantiser[static_cast<std::size_t>(place / size_ * 8 + place % size_)];
            for (int i = 0; i < kBlocksAbreast; ++i) {
                const int value = from[place * kBlocksAbreast + i];
                any |= place == 0 ? 0 : value;
                to[place * kBlocksAbreast + i] = static_cast<std::int16_t>(
                    std::clamp(value * factor, -kCoefficientMax, kCoefficientMax));
            }
        }
        detail[static_cast<std::size_t>(batch)] = any != 0;
        from += batch_size(size_);
        to += batch_size(size_);
    }
}

}  // namespace imagemill::image
