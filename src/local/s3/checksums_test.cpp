#include "local/s3/checksums.h"

#include <gtest/gtest.h>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::string_view kDigits = "123456789";
constexpr const char* kSha1 = "98O8HYCOBHMq32eZZczDTKeuNEE=";

// The error's code, or "" where every sum holds.
std::string check(const http::Headers& headers, std::string_view body,
                  std::string_view payload_hash = aws::kUnsignedPayload) {
    auto checks = BodyChecks::parse(headers, payload_hash);
    if (!checks) return checks.error().code;
    // In two pieces: a sum does not depend on how the bytes came.
    checks->update(as_bytes(body.substr(0, body.size() / 2)));
    checks->update(as_bytes(body.substr(body.size() / 2)));
    const auto result = checks->finish();
    return result ? "" : result.error().code;
}

TEST(BodyChecks, AcceptWhatAddsUp) {
    EXPECT_EQ(check({}, kDigits), "");
    EXPECT_EQ(check({}, "", aws::kEmptySha256), "");
    EXPECT_EQ(check({}, kDigits, format_hex(sha256(kDigits))), "");
    EXPECT_EQ(check({{"Content-MD5", format_base64(md5(as_bytes(kDigits)))}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc32c", "4waSgw=="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc64nvme", "rosUhgp5mIg="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-sha1", kSha1}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-sha256", format_base64(sha256(kDigits))}}, kDigits), "");
}

TEST(BodyChecks, RefuseWhatDoesNotAddUp) {
    EXPECT_EQ(check({}, "other", format_hex(sha256(kDigits))), "XAmzContentSHA256Mismatch");
    EXPECT_EQ(check({{"Content-MD5", format_base64(md5(as_bytes(kDigits)))}}, "other"),
              "BadDigest");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "other"), "BadDigest");
    EXPECT_EQ(check({{"x-amz-checksum-sha256", format_base64(sha256(kDigits))}}, "other"),
              "BadDigest");
    EXPECT_EQ(check({{"x-amz-checksum-sha1", kSha1}}, "other"), "BadDigest");
}

TEST(BodyChecks, RefuseASumThatIsNone) {
    EXPECT_EQ(check({{"Content-MD5", "!"}}, ""), "InvalidDigest");
    EXPECT_EQ(check({{"Content-MD5", ""}}, ""), "InvalidDigest");
    EXPECT_EQ(check({{"Content-MD5", "AAAA"}}, ""), "InvalidDigest");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "!"}}, ""), "InvalidRequest");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "rosUhgp5mIg="}}, ""), "InvalidRequest");
}

TEST(BodyChecks, TakeOneChecksumAndTheOneThatWasAnnounced) {
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "y/Q5Jg=="}, {"x-amz-checksum-crc32c", "4waSgw=="}},
                    kDigits),
              "InvalidRequest");
    EXPECT_EQ(check({{"x-amz-sdk-checksum-algorithm", "CRC32"}}, kDigits), "InvalidRequest");
    EXPECT_EQ(check({{"x-amz-sdk-checksum-algorithm", "MD4"}}, kDigits), "InvalidRequest");
    EXPECT_EQ(
        check({{"x-amz-sdk-checksum-algorithm", "CRC32"}, {"x-amz-checksum-crc32c", "4waSgw=="}},
              kDigits),
        "InvalidRequest");
    EXPECT_EQ(
        check({{"x-amz-sdk-checksum-algorithm", "CRC32"}, {"x-amz-checksum-crc32", "y/Q5Jg=="}},
              kDigits),
        "");
}

TEST(BodyChecks, SayBackWhatTheyChecked) {
    auto checks = BodyChecks::parse({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "");
    ASSERT_TRUE(checks);
    EXPECT_EQ(checks->confirmed().get_or("x-amz-checksum-crc32", ""), "y/Q5Jg==");
    EXPECT_EQ(checks->confirmed().get_or("x-amz-checksum-type", ""), "FULL_OBJECT");
}

std::string check_trailer(const http::Headers& headers, const http::Headers& trailers) {
    auto checks = BodyChecks::parse(headers, "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
    if (!checks) return checks.error().code;
    checks->update(as_bytes(kDigits));
    const auto result = checks->finish(trailers);
    if (!result) return result.error().code;
    return std::string(checks->confirmed().get_or("x-amz-checksum-crc32", "none"));
}

TEST(BodyChecks, TakeAChecksumThatComesBehindTheBytes) {
    const http::Headers headers = {{"x-amz-trailer", "x-amz-checksum-crc32"},
                                   {"x-amz-sdk-checksum-algorithm", "CRC32"}};
    EXPECT_EQ(check_trailer(headers, {{"x-amz-checksum-crc32", "y/Q5Jg=="}}), "y/Q5Jg==");
    EXPECT_EQ(check_trailer(headers, {{"x-amz-checksum-crc32", "AAAAAA=="}}), "BadDigest");
    EXPECT_EQ(check_trailer(headers, {{"x-amz-checksum-crc32", "AAAA"}}), "InvalidRequest");
    EXPECT_EQ(check_trailer(headers, {}), "InvalidRequest");
    EXPECT_EQ(check_trailer({{"x-amz-trailer", "x-other"}}, {}), "InvalidRequest");
    EXPECT_EQ(
        check_trailer(
            {{"x-amz-trailer", "x-amz-checksum-crc32"}, {"x-amz-checksum-crc32c", "4waSgw=="}}, {}),
        "InvalidRequest");
}

TEST(BodyChecks, AddUpWhatNobodyAskedFor) {
    auto checks = BodyChecks::parse({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "");
    checks->also(*find_algorithm("CRC64NVME"));
    checks->also(*find_algorithm("CRC32"));
    checks->update(as_bytes(kDigits));
    ASSERT_TRUE(checks->finish());
    EXPECT_EQ(checks->sum_of(*find_algorithm("crc64nvme")), "rosUhgp5mIg=");
    EXPECT_EQ(checks->sum_of(*find_algorithm("crc32")), "y/Q5Jg==");
    EXPECT_EQ(checks->sum_of(*find_algorithm("sha1")), "");
    EXPECT_EQ(find_algorithm("md4"), nullptr);
}

}  // namespace
}  // namespace imagemill::local::s3
