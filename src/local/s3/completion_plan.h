// completion_plan: what CompleteMultipartUpload asks for, held against the parts there are.
//
// Errors:  MalformedXML     the body is no <CompleteMultipartUpload> of numbers and ETags.
//          InvalidRequest   no part at all; another checksum type than the upload's; another size
//                           than x-amz-mp-object-size.
//          InvalidPartOrder the numbers do not rise.
//          InvalidPart      there is no such part, or it has another ETag or checksum.
//          EntityTooSmall   a part but the last has less than the least.
//          BadDigest        the whole has another checksum than the request says.
// Threads: pure functions.
// Cost:    O(parts); no byte of them is read: the checksum of the whole is made of theirs.
// Source:  Amazon S3 API reference, CompleteMultipartUpload; user guide, "Checking object
//          integrity", "Full object and composite checksums".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "local/s3/checksums.h"
#include "local/storage/multipart.h"

namespace imagemill::local::s3 {

inline constexpr std::int64_t kPartBytesMin = INT64_C(5) << 20;
// 10,000 parts with an ETag and a checksum each take under 3 MB.
inline constexpr std::int64_t kCompletionBytesMax = INT64_C(4) << 20;

struct ListedPart {
    int number = 0;
    std::string etag;  // Without quotes.
    // By algorithm's name, base64.
    std::vector<std::pair<const Algorithm*, std::string>> checksums;
};
Outcome<std::vector<ListedPart>> parse_completion(Bytes xml);

// What an upload's parts are added up with, and how: what its creation said, or S3's default.
struct ChecksumRule {
    const Algorithm* algorithm = nullptr;
    std::string type;
    bool is_default = true;
};
ChecksumRule rule_of(const Attributes& attributes);
// Of CreateMultipartUpload; attributes' fields, both empty where nothing is said.
Outcome<void> parse_checksum_rule(const http::Headers& headers, Attributes& attributes);

// A part's sums as its row has them: "CRC64NVME:rosUhgp5mIg= CRC32:y/Q5Jg==".
std::string format_part_checksums(const BodyChecks& checks, const ChecksumRule& rule);
// Empty where there is none of that algorithm.
std::string part_checksum(const StoredPart& part, const Algorithm& algorithm);

struct CompletionLimits {
    std::int64_t part_bytes_min = kPartBytesMin;
};
Outcome<Completion> plan_completion(const OpenUpload& upload, const std::vector<StoredPart>& stored,
                                    const std::vector<ListedPart>& listed,
                                    const http::Headers& headers, const CompletionLimits& limits);

// The ETag that parts as listed give: what a request that comes again is known by.
std::string etag_of(const std::vector<ListedPart>& listed);

}  // namespace imagemill::local::s3
