// Compiled once for each instruction set: shifts by a variable are what the time goes into, and
// they are three times as fast where there is BMI2.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/lane/jpeg_blocks.cpp"
#include "image/lane/jpeg_blocks.h"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "image/lane/zigzag.h"

HWY_BEFORE_NAMESPACE();
namespace imagemill::image::HWY_NAMESPACE {
namespace {

// Where a block's coefficients go, and whether any but DC did.
struct Target {
    std::int16_t* values;
    std::uint8_t* detail;
};

inline std::int16_t dequantise(int value, int quantiser) {
    return static_cast<std::int16_t>(
        std::clamp(value * quantiser, -kCoefficientMax, kCoefficientMax));
}

// From place k on, one code at a time, as long as places are kept.
inline int read_kept(Bits& bits, const HuffmanTable& table, const Places& places, Target target) {
    int k = 1;
    unsigned kept = 0;
    while (k <= places.last) {
        bits.refill();
        const Symbol symbol = table.find(bits.buffer);
        k += symbol.advance;
        const Places::Place place = places.at[static_cast<std::size_t>(k)];
        target.values[place.offset] = dequantise(symbol.value(bits.buffer), place.quantiser);
        kept |= place.is_kept;
        bits.pass(symbol.bits);
        ++k;
    }
    *target.detail = static_cast<std::uint8_t>(*target.detail | kept);
    return k;
}

// To the end of the block. A passage may hold codes past place 63, of the next block: such are not
// taken, and the codes read one by one.
inline int pass_over(Bits& bits, const HuffmanTable& table, int k) {
    while (k < 64) {
        bits.refill();
        Bits before = bits;
        int k_before = k;
        for (int i = 0; i < 4 && k < 64; ++i) {
            before = bits;
            k_before = k;
            const Passage passage = table.passage(bits.buffer);
            bits.pass(passage.bits);
            k += passage.advance;
        }
        const bool is_right = k <= 64 || (k >= kBlockEnded && k <= 64 + kEndOfBlock);
        if (is_right) [[likely]]
            continue;
        bits = before;
        bits.refill();
        const Symbol symbol = table.find(bits.buffer);
        bits.pass(symbol.bits);
        k = k_before + symbol.advance + 1;
    }
    return k;
}

// False where its codes do not end where a block ends.
inline bool read_block(Bits& bits, BlockRows& rows, Target target) {
    bits.refill();
    const Symbol symbol = rows.dc->find(bits.buffer);
    // Damaged data may add up to anything: it wraps as the 16 bits it is kept in.
    rows.prediction = static_cast<std::int16_t>(rows.prediction + symbol.value(bits.buffer));
    bits.pass(symbol.bits);
    target.values[0] = dequantise(rows.prediction, rows.places.at[0].quantiser);
    int k = read_kept(bits, *rows.ac, rows.places, target);
    k = pass_over(bits, *rows.ac, k);
    return symbol.advance == 0 && (k == 64 || k >= kBlockEnded);
}

inline Target target_of(BlockRows& rows, std::size_t row, int column) {
    const int batch = column / kBlocksAbreast;
    return {.values = rows.coefficients[row].data() + std::ptrdiff_t{batch} * rows.batch_size +
                      column % kBlocksAbreast,
            .detail = rows.detail[row].data() + batch};
}

bool read_mcus_kernel(ScanBytes& scan, std::span<BlockRows> components, int first, int end) {
    bool is_flawless = true;
    for (int mcu = first; mcu < end; ++mcu) {
        if (!scan.fill_if_low()) return false;
        Bits bits = scan.bits;
        for (BlockRows& rows : components) {
            for (int y = 0; y < rows.blocks_y; ++y) {
                for (int x = 0; x < rows.blocks_x; ++x) {
                    const Target target =
                        target_of(rows, static_cast<std::size_t>(y), mcu * rows.blocks_x + x);
                    is_flawless &= read_block(bits, rows, target);
                }
            }
        }
        scan.bits = bits;
    }
    return is_flawless;
}

}  // namespace
}  // namespace imagemill::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill::image {

HWY_EXPORT(read_mcus_kernel);

bool read_mcus(ScanBytes& scan, std::span<BlockRows> components, int first, int end) {
    return HWY_DYNAMIC_DISPATCH(read_mcus_kernel)(scan, components, first, end);
}

Places make_places(const std::array<std::uint16_t, 64>& quantiser, int size) {
    Places places;
    const auto nowhere = static_cast<std::uint16_t>(size * size * kBlocksAbreast);
    places.at.fill({.offset = nowhere});
    for (int k = 0; k < 64; ++k) {
        const int place = kZigzag[static_cast<std::size_t>(k)];
        if (place / 8 >= size || place % 8 >= size) continue;
        places.at[static_cast<std::size_t>(k)] = {
            .offset = static_cast<std::uint16_t>((place / 8 * size + place % 8) * kBlocksAbreast),
            .quantiser = quantiser[static_cast<std::size_t>(place)],
            .is_kept = 1};
        places.last = k;
    }
    return places;
}

}  // namespace imagemill::image
#endif
