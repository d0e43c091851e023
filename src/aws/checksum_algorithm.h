// checksum_algorithm: the checksums that S3 keeps of an object: their names on the wire, and how
// they are added up.
//
// Threads: a Sum belongs to one thread at a time; all else is constant.
// Source:  Amazon S3 user guide, "Checking object integrity in Amazon S3".
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/crc.h"
#include "base/digest.h"

namespace imagemill::aws {

// One row each in the .cpp.
struct Algorithm {
    std::string_view name;  // As x-amz-sdk-checksum-algorithm has it: "CRC32C".
    std::string_view header;
    std::string_view element;  // Of XML: "ChecksumCRC32C".
    std::size_t size_bytes;
    const CrcKind* crc;  // Of a CRC; null for a hash, whose parts make no whole.
    DigestKind digest = DigestKind::md5;
};
std::span<const Algorithm> algorithms();
// Null, where S3 has none of that name (in any case of letters).
const Algorithm* find_algorithm(std::string_view name);

// What is computed of an object whose client says nothing: as S3 does.
inline constexpr std::string_view kDefaultAlgorithm = "CRC64NVME";
inline constexpr std::string_view kFullObject = "FULL_OBJECT";
inline constexpr std::string_view kComposite = "COMPOSITE";

// The bytes of a sum in base64; nothing where it is none of that algorithm.
std::optional<Buffer> parse_checksum(const Algorithm& algorithm, std::string_view base64);

using Sum = std::variant<Hasher, Crc>;
Sum start_sum(const Algorithm& algorithm);

}  // namespace imagemill::aws
