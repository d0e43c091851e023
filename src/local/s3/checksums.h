// checksums: what a client says its bytes add up to, checked as they pass.
//
// Shapes:  Content-MD5, x-amz-content-sha256 and one of x-amz-checksum-crc32, -crc32c, -crc64nvme,
//          -sha1, -sha256, in a header or in a trailer that x-amz-trailer announces.
// Errors:  InvalidDigest   Content-MD5 is not 16 bytes of base64.
//          InvalidRequest  a checksum of the wrong length, two of them, or one announced and
//          absent. BadDigest, XAmzContentSHA256Mismatch: by finish().
// Threads: one.
// Source:  Amazon S3 user guide, "Checking object integrity"; CRC parameters as catalogued there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/checksum_algorithm.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "http/message.h"
#include "local/s3/outcome.h"

namespace imagemill::local::s3 {

using aws::Algorithm;
using aws::algorithms;
using aws::find_algorithm;
using aws::kComposite;
using aws::kDefaultAlgorithm;
using aws::kFullObject;
using aws::parse_checksum;
using aws::start_sum;
using aws::Sum;

// InvalidRequest, which names those there are.
aws::S3Error unknown_algorithm();

class BodyChecks final {
  public:
    // `payload_hash` is what the signature covers: hex is checked, anything else is not a hash.
    static Outcome<BodyChecks> parse(const http::Headers& headers, std::string_view payload_hash);

    // Adds up `algorithm` as well, if the client does not have it checked anyhow.
    void also(const Algorithm& algorithm);

    void update(Bytes bytes);
    // The first sum that does not hold. Once.
    Outcome<void> finish(const http::Headers& trailers = {});

    // The checksum that is to be checked, or null; its trailer's name, or empty.
    const Algorithm* algorithm() const { return algorithm_; }
    const std::string& trailer() const { return trailer_; }

    // After finish(): the x-amz-checksum-* header that was checked, to be said back; or none.
    const http::Headers& confirmed() const { return confirmed_; }
    // After finish(): what was added up of that algorithm, in base64; empty where it was not.
    std::string sum_of(const Algorithm& algorithm) const;

  private:
    struct Check {
        std::string name;                // "x-amz-content-sha256", "Content-MD5", "CRC32"
        std::optional<Buffer> expected;  // Nothing: only added up, or it comes in a trailer.
        Sum sum;
        Buffer computed = {};
    };

    Outcome<void> add_payload_hash(std::string_view payload_hash);
    Outcome<void> add_content_md5(const http::Headers& headers);
    Outcome<void> add_checksum(const http::Headers& headers);
    Outcome<void> take_checksum(const http::Headers& fields, std::string_view header);

    std::vector<Check> checks_;
    const Algorithm* algorithm_ = nullptr;
    std::string trailer_;
    http::Headers confirmed_;
};

}  // namespace imagemill::local::s3
