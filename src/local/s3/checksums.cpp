#include "local/s3/checksums.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr CrcTable make_table(std::uint64_t reflected_polynomial) {
    CrcTable table{};
    for (std::uint64_t byte = 0; byte < table.size(); ++byte) {
        std::uint64_t value = byte;
        for (int bit = 0; bit < 8; ++bit) {
            value = (value & 1U) != 0 ? (value >> 1U) ^ reflected_polynomial : value >> 1U;
        }
        table[byte] = value;
    }
    return table;
}

constexpr CrcTable kCrc32 = make_table(0xEDB88320U);
constexpr CrcTable kCrc32c = make_table(0x82F63B78U);
constexpr CrcTable kCrc64Nvme = make_table(UINT64_C(0x9A6C9329AC4BC9B5));

constexpr std::size_t kMd5Bytes = 16;
constexpr std::size_t kSha256Hex = 64;

std::variant<Hasher, Crc> sum_crc32() {
    return Crc::crc32();
}
std::variant<Hasher, Crc> sum_crc32c() {
    return Crc::crc32c();
}
std::variant<Hasher, Crc> sum_crc64_nvme() {
    return Crc::crc64_nvme();
}
std::variant<Hasher, Crc> sum_sha256() {
    return Hasher(DigestKind::sha256);
}

struct Algorithm {
    std::string_view name;  // As x-amz-sdk-checksum-algorithm has it.
    std::string_view header;
    std::size_t size_bytes;
    std::variant<Hasher, Crc> (*start)();
};
constexpr std::array kAlgorithms{
    Algorithm{"CRC32", "x-amz-checksum-crc32", 4, sum_crc32},
    Algorithm{"CRC32C", "x-amz-checksum-crc32c", 4, sum_crc32c},
    Algorithm{"CRC64NVME", "x-amz-checksum-crc64nvme", 8, sum_crc64_nvme},
    Algorithm{"SHA256", "x-amz-checksum-sha256", 32, sum_sha256},
};

bool is_hash(std::string_view text) {
    return text.size() == kSha256Hex && parse_hex(text).has_value();
}

aws::S3Error payload_mismatch(Bytes expected, Bytes computed) {
    return {.code = "XAmzContentSHA256Mismatch",
            .status = 400,
            .message =
                "The provided 'x-amz-content-sha256' header does not match what was "
                "computed.",
            .details = {{"ClientComputedContentSHA256", format_hex(expected)},
                        {"S3ComputedContentSHA256", format_hex(computed)}}};
}

aws::S3Error bad_digest(std::string message) {
    return {.code = "BadDigest", .status = 400, .message = std::move(message), .details = {}};
}

aws::S3Error md5_mismatch(Bytes expected, Bytes computed) {
    aws::S3Error error =
        bad_digest("The Content-MD5 you specified did not match what we received.");
    error.details = {{"ExpectedDigest", format_hex(expected)},
                     {"CalculatedDigest", format_base64(computed)}};
    return error;
}

constexpr std::string_view kPayload = "x-amz-content-sha256";
constexpr std::string_view kContentMd5 = "Content-MD5";

}  // namespace

Crc::Crc(const CrcTable& table, int size_bytes)
    : table_(&table),
      size_bytes_(size_bytes),
      ones_(size_bytes == 8 ? ~UINT64_C(0) : UINT64_C(0xFFFFFFFF)),
      value_(ones_) {}

Crc Crc::crc32() {
    return {kCrc32, 4};
}
Crc Crc::crc32c() {
    return {kCrc32c, 4};
}
Crc Crc::crc64_nvme() {
    return {kCrc64Nvme, 8};
}

void Crc::update(Bytes bytes) {
    std::uint64_t value = value_;
    for (const std::byte byte : bytes) {
        value = (*table_)[(value ^ std::to_integer<std::uint64_t>(byte)) & 0xFFU] ^ (value >> 8U);
    }
    value_ = value;
}

Buffer Crc::finish() const {
    const std::uint64_t value = value_ ^ ones_;
    Buffer bytes;
    for (int shift = (size_bytes_ - 1) * 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::byte>((value >> static_cast<unsigned>(shift)) & 0xFFU));
    }
    return bytes;
}

Outcome<BodyChecks> BodyChecks::parse(const http::Headers& headers, std::string_view payload_hash) {
    BodyChecks checks;
    TRY(checks.add_payload_hash(payload_hash));
    TRY(checks.add_content_md5(headers));
    TRY(checks.add_checksum(headers));
    return checks;
}

Outcome<void> BodyChecks::add_payload_hash(std::string_view payload_hash) {
    if (!is_hash(payload_hash)) return {};
    Buffer expected = TRY(parse_hex(payload_hash));
    checks_.push_back({.name = std::string(kPayload),
                       .expected = std::move(expected),
                       .sum = Hasher(DigestKind::sha256)});
    return {};
}

Outcome<void> BodyChecks::add_content_md5(const http::Headers& headers) {
    const auto text = headers.get(kContentMd5);
    if (!text) return {};
    auto expected = parse_base64(*text);
    if (!expected || expected->size() != kMd5Bytes) {
        return aws::S3Error{.code = "InvalidDigest",
                            .status = 400,
                            .message = "The Content-MD5 you specified was invalid.",
                            .details = {{"Content-MD5", std::string(*text)}}};
    }
    checks_.push_back({.name = std::string(kContentMd5),
                       .expected = *std::move(expected),
                       .sum = Hasher(DigestKind::md5)});
    return {};
}

Outcome<void> BodyChecks::add_checksum(const http::Headers& headers) {
    const Algorithm* chosen = nullptr;
    for (const Algorithm& algorithm : kAlgorithms) {
        if (!headers.get(algorithm.header)) continue;
        if (chosen != nullptr) {
            return invalid_request(
                "Expecting a single x-amz-checksum- header. Multiple checksum Types are not "
                "allowed.");
        }
        chosen = &algorithm;
    }
    const auto announced = headers.get("x-amz-sdk-checksum-algorithm");
    if (chosen == nullptr) {
        if (!announced) return {};
        return invalid_request(
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
            "x-amz-trailer headers were found.");
    }
    const std::string header(chosen->header);
    const std::string text(headers.get_or(header, ""));
    auto expected = parse_base64(text);
    if (!expected || expected->size() != chosen->size_bytes) {
        return invalid_request("Value for " + header + " header is invalid.");
    }
    if (announced && !equal_ignoring_case(*announced, chosen->name)) {
        return invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.");
    }
    checks_.push_back({.name = std::string(chosen->name),
                       .expected = *std::move(expected),
                       .sum = chosen->start()});
    confirmed_ = {{header, text}, {"x-amz-checksum-type", "FULL_OBJECT"}};
    return {};
}

void BodyChecks::update(Bytes bytes) {
    for (Check& check : checks_) {
        std::visit([&](auto& sum) { sum.update(bytes); }, check.sum);
    }
}

Outcome<void> BodyChecks::finish() {
    for (Check& check : checks_) {
        const Buffer computed = std::visit([](auto& sum) { return sum.finish(); }, check.sum);
        if (std::ranges::equal(computed, check.expected)) continue;
        if (check.name == kPayload) return payload_mismatch(check.expected, computed);
        if (check.name == kContentMd5) return md5_mismatch(check.expected, computed);
        return bad_digest("The " + check.name +
                          " you specified did not match the calculated checksum.");
    }
    return {};
}

}  // namespace imagemill::local::s3
