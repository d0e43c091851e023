// checksums: what a client says its bytes add up to, checked as they pass.
//
// Shapes:  Content-MD5, x-amz-content-sha256 and one of x-amz-checksum-crc32, -crc32c, -crc64nvme,
//          -sha256.
// Errors:  InvalidDigest   Content-MD5 is not 16 bytes of base64.
//          InvalidRequest  a checksum of the wrong length, two of them, or one announced and
//          absent. BadDigest, XAmzContentSHA256Mismatch: by finish().
// Threads: one.
// Source:  Amazon S3 user guide, "Checking object integrity"; CRC parameters as catalogued there.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"
#include "http/message.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

using CrcTable = std::array<std::uint64_t, 256>;

// A reflected CRC of 32 or 64 bits.
class Crc final {
  public:
    static Crc crc32();
    static Crc crc32c();
    static Crc crc64_nvme();

    void update(Bytes bytes);
    Buffer finish() const;  // Big-endian, as the headers have it.

  private:
    Crc(const CrcTable& table, int size_bytes);

    const CrcTable* table_;  // A constant of the program.
    int size_bytes_;
    std::uint64_t ones_;
    std::uint64_t value_;
};

class BodyChecks final {
  public:
    // `payload_hash` is what the signature covers: hex is checked, anything else is not a hash.
    static Outcome<BodyChecks> parse(const http::Headers& headers, std::string_view payload_hash);

    void update(Bytes bytes);
    // The first sum that does not hold. Once.
    Outcome<void> finish();

    // The x-amz-checksum-* header that was checked, to be said back; empty for none.
    const http::Headers& confirmed() const { return confirmed_; }

  private:
    struct Check {
        std::string name;  // "sha256 of the payload", "Content-MD5", "CRC32"
        Buffer expected;
        std::variant<Hasher, Crc> sum;
    };

    Outcome<void> add_payload_hash(std::string_view payload_hash);
    Outcome<void> add_content_md5(const http::Headers& headers);
    Outcome<void> add_checksum(const http::Headers& headers);

    std::vector<Check> checks_;
    http::Headers confirmed_;
};

}  // namespace imagemill::local::s3
