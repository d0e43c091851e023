// crc_fold: a run of bytes as 16 bytes with the same remainder, by carry-less multiplication.
// Private to crc.
//
// Shapes:  A reflected CRC of at most 64 bits. `value` is what stands before the first byte.
// Threads: pure.
// Cost:    64 bytes a step, some 10 GB/s, where the CPU multiplies so; has_folding says whether.
// Source:  Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ".
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace imagemill {

constexpr std::size_t kFoldBytes = 64;

// x to the powers that move a half of 16 bytes by 64 or by 16 bytes, modulo the polynomial; the
// highest bit stands for x to the power 0.
struct FoldPowers {
    std::array<std::uint64_t, 2> by_64 = {};
    std::array<std::uint64_t, 2> by_16 = {};
};
constexpr FoldPowers make_fold_powers(std::uint64_t reflected_polynomial, int size_bytes) {
    const auto power_of_x = [&](int exponent) {
        const auto bits = static_cast<unsigned>(size_bytes * 8);
        std::uint64_t value = UINT64_C(1) << (bits - 1);
        for (int i = 0; i < exponent; ++i) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ reflected_polynomial : value >> 1U;
        }
        return value << (64 - bits);
    };
    // A product of two reflected words is short of one bit: hence powers less one.
    return {.by_64 = {power_of_x(512 + 63), power_of_x(512 - 1)},
            .by_16 = {power_of_x(128 + 63), power_of_x(128 - 1)}};
}

bool has_folding();

// `bytes` is a multiple of kFoldBytes, and not nothing. Only where has_folding().
std::array<std::byte, 16> fold(const FoldPowers& powers, std::uint64_t value, Bytes bytes);

}  // namespace imagemill
