#include "base/crc_fold.h"

#include "base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace imagemill {
namespace {

constexpr std::size_t kLanes = 4;

__attribute__((target("pclmul"))) __m128i moved(__m128i lane, __m128i powers) {
    return _mm_xor_si128(_mm_clmulepi64_si128(lane, powers, 0x00),
                         _mm_clmulepi64_si128(lane, powers, 0x11));
}

__m128i pair(const std::array<std::uint64_t, 2>& words) {
    return _mm_set_epi64x(static_cast<std::int64_t>(words[1]), static_cast<std::int64_t>(words[0]));
}

}  // namespace

bool has_folding() {
    static const bool has = __builtin_cpu_supports("pclmul") != 0;
    return has;
}

__attribute__((target("pclmul"))) std::array<std::byte, 16> fold(const FoldPowers& powers,
                                                                 std::uint64_t value, Bytes bytes) {
    CHECK(!bytes.empty() && bytes.size() % kFoldBytes == 0);
    const __m128i by_64 = pair(powers.by_64);
    const __m128i by_16 = pair(powers.by_16);
    const auto* from = reinterpret_cast<const __m128i*>(bytes.data());
    const auto* const end = from + bytes.size() / sizeof(__m128i);
    __m128i lanes[kLanes];
    for (__m128i& lane : lanes) lane = _mm_loadu_si128(from++);
    lanes[0] = _mm_xor_si128(lanes[0], pair({value, 0}));
    while (from != end) {
        for (__m128i& lane : lanes) {
            lane = _mm_xor_si128(moved(lane, by_64), _mm_loadu_si128(from++));
        }
    }
    __m128i whole = lanes[0];
    for (std::size_t i = 1; i < kLanes; ++i) {
        whole = _mm_xor_si128(moved(whole, by_16), lanes[i]);
    }
    std::array<std::byte, 16> folded;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(folded.data()), whole);
    return folded;
}

}  // namespace imagemill

#else

namespace imagemill {

bool has_folding() {
    return false;
}

std::array<std::byte, 16> fold(const FoldPowers&, std::uint64_t, Bytes) {
    CHECK(false);
    return {};
}

}  // namespace imagemill

#endif
