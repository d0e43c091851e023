#include "base/crc.h"

#include <bit>
#include <cstring>

#include "base/crc_fold.h"

namespace imagemill {
namespace {

constexpr std::uint64_t kPolynomial32 = 0xEDB88320U;
constexpr std::uint64_t kPolynomial32c = 0x82F63B78U;
constexpr std::uint64_t kPolynomial64Nvme = UINT64_C(0x9A6C9329AC4BC9B5);

constexpr CrcTables make_tables(std::uint64_t reflected_polynomial) {
    CrcTables tables{};
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ reflected_polynomial : value >> 1U;
        }
        tables[0][byte] = value;
    }
    for (std::size_t k = 1; k < tables.size(); ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint64_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8U) ^ tables[0][before & 0xFFU];
        }
    }
    return tables;
}

constexpr CrcTables kTables32 = make_tables(kPolynomial32);
constexpr CrcTables kTables32c = make_tables(kPolynomial32c);
constexpr CrcTables kTables64Nvme = make_tables(kPolynomial64Nvme);
constexpr FoldPowers kPowers32 = make_fold_powers(kPolynomial32, 4);
constexpr FoldPowers kPowers32c = make_fold_powers(kPolynomial32c, 4);
constexpr FoldPowers kPowers64Nvme = make_fold_powers(kPolynomial64Nvme, 8);

std::uint64_t ones_of(const CrcKind& kind) {
    return kind.size_bytes == 8 ? ~UINT64_C(0) : UINT64_C(0xFFFFFFFF);
}

std::uint64_t from_big_endian(Bytes bytes) {
    std::uint64_t value = 0;
    for (const std::byte byte : bytes) value = value << 8U | std::to_integer<std::uint64_t>(byte);
    return value;
}

Buffer to_big_endian(std::uint64_t value, int size_bytes) {
    Buffer bytes;
    for (int shift = (size_bytes - 1) * 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>((value >> static_cast<unsigned>(shift)) & 0xFFU));
    }
    return bytes;
}

// Polynomials over GF(2), their highest bit standing for x to the power 0.
std::uint64_t multiply(const CrcKind& kind, std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    const auto top = static_cast<unsigned>(kind.size_bytes * 8 - 1);
    for (std::uint64_t bit = UINT64_C(1) << top; bit != 0; bit >>= 1U) {
        if ((a & bit) != 0) product ^= b;
        b = (b & 1U) != 0 ? (b >> 1U) ^ kind.reflected_polynomial : b >> 1U;
    }
    return product;
}

}  // namespace

const CrcKind kCrc32{kPolynomial32, 4, &kTables32, &kPowers32};
const CrcKind kCrc32c{kPolynomial32c, 4, &kTables32c, &kPowers32c};
const CrcKind kCrc64Nvme{kPolynomial64Nvme, 8, &kTables64Nvme, &kPowers64Nvme};

Crc::Crc(const CrcKind& kind) : kind_(&kind), value_(ones_of(kind)) {}

void Crc::update(Bytes bytes) {
    const std::size_t foldable = bytes.size() / kFoldBytes * kFoldBytes;
    if (foldable > 0 && has_folding()) {
        const auto folded = fold(*kind_->powers, value_, bytes.first(foldable));
        value_ = 0;
        update_by_tables(folded);
        bytes = bytes.subspan(foldable);
    }
    update_by_tables(bytes);
}

void Crc::update_by_tables(Bytes bytes) {
    static_assert(std::endian::native == std::endian::little);
    const CrcTables& tables = *kind_->tables;
    std::uint64_t value = value_;
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        word ^= value;
        value = 0;
        for (std::size_t k = 0; k < 8; ++k) value ^= tables[7 - k][(word >> (8 * k)) & 0xFFU];
    }
    for (const std::byte byte : bytes) {
        value = tables[0][(value ^ std::to_integer<std::uint64_t>(byte)) & 0xFFU] ^ (value >> 8U);
    }
    value_ = value;
}

Buffer Crc::finish() const {
    return to_big_endian(value_ ^ ones_of(*kind_), kind_->size_bytes);
}

Buffer combine(const CrcKind& kind, Bytes a, Bytes b, std::int64_t b_bytes) {
    const auto top = static_cast<unsigned>(kind.size_bytes * 8 - 1);
    std::uint64_t shift = UINT64_C(1) << top;
    std::uint64_t power = UINT64_C(1) << (top - 8);  // x to the power 8: one byte.
    for (auto left = static_cast<std::uint64_t>(b_bytes); left != 0; left >>= 1U) {
        if ((left & 1U) != 0) shift = multiply(kind, power, shift);
        power = multiply(kind, power, power);
    }
    const std::uint64_t moved = multiply(kind, shift, from_big_endian(a));
    return to_big_endian(moved ^ from_big_endian(b), kind.size_bytes);
}

}  // namespace imagemill
