#include "base/base64_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace imagemill {
namespace {

constexpr std::size_t kBytes = 24;  // Of a step, that
constexpr std::size_t kChars = 32;  // are these.
constexpr std::size_t kHalf = kBytes / 2;

bool has_lanes() {
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
}

__attribute__((target("avx2"))) __m256i twice(__m128i half) {
    return _mm256_broadcastsi128_si256(half);
}

// Bytes 0 1 2 of each three as 1 0 2 1, then the four sixes of bits each into a byte of its own.
__attribute__((target("avx2"))) __m256i spread(__m256i bytes) {
    const __m256i order = twice(_mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
    const __m256i words = _mm256_shuffle_epi8(bytes, order);
    const __m256i outer = _mm256_mulhi_epu16(_mm256_and_si256(words, _mm256_set1_epi32(0x0fc0fc00)),
                                             _mm256_set1_epi32(0x04000040));
    const __m256i inner = _mm256_mullo_epi16(_mm256_and_si256(words, _mm256_set1_epi32(0x003f03f0)),
                                             _mm256_set1_epi32(0x01000010));
    return _mm256_or_si256(outer, inner);
}

// 0..25, 26..51, 52..61, 62, 63: each range is so far from its characters.
__attribute__((target("avx2"))) __m256i characters_of(__m256i values) {
    const __m256i distances =
        twice(_mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                            '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0));
    const __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    const __m256i is_capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    const __m256i place =
        _mm256_or_si256(range, _mm256_and_si256(is_capital, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(distances, place));
}

// A bit that both tables have for a character's halves says that it is none of the alphabet.
__attribute__((target("avx2"))) bool are_characters(__m256i text, __m256i high) {
    const __m256i by_low = twice(_mm_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                               0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A));
    const __m256i by_high = twice(_mm_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                                                0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10));
    const __m256i low = _mm256_and_si256(text, _mm256_set1_epi8(0x0f));
    return _mm256_testz_si256(_mm256_shuffle_epi8(by_low, low),
                              _mm256_shuffle_epi8(by_high, high)) != 0;
}

// By the upper half of the character; '/' has the row that no upper half has.
__attribute__((target("avx2"))) __m256i values_of(__m256i text, __m256i high) {
    const __m256i distances =
        twice(_mm_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0));
    const __m256i is_slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    return _mm256_add_epi8(text, _mm256_shuffle_epi8(distances, _mm256_add_epi8(is_slash, high)));
}

// Four sixes of bits into three bytes, those to the front.
__attribute__((target("avx2"))) __m256i pack(__m256i values) {
    const __m256i twelves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i words = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000));
    const __m256i order =
        twice(_mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1));
    return _mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(words, order),
                                       _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

__attribute__((target("avx2"))) std::size_t encode_avx2(Bytes from, char* to) {
    std::size_t taken = 0;
    // The second half is read with the 4 bytes after it.
    for (; taken + kBytes + 4 <= from.size(); taken += kBytes) {
        const std::byte* const at = from.data() + taken;
        const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + kHalf));
        const __m256i text = characters_of(spread(_mm256_set_m128i(second, first)));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), text);
        to += kChars;
    }
    return taken;
}

__attribute__((target("avx2"))) std::size_t decode_avx2(std::string_view from, std::byte* to) {
    std::size_t taken = 0;
    for (; taken + kChars <= from.size(); taken += kChars) {
        const __m256i text =
            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from.data() + taken));
        const __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), _mm256_set1_epi8(0x0f));
        if (!are_characters(text, high)) break;
        // 24 bytes, and 8 that the next ones overwrite.
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), pack(values_of(text, high)));
        to += kBytes;
    }
    return taken;
}

}  // namespace

std::size_t encode_lanes(Bytes from, char* to) {
    return has_lanes() ? encode_avx2(from, to) : 0;
}

std::size_t decode_lanes(std::string_view from, std::byte* to) {
    return has_lanes() ? decode_avx2(from, to) : 0;
}

}  // namespace imagemill

#else

namespace imagemill {

std::size_t encode_lanes(Bytes, char*) {
    return 0;
}

std::size_t decode_lanes(std::string_view, std::byte*) {
    return 0;
}

}  // namespace imagemill

#endif
