#include "image/vips/alpha_rows.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace imagemill::image {
namespace {

constexpr std::uint32_t kOpaque = 255;

// 255 / alpha with so many bits of fraction that, rounded up, every quotient of bytes comes out to
// the nearest, halves upward.
constexpr int kFraction = 24;
constexpr std::array<std::uint64_t, 256> kOver = [] {
    std::array<std::uint64_t, 256> over{};
    for (std::uint64_t alpha = 1; alpha <= kOpaque; ++alpha) {
        over[alpha] = ((std::uint64_t{kOpaque} << kFraction) + alpha - 1) / alpha;
    }
    return over;
}();

struct Multiply {
    std::uint32_t alpha;
    std::uint8_t operator()(std::uint32_t colour) const {
        const std::uint32_t twice = colour * alpha + 128;  // Exact: Blinn, Jim: Three Wrongs, 1995.
        return static_cast<std::uint8_t>((twice + (twice >> 8)) >> 8);
    }
};

struct Divide {
    std::uint32_t alpha;
    std::uint8_t operator()(std::uint32_t colour) const {
        const std::uint64_t quotient = colour * kOver[alpha] + (1U << (kFraction - 1));
        return static_cast<std::uint8_t>(std::min(quotient >> kFraction, std::uint64_t{kOpaque}));
    }
};

// Most pixels of most pictures are opaque or not there at all: neither needs arithmetic.
template <typename Change, int bands>
void change(const AlphaRow& row) {
    std::uint8_t* to = row.target;
    const std::uint8_t* end = row.source.data() + row.source.size();
    for (const std::uint8_t* from = row.source.data(); from != end; from += bands, to += bands) {
        const std::uint32_t alpha = from[bands - 1];
        if (alpha == kOpaque) {
            std::memcpy(to, from, bands);
        } else if (alpha == 0) {
            std::memset(to, 0, bands);
        } else {
            const Change one{alpha};
            for (int band = 0; band < bands - 1; ++band) to[band] = one(from[band]);
            to[bands - 1] = static_cast<std::uint8_t>(alpha);
        }
    }
}

template <typename Change>
void change_any(const AlphaRow& row) {
    if (row.bands == 4) return change<Change, 4>(row);
    change<Change, 2>(row);
}

}  // namespace

void multiply_row(const AlphaRow& row) {
    change_any<Multiply>(row);
}

void divide_row(const AlphaRow& row) {
    change_any<Divide>(row);
}

}  // namespace imagemill::image
