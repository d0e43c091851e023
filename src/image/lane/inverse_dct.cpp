// Compiled once for each instruction set; the fastest the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/lane/inverse_dct.cpp"
#include "image/lane/inverse_dct.h"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <cstring>

#include "base/check.h"

HWY_BEFORE_NAMESPACE();
namespace imagemill::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

void inverse_dct_kernel(const BatchRow& row) {
    inverse_dct_plainly(row);
}

#else

// The samples of a batch: for each, by rows, those of its eight blocks.
using Samples = std::uint8_t (*)[kBlocksAbreast];

// `kSize` points, `kStride` apart. Weights of even coefficients are the same from both ends, those
// of odd ones opposite.
template <int kSize, int kStride, int kShift, class D, class V = hn::Vec<D> >
HWY_INLINE void transform(D d, const V* in, V* out, V bias) {
    for (int x = 0; x < (kSize + 1) / 2; ++x) {
        V even = bias;
        V odd = hn::Zero(d);
        for (int k = 0; k < kSize; k += 2) {
            even = hn::Add(even, hn::Mul(in[k * kStride], hn::Set(d, dct_weight(kSize, x, k))));
        }
        for (int k = 1; k < kSize; k += 2) {
            odd = hn::Add(odd, hn::Mul(in[k * kStride], hn::Set(d, dct_weight(kSize, x, k))));
        }
        out[x * kStride] = hn::ShiftRight<kShift>(hn::Add(even, odd));
        out[(kSize - 1 - x) * kStride] = hn::ShiftRight<kShift>(hn::Sub(even, odd));
    }
}

template <int kSize>
HWY_INLINE void run_batch(const std::int16_t* values, Samples samples) {
    const hn::CappedTag<std::int32_t, kBlocksAbreast> d;
    using V = hn::Vec<decltype(d)>;
    const hn::Rebind<std::int16_t, decltype(d)> d16;
    const hn::Rebind<std::uint8_t, decltype(d)> d8;
    constexpr int kDown = kDctBits - kDctFraction;
    constexpr int kAcross = kDctBits + kDctFraction;
    const V bias_down = hn::Set(d, 1 << (kDown - 1));
    const V bias_across = hn::Set(d, (128 << kAcross) + (1 << (kAcross - 1)));
    for (std::size_t lane = 0; lane < kBlocksAbreast; lane += hn::Lanes(d)) {
        V in[kSize * kSize];
        V columns[kSize * kSize];
        V out[kSize];
        for (int i = 0; i < kSize * kSize; ++i) {
            in[i] = hn::PromoteTo(d, hn::LoadU(d16, values + i * kBlocksAbreast + lane));
        }
        for (int x = 0; x < kSize; ++x) {
            transform<kSize, kSize, kDown>(d, in + x, columns + x, bias_down);
        }
        for (int y = 0; y < kSize; ++y) {
            transform<kSize, 1, kAcross>(d, columns + y * kSize, out, bias_across);
            for (int x = 0; x < kSize; ++x) {
                hn::StoreU(hn::DemoteTo(d8, out[x]), d8, samples[y * kSize + x] + lane);
            }
        }
    }
}

