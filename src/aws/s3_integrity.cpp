#include "aws/s3_integrity.h"

#include "aws/checksum_algorithm.h"
#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

Error damaged(const std::string& name, std::string_view measured, std::string_view said) {
    return {Code::unavailable, name + ": the object arrived damaged: its " + std::string(measured) +
                                   " is not the one that S3 has, " + printable(said, 100) + "."};
}

Buffer sum_of(const Algorithm& algorithm, Bytes body) {
    Sum sum = start_sum(algorithm);
    if (auto* crc = std::get_if<Crc>(&sum)) {
        crc->update(body);
        return crc->finish();
    }
    auto& hasher = std::get<Hasher>(sum);
    hasher.update(body);
    return hasher.finish();
}

// An ETag is the MD5 unless the object came in parts or is encrypted with a key of one's own.
bool is_md5(std::string_view etag, const http::Headers& headers) {
    const std::string_view encryption = headers.get_or("x-amz-server-side-encryption", "AES256");
    return etag.size() == 32 && parse_hex(etag) && encryption == "AES256" &&
           !headers.get("x-amz-server-side-encryption-customer-algorithm");
}

std::string_view without_quotes(std::string_view etag) {
    const bool is_quoted = etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
    return is_quoted ? etag.substr(1, etag.size() - 2) : etag;
}

}  // namespace

Result<void> check_integrity(const net::ClientResponse& response, const std::string& name) {
    const http::Headers& headers = response.headers;
    const bool is_whole = headers.get_or("x-amz-checksum-type", kFullObject) == kFullObject;
    for (const Algorithm& algorithm : algorithms()) {
        // "…-2" is a sum of the parts' sums, and no base64.
        const auto said = headers.get(algorithm.header);
        const auto expected = said && is_whole ? parse_checksum(algorithm, *said) : std::nullopt;
        if (!expected) continue;
        if (sum_of(algorithm, response.body) == *expected) return {};
        return damaged(name, algorithm.name, *said);
    }
    const std::string_view etag = without_quotes(headers.get_or("ETag", ""));
    if (!is_md5(etag, headers) || format_hex(md5(response.body)) == to_lower(etag)) return {};
    return damaged(name, "MD5", etag);
}

}  // namespace imagemill::aws
