#include "aws/checksum_algorithm.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encodings.h"

namespace imagemill::aws {
namespace {

// kCrc32 and its like are constants of crc.cpp, known when the program runs.
const std::array kAlgorithms{
    Algorithm{"CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4, &kCrc32},
    Algorithm{"CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4, &kCrc32c},
    Algorithm{"CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8, &kCrc64Nvme},
    Algorithm{"SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20, nullptr, DigestKind::sha1},
    Algorithm{"SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32, nullptr, DigestKind::sha256},
};

}  // namespace

std::span<const Algorithm> algorithms() {
    return kAlgorithms;
}

const Algorithm* find_algorithm(std::string_view name) {
    const auto found = std::ranges::find_if(kAlgorithms, [&](const Algorithm& algorithm) {
        return equal_ignoring_case(algorithm.name, name);
    });
    return found == kAlgorithms.end() ? nullptr : &*found;
}

std::optional<Buffer> parse_checksum(const Algorithm& algorithm, std::string_view base64) {
    auto bytes = parse_base64(base64);
    if (!bytes || bytes->size() != algorithm.size_bytes) return std::nullopt;
    return *std::move(bytes);
}

Sum start_sum(const Algorithm& algorithm) {
    if (algorithm.crc != nullptr) return Crc(*algorithm.crc);
    return Hasher(algorithm.digest);
}

}  // namespace imagemill::aws
