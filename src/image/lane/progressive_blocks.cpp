#include "image/lane/progressive_blocks.h"

#include <algorithm>
#include <bit>

#include "image/lane/zigzag.h"

namespace imagemill::image {
namespace {

constexpr std::uint64_t bits_below(int k) {
    return k >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << k) - 1;
}

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

std::int16_t* ProgressiveBlocks::values_of(int row, int column) {
    const auto batch = std::ptrdiff_t{row} * batches_ + column / kBlocksAbreast;
    return values_.data() + batch * batch_size(size_) + column % kBlocksAbreast;
}

// T.81 G.1.2.1
void ProgressiveBlocks::read_dc(Bits& bits, ScanState& state, int row, int column,
                                int& prediction) {
    std::int16_t& dc = *values_of(row, column);
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

void ProgressiveBlocks::read_ac(Bits& bits, ScanState& state, int row, int column) {
    std::uint64_t& nonzero =
        nonzero_[static_cast<std::size_t>(row) * static_cast<std::size_t>(stride_) +
                 static_cast<std::size_t>(column)];
    std::int16_t* values = values_of(row, column);
    if (state.scan.high == 0) {
        read_ac_first(bits, state, values, nonzero);
    } else {
        refine_ac(bits, state, values, nonzero);
    }
}

// T.81 G.1.2.2
void ProgressiveBlocks::read_ac_first(Bits& bits, ScanState& state, std::int16_t* values,
                                      std::uint64_t& nonzero) {
    const JpegScan& scan = state.scan;
    int k = scan.first;
    std::uint64_t found = 0;
    while (k <= scan.last) {
        bits.refill();
        const Symbol symbol = state.table.find(bits.buffer);
        const int value = symbol.value(bits.buffer);
        bits.pass(symbol.bits);
        if (symbol.advance >= kEndOfBlock) {
            const int run = symbol.advance - kEndOfBlock;
            state.end_of_band_run = (1U << run) - 1 + bits.take(run);
            break;
        }
        k += symbol.advance;
        if (k > scan.last) {
            state.is_flawless = false;
            break;
        }
        found |= std::uint64_t{symbol.size != 0} << k;
        values[places_.at[static_cast<std::size_t>(k)].offset] =
            static_cast<std::int16_t>(value * (1 << scan.low));
        ++k;
    }
    nonzero |= found;
}

// One bit for each coefficient that is not zero: whether it grows by `bit`. Those kept are looked
// up by their rank; the others' bits are only passed.
void ProgressiveBlocks::correct(Bits& bits, std::uint64_t passed, int bit,
                                std::int16_t* values) const {
    while (passed != 0) {
        std::uint64_t rest = 0;
        int count = std::popcount(passed);
        if (count > 32) {
            rest = passed;
            for (count = 0; count < 32; ++count) rest &= rest - 1;
            passed &= ~rest;
        }
        bits.refill();
        const std::uint64_t corrections = bits.take(count);
        for (std::uint64_t left = passed & kept_; left != 0; left &= left - 1) {
            const int k = std::countr_zero(left);
            const int rank = std::popcount(passed & bits_below(k));
            if ((corrections >> (count - 1 - rank) & 1) == 0) continue;
            std::int16_t& value = values[places_.at[static_cast<std::size_t>(k)].offset];
            value = static_cast<std::int16_t>(value + (value >= 0 ? bit : -bit));
        }
        passed = rest;
    }
}

// T.81 G.1.2.3
void ProgressiveBlocks::refine_ac(Bits& bits, ScanState& state, std::int16_t* values,
                                  std::uint64_t& nonzero) {
    const JpegScan& scan = state.scan;
    const int bit = 1 << scan.low;
    const std::uint64_t band = bits_below(scan.last + 1) & ~bits_below(scan.first);
    const std::uint64_t present = nonzero & band;
    std::uint64_t added = 0;
    int k = scan.first;
    while (state.end_of_band_run == 0 && k <= scan.last) {
        bits.refill();
        const Symbol symbol = state.table.find(bits.buffer);
        const int value = symbol.value(bits.buffer) * bit;
        bits.pass(symbol.bits);
        if (symbol.advance >= kEndOfBlock) {
            const int run = symbol.advance - kEndOfBlock;
            state.end_of_band_run = (1U << run) + bits.take(run);
            break;
        }
        if (symbol.size > 1 || symbol.advance == kNoCode) {
            state.is_flawless = false;
            break;
        }
        // The place of the zero that as many zeros as the run says stand before.
        std::uint64_t zeros = ~nonzero & band & ~bits_below(k);
        for (int i = 0; i < symbol.advance && zeros != 0; ++i) zeros &= zeros - 1;
        const int place = zeros == 0 ? scan.last + 1 : std::countr_zero(zeros);
        correct(bits, present & ~bits_below(k) & bits_below(place), bit, values);
        if (place > scan.last) {
            state.is_flawless &= symbol.size == 0;
        } else if (symbol.size != 0) {
            added |= std::uint64_t{1} << place;
            values[places_.at[static_cast<std::size_t>(place)].offset] =
                static_cast<std::int16_t>(value);
        }
        k = place + 1;
    }
    if (state.end_of_band_run > 0) {
        correct(bits, present & ~bits_below(k), bit, values);
        --state.end_of_band_run;
    }
    nonzero |= added;
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
