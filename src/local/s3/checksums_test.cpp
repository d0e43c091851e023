#include "local/s3/checksums.h"

#include <gtest/gtest.h>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::string_view kDigits = "123456789";

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

TEST(Crc, GivesTheCatalogueValues) {
    const struct {
        Crc crc;
        const char* hex;
    } rows[] = {{Crc::crc32(), "cbf43926"},
                {Crc::crc32c(), "e3069283"},
                {Crc::crc64_nvme(), "ae8b14860a799888"}};
    for (auto row : rows) {
        row.crc.update(as_bytes(kDigits));
        EXPECT_EQ(format_hex(row.crc.finish()), row.hex);
    }
}

TEST(BodyChecks, AcceptWhatAddsUp) {
    EXPECT_EQ(check({}, kDigits), "");
    EXPECT_EQ(check({}, "", aws::kEmptySha256), "");
    EXPECT_EQ(check({}, kDigits, format_hex(sha256(kDigits))), "");
    EXPECT_EQ(check({{"Content-MD5", format_base64(md5(as_bytes(kDigits)))}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc32c", "4waSgw=="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-crc64nvme", "rosUhgp5mIg="}}, kDigits), "");
    EXPECT_EQ(check({{"x-amz-checksum-sha256", format_base64(sha256(kDigits))}}, kDigits), "");
}

TEST(BodyChecks, RefuseWhatDoesNotAddUp) {
    EXPECT_EQ(check({}, "other", format_hex(sha256(kDigits))), "XAmzContentSHA256Mismatch");
    EXPECT_EQ(check({{"Content-MD5", format_base64(md5(as_bytes(kDigits)))}}, "other"),
              "BadDigest");
    EXPECT_EQ(check({{"x-amz-checksum-crc32", "y/Q5Jg=="}}, "other"), "BadDigest");
    EXPECT_EQ(check({{"x-amz-checksum-sha256", format_base64(sha256(kDigits))}}, "other"),
              "BadDigest");
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

}  // namespace
}  // namespace imagemill::local::s3
