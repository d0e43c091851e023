// Compiled once for each instruction set; the fastest the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/lane/kernels.cpp"
#include "image/lane/kernels.h"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace imagemill::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void rows_kernel(Rows rows, const std::int16_t* weights, int width, std::int16_t* out) {
    blend_rows_plainly(rows, weights, width, out);
}

void across_kernel(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out) {
    blend_across_plainly(row, axis, width, out);
}

#else

// Rows go in pairs, interleaved, so that one multiply-and-add takes both with their two weights.
void rows_kernel(Rows rows, const std::int16_t* weights, int width, std::int16_t* out) {
    const hn::ScalableTag<std::int16_t> d16;
    const hn::Rebind<std::uint8_t, decltype(d16)> d8;
    const hn::RepartitionToWide<decltype(d16)> d32;
    constexpr int kShift = kWeightBits - kRowBits;
    const int step = static_cast<int>(hn::Lanes(d16));
    const auto half = hn::Set(d32, 1 << (kShift - 1));
    for (int x = 0; x < width; x += step) {
        auto low = hn::Zero(d32);
        auto high = hn::Zero(d32);
        auto low_rest = hn::Zero(d32);
        auto high_rest = hn::Zero(d32);
        for (std::size_t t = 0; t < rows.size(); t += 2) {
            const auto a = hn::PromoteTo(d16, hn::LoadU(d8, rows[t] + x));
            const auto b = hn::PromoteTo(d16, hn::LoadU(d8, rows[t + 1] + x));
            std::int32_t pair = 0;
            std::memcpy(&pair, weights + t, sizeof pair);
            const auto weight = hn::BitCast(d16, hn::Set(d32, pair));
            low = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveLower(d16, a, b), weight, low,
                                                low_rest);
            high = hn::ReorderWidenMulAccumulate(d32, hn::InterleaveUpper(d16, a, b), weight, high,
                                                 high_rest);
        }
        // Only here: what a sum begins with may be added up with its neighbour's (NEON does so).
        low = hn::Add(hn::RearrangeToOddPlusEven(low, low_rest), half);
        high = hn::Add(hn::RearrangeToOddPlusEven(high, high_rest), half);
        low = hn::ShiftRight<kShift>(low);
        high = hn::ShiftRight<kShift>(high);
        // Both halves were interleaved within blocks, as ReorderDemote2To packs them again.
        hn::StoreU(hn::ReorderDemote2To(d16, low, high), d16, out + x);
    }
}

template <class D16, class D32>
hn::Vec<D32> dot(D16 d16, D32 d32, const std::int16_t* row, const std::int16_t* weights, int taps) {
    auto sum = hn::Zero(d32);
    auto rest = hn::Zero(d32);
    for (int t = 0; t < taps; t += kAcrossTapsUnit) {
        sum = hn::ReorderWidenMulAccumulate(d32, hn::LoadU(d16, row + t),
                                            hn::LoadU(d16, weights + t), sum, rest);
    }
    return hn::RearrangeToOddPlusEven(sum, rest);
}

// Four outputs at once, so that their four partial sums are added up together.
void across_kernel(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out) {
    const hn::FixedTag<std::int16_t, 8> d16;
    const hn::FixedTag<std::int32_t, 4> d32;
    const hn::FixedTag<std::int64_t, 2> d64;
    const hn::FixedTag<std::int16_t, 4> h16;
    const hn::FixedTag<std::uint8_t, 4> h8;
    constexpr int kShift = kWeightBits + kRowBits;
    const auto half = hn::Set(d32, 1 << (kShift - 1));
    const int taps = axis.taps;
    const int* first = axis.first.data();
    const std::int16_t* weights = axis.weights.data();
    int x = 0;
    for (; x + 4 <= width; x += 4, weights += 4 * taps) {
        const auto a = dot(d16, d32, row + first[x], weights, taps);
        const auto b = dot(d16, d32, row + first[x + 1], weights + taps, taps);
        const auto c = dot(d16, d32, row + first[x + 2], weights + 2 * taps, taps);
        const auto d = dot(d16, d32, row + first[x + 3], weights + 3 * taps, taps);
        const auto ab = hn::BitCast(
            d64, hn::Add(hn::InterleaveLower(d32, a, b), hn::InterleaveUpper(d32, a, b)));
        const auto cd = hn::BitCast(
            d64, hn::Add(hn::InterleaveLower(d32, c, d), hn::InterleaveUpper(d32, c, d)));
        const auto sums = hn::Add(hn::BitCast(d32, hn::InterleaveLower(d64, ab, cd)),
                                  hn::BitCast(d32, hn::InterleaveUpper(d64, ab, cd)));
        const auto rounded = hn::ShiftRight<kShift>(hn::Add(sums, half));
        hn::StoreU(hn::DemoteTo(h8, hn::DemoteTo(h16, rounded)), h8, out + x);
    }
    blend_across_from(row, axis, x, width, out);
}

#endif

}  // namespace
}  // namespace imagemill::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill::image {

HWY_EXPORT(rows_kernel);
HWY_EXPORT(across_kernel);

void blend_rows(Rows rows, const std::int16_t* weights, int width, std::int16_t* out) {
    HWY_DYNAMIC_DISPATCH(rows_kernel)(rows, weights, width, out);
}

void blend_across(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out) {
    HWY_DYNAMIC_DISPATCH(across_kernel)(row, axis, width, out);
}

}  // namespace imagemill::image
#endif
