#include "image/lane/inverse_dct.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

namespace imagemill::image {
namespace {

constexpr int kBatches = 7;

struct Picture {
    int size;
    std::vector<std::int16_t> coefficients;
    std::vector<std::uint8_t> detail;
    std::vector<std::uint8_t> samples;
    int stride;

    explicit Picture(int n)
        : size(n),
          coefficients(static_cast<std::size_t>(kBatches * batch_size(n))),
          detail(kBatches, 1),
          stride(kBatches * kBlocksAbreast * n + 64) {
        samples.resize(static_cast<std::size_t>(stride * n));
    }
    BatchRow row() {
        return {.coefficients = coefficients.data(),
                .detail = detail.data(),
                .batches = kBatches,
                .size = size,
                .samples = samples.data(),
                .stride = stride};
    }
    // What the picture covers; behind it anything may have been written.
    std::vector<std::uint8_t> shown() const {
        std::vector<std::uint8_t> all;
        for (int y = 0; y < size; ++y) {
            const auto* start = samples.data() + std::ptrdiff_t{y} * stride;
            all.insert(all.end(), start, start + kBatches * kBlocksAbreast * size);
        }
        return all;
    }
};

TEST(InverseDct, FastAndPlainAgreeToTheLastBit) {
    std::mt19937 random(1);
    for (int size = 1; size <= kSizeMax; ++size) {
        for (const int range : {3, 40, 400, kCoefficientMax}) {
            Picture fast(size);
            for (auto& value : fast.coefficients) {
                const int number = static_cast<int>(random() % (2U * range + 1)) - range;
                value = static_cast<std::int16_t>(number);
            }
            Picture plain = fast;

            inverse_dct(fast.row());
            inverse_dct_plainly(plain.row());

            EXPECT_EQ(fast.shown(), plain.shown()) << size << ", ±" << range;
        }
    }
}

TEST(InverseDct, BlocksOfOneLevelAreThatLevelWhetherOrNotTheyAreKnownToBe) {
    for (int size = 1; size <= kSizeMax; ++size) {
        for (const int dc : {-4000, -1024, -1, 0, 1, 7, 500, 1016, 4000}) {
            Picture known(size);
            for (int batch = 0; batch < kBatches; ++batch) {
                auto* at = known.coefficients.data() + batch * batch_size(size);
                std::fill_n(at, kBlocksAbreast, static_cast<std::int16_t>(dc));
            }
            Picture unknown = known;
            std::ranges::fill(known.detail, std::uint8_t{0});

            inverse_dct(known.row());
            inverse_dct(unknown.row());

            EXPECT_EQ(known.shown(), unknown.shown()) << size << ": " << dc;
            EXPECT_NEAR(known.shown()[0], std::clamp(128 + dc / 8.0, 0.0, 255.0), 0.6) << dc;
        }
    }
}

TEST(InverseDct, WeightsAreHalfCosines) {
    for (int size = 1; size <= kSizeMax; ++size) {
        for (int x = 0; x < size; ++x) {
            EXPECT_NEAR(dct_weight(size, x, 0), 8192 * std::sqrt(0.125), 0.5);
            for (int k = 1; k < size; ++k) {
                const double angle = (2 * x + 1) * k * std::numbers::pi / (2 * size);
                EXPECT_NEAR(dct_weight(size, x, k), 4096 * std::cos(angle), 0.5);
            }
        }
    }
}

}  // namespace
}  // namespace imagemill::image
