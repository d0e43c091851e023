// Compiled once for each instruction set: counting bits is what refinement is about.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/lane/progressive_ac.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>

#include "image/lane/progressive_blocks.h"

HWY_BEFORE_NAMESPACE();
namespace imagemill::image::HWY_NAMESPACE {
namespace {

HWY_INLINE std::uint64_t bits_below(int k) {
    return k >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << k) - 1;
}

// T.81 G.1.2.2
HWY_INLINE std::uint64_t read_first(Bits& bits, ScanState& state, const Places& places,
                                    std::int16_t* values) {
    const JpegScan& scan = state.scan;
    const int low = scan.low;
    const int last = scan.last;
    std::uint64_t found = 0;
    for (int k = scan.first; k <= last; ++k) {
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
        if (k > last) {
            state.is_flawless = false;
            break;
        }
        found |= std::uint64_t{symbol.size != 0} << k;
        values[places.at[static_cast<std::size_t>(k)].offset] =
            static_cast<std::int16_t>(value * (1 << low));
    }
    return found;
}

// One bit for each coefficient that is not zero: whether it grows by `bit`. Those kept are looked
// up by their rank; the others' bits are only passed. `passed` has at most 32.
HWY_INLINE void correct_some(Bits& bits, const AcRow& row, std::uint64_t passed, int bit,
                             std::int16_t* values) {
    const int count = std::popcount(passed);
    const std::uint64_t corrections = std::uint64_t{bits.take(count)} << (32 - count) << 32;
    for (std::uint64_t left = passed & row.kept; left != 0; left &= left - 1) {
        const int k = std::countr_zero(left);
        const int rank = std::popcount(passed & bits_below(k));
        const auto grows = static_cast<int>(corrections << rank >> 63);
        std::int16_t& value = values[row.places.at[static_cast<std::size_t>(k)].offset];
        value = static_cast<std::int16_t>(value + (value >= 0 ? bit : -bit) * grows);
    }
}

HWY_INLINE void correct(Bits& bits, const AcRow& row, std::uint64_t passed, int bit,
                        std::int16_t* values) {
    if (passed == 0) return;
    bits.refill();
    if (std::popcount(passed) > 32) [[unlikely]] {
        std::uint64_t rest = passed;
        for (int i = 0; i < 32; ++i) rest &= rest - 1;
        correct_some(bits, row, passed & ~rest, bit, values);
        bits.refill();
        passed = rest;
    }
    correct_some(bits, row, passed, bit, values);
}

// T.81 G.1.2.3
HWY_INLINE std::uint64_t refine(Bits& bits, ScanState& state, const AcRow& row,
                                std::int16_t* values, std::uint64_t nonzero) {
    const int last = state.scan.last;
    const int bit = 1 << state.scan.low;
    // What is not yet behind: of the band, the places that are not zero and those that are.
    std::uint64_t band = bits_below(last + 1) & ~bits_below(state.scan.first);
    std::uint64_t added = 0;
    while (state.end_of_band_run == 0 && band != 0) {
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
        std::uint64_t zeros = band & ~nonzero;
        for (int i = 0; i < symbol.advance; ++i) zeros &= zeros - 1;
        const std::uint64_t place = zeros & (~zeros + 1);
        const std::uint64_t before = band & (place - 1);  // The whole band where there is none.
        correct(bits, row, before & nonzero, bit, values);
        if (symbol.size != 0) {
            added |= place;
            state.is_flawless &= place != 0;
            const auto k = static_cast<std::size_t>(std::countr_zero(place));
            values[row.places.at[k].offset] = static_cast<std::int16_t>(value);
        }
        band &= ~(before | place);
    }
    if (state.end_of_band_run > 0) {
        correct(bits, row, nonzero & band, bit, values);
        --state.end_of_band_run;
    }
    return added;
}

bool read_ac_blocks_kernel(ScanBytes& bytes, ScanState& state, const AcRow& row, int first,
                           int end) {
    const bool is_first = state.scan.high == 0;
    for (int x = first; x < end; ++x) {
        if (is_first && state.end_of_band_run > 0) {  // Blocks of zeros.
            const auto run = std::min(state.end_of_band_run, static_cast<std::uint32_t>(end - x));
            state.end_of_band_run -= run;
            x += static_cast<int>(run) - 1;
            continue;
        }
        if (!bytes.fill_if_low()) return false;
        Bits bits = bytes.bits;
        std::int16_t* values =
            row.values + std::ptrdiff_t{x / kBlocksAbreast} * row.batch_size + x % kBlocksAbreast;
        std::uint64_t& nonzero = row.nonzero[x];
        nonzero |= is_first ? read_first(bits, state, row.places, values)
                            : refine(bits, state, row, values, nonzero);
        bytes.bits = bits;
    }
    return true;
}

}  // namespace
}  // namespace imagemill::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill::image {

HWY_EXPORT(read_ac_blocks_kernel);

bool read_ac_blocks(ScanBytes& bytes, ScanState& state, const AcRow& row, int first, int end) {
    return HWY_DYNAMIC_DISPATCH(read_ac_blocks_kernel)(bytes, state, row, first, end);
}

}  // namespace imagemill::image
#endif