// One row of samples, from by-sample to by-block: eight times kSize bytes in a row.
template <int kSize>
HWY_INLINE void store_row(const std::uint8_t (*samples)[kBlocksAbreast], std::uint8_t* out) {
    const hn::FixedTag<std::uint8_t, 16> d8;
    const hn::FixedTag<std::uint16_t, 8> d16;
    const hn::FixedTag<std::uint32_t, 4> d32;
    const auto load = [&](int x) HWY_ATTR {
        return hn::LoadU(d8, reinterpret_cast<const std::uint8_t*>(samples + x));
    };
    if constexpr (kSize == 1) {
        std::memcpy(out, samples[0], kBlocksAbreast);
    } else if constexpr (kSize == 2) {
        hn::StoreU(hn::InterleaveLower(d8, load(0), load(1)), d8, out);
    } else {
        const auto none = hn::Zero(d8);
        const auto a = hn::BitCast(d16, hn::InterleaveLower(d8, load(0), load(1)));
        const auto b =
            hn::BitCast(d16, hn::InterleaveLower(d8, load(2), kSize > 3 ? load(3) : none));
        const auto low = hn::BitCast(d32, hn::InterleaveLower(d16, a, b));
        const auto high = hn::BitCast(d32, hn::InterleaveUpper(d16, a, b));
        if constexpr (kSize <= 4) {
            std::uint8_t blocks[kBlocksAbreast * 4];
            std::uint8_t* to = kSize == 4 ? out : blocks;
            hn::StoreU(hn::BitCast(d8, low), d8, to);
            hn::StoreU(hn::BitCast(d8, high), d8, to + 16);
            if constexpr (kSize == 3) {
                for (int i = 0; i < kBlocksAbreast; ++i)
                    std::memcpy(out + i * 3, blocks + i * 4, 4);
            }
        } else {
            const auto c =
                hn::BitCast(d16, hn::InterleaveLower(d8, load(4), kSize > 5 ? load(5) : none));
            const auto zero = hn::Zero(d16);
            const auto c_low = hn::BitCast(d32, hn::InterleaveLower(d16, c, zero));
            const auto c_high = hn::BitCast(d32, hn::InterleaveUpper(d16, c, zero));
            std::uint8_t blocks[kBlocksAbreast * 8];
            hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d32, low, c_low)), d8, blocks);
            hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d32, low, c_low)), d8, blocks + 16);
            hn::StoreU(hn::BitCast(d8, hn::InterleaveLower(d32, high, c_high)), d8, blocks + 32);
            hn::StoreU(hn::BitCast(d8, hn::InterleaveUpper(d32, high, c_high)), d8, blocks + 48);
            for (int i = 0; i < kBlocksAbreast; ++i) {
                std::memcpy(out + i * kSize, blocks + i * 8, 8);
            }
        }
    }
}

// All samples of a block are its mean: one row serves for all.
template <int kSize>
HWY_INLINE void run_flat_batch(const std::int16_t* values, std::uint8_t* out,
                               std::ptrdiff_t stride) {
    constexpr int kDown = kDctBits - kDctFraction;
    constexpr int kAcross = kDctBits + kDctFraction;
    std::uint8_t samples[kSize + 1][kBlocksAbreast];
    for (int i = 0; i < kBlocksAbreast; ++i) {
        const int column = (values[i] * dct_weight(kSize, 0, 0) + (1 << (kDown - 1))) >> kDown;
        const int sum = column * dct_weight(kSize, 0, 0) + (128 << kAcross);
        const int sample = (sum + (1 << (kAcross - 1))) >> kAcross;
        samples[0][i] = static_cast<std::uint8_t>(sample < 0 ? 0 : sample > 255 ? 255 : sample);
    }
    for (int x = 1; x < kSize; ++x) std::memcpy(samples[x], samples[0], kBlocksAbreast);
    store_row<kSize>(samples, out);
    for (int y = 1; y < kSize; ++y) std::memcpy(out + y * stride, out, kSize * kBlocksAbreast);
}

template <int kSize>
void run(const BatchRow& row) {
    // One batch of room behind the last sample: rows are loaded sixteen bytes at a time.
    std::uint8_t samples[kSize * kSize + 1][kBlocksAbreast] = {};
    std::uint8_t* out = row.samples;
    const std::int16_t* values = row.coefficients;
    for (int i = 0; i < row.batches; ++i) {
        if (row.detail[i] == 0) {
            run_flat_batch<kSize>(values, out, row.stride);
        } else {
            run_batch<kSize>(values, samples);
            for (int y = 0; y < kSize; ++y) {
                store_row<kSize>(samples + y * kSize, out + y * row.stride);
            }
        }
        values += batch_size(kSize);
        out += kSize * kBlocksAbreast;
    }
}

void inverse_dct_kernel(const BatchRow& row) {
    switch (row.size) {
        case 1:
            return run<1>(row);
        case 2:
            return run<2>(row);
        case 3:
            return run<3>(row);
        case 4:
            return run<4>(row);
        case 5:
            return run<5>(row);
        default:
            return run<6>(row);
    }
}

#endif

}  // namespace
}  // namespace imagemill::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill::image {

HWY_EXPORT(inverse_dct_kernel);

void inverse_dct(const BatchRow& row) {
    CHECK(row.size >= 1 && row.size <= kSizeMax);
    HWY_DYNAMIC_DISPATCH(inverse_dct_kernel)(row);
}

}  // namespace imagemill::image
#endif
