// Bodies in pieces (aws-chunked), as clients put them: signed, with trailers, and neither.
#include <gtest/gtest.h>

#include "local/s3/service_fixture.h"

namespace imagemill::local::s3 {
namespace {

constexpr const char* kSigned = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr const char* kUnsigned = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

class ChunkedPut : public ServiceTest {
  protected:
    // Signed in the chain that the request's signature begins.
    http::Request signed_in_pieces(const std::string& path, const std::string& bytes,
                                   http::Headers headers = {}) {
        headers.set("x-amz-decoded-content-length", std::to_string(bytes.size()));
        headers.set("Content-Encoding", "aws-chunked");
        http::Request request =
            sign({.method = "PUT", .path = path, .headers = headers, .payload_hash = kSigned},
                 keys_.root());
        const std::string authorization(request.headers.get_or("Authorization", ""));
        std::string previous = authorization.substr(authorization.find("Signature=") + 10);
        const std::string time(request.headers.get_or("x-amz-date", ""));
        const std::string day = time.substr(0, 8);
        const Sha256 key = aws::signing_key(keys_.root().secret_key, day, "us-east-1", "s3");
        std::string wire;
        for (const std::string& chunk : {bytes, std::string()}) {
            previous = aws::signature(key, "AWS4-HMAC-SHA256-PAYLOAD\n" + time + "\n" +
                                               aws::scope_of(day, "us-east-1", "s3") + "\n" +
                                               previous + "\n" + std::string(aws::kEmptySha256) +
                                               "\n" + format_hex(sha256(chunk)));
            char size[20];
            std::snprintf(size, sizeof size, "%zx", chunk.size());
            wire += std::string(size) + ";chunk-signature=" + previous + "\r\n" + chunk + "\r\n";
        }
        request.content_length = std::ssize(wire);
        request.body = http::make_body(wire);
        return request;
    }
    http::Response put_pieces(const std::string& path, const std::string& wire,
                              const std::string& length, http::Headers headers = {}) {
        headers.set("Content-Encoding", "aws-chunked,gzip");
        if (!length.empty()) headers.set("x-amz-decoded-content-length", length);
        http::Request request =
            sign({.method = "PUT", .path = path, .headers = headers, .payload_hash = kUnsigned},
                 keys_.root());
        request.content_length.reset();  // As with Transfer-Encoding: chunked.
        request.body = http::make_body(wire);
        return send(std::move(request));
    }
};

TEST_F(ChunkedPut, StoresWhatIsInTheSignedPieces) {
    EXPECT_EQ(outcome(send(signed_in_pieces("/photos/k", "meow"))), "200");
    const http::Response response = get("/photos/k");
    EXPECT_EQ(http::body_text(response), "meow");
    EXPECT_EQ(header(response, "Content-Encoding"), "");
}

TEST_F(ChunkedPut, StoresNothingOfPiecesWhoseSignatureIsWrong) {
    http::Request request = signed_in_pieces("/photos/k", "meow");
    Buffer wire = *http::read_all(*request.body, 10'000, "");
    std::string text(as_text(wire));
    text.replace(text.find("meow"), 4, "moew");
    request.body = http::make_body(text);
    EXPECT_EQ(outcome(send(std::move(request))), "403 SignatureDoesNotMatch");
    EXPECT_FALSE(has("k"));
    EXPECT_FALSE(has_leftovers());
}

TEST_F(ChunkedPut, ChecksTheChecksumBehindTheBytesAndKeepsIt) {
    const http::Headers trailer = {{"x-amz-trailer", "x-amz-checksum-crc32"},
                                   {"x-amz-sdk-checksum-algorithm", "CRC32"}};
    const std::string data = "9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:";
    const http::Response stored = put_pieces("/photos/k", data + "y/Q5Jg==\r\n\r\n", "9", trailer);
    EXPECT_EQ(outcome(stored), "200");
    EXPECT_EQ(header(stored, "x-amz-checksum-crc32"), "y/Q5Jg==");
    const http::Response read = get("/photos/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(header(read, "x-amz-checksum-crc32"), "y/Q5Jg==");
    EXPECT_EQ(header(read, "x-amz-checksum-type"), "FULL_OBJECT");
    EXPECT_EQ(header(read, "Content-Encoding"), "gzip");

    EXPECT_EQ(outcome(put_pieces("/photos/l", data + "AAAAAA==\r\n\r\n", "9", trailer)),
              "400 BadDigest");
    EXPECT_EQ(outcome(put_pieces("/photos/l", "9\r\n123456789\r\n0\r\n\r\n", "9", trailer)),
              "400 MalformedTrailerError");
    EXPECT_FALSE(has("l"));
    EXPECT_FALSE(has_leftovers());
}

TEST_F(ChunkedPut, TakesJustAsManyBytesAsWereAnnounced) {
    const std::string wire = "4\r\nmeow\r\n0\r\n\r\n";
    EXPECT_EQ(outcome(put_pieces("/photos/k", wire, "4")), "200");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire, "3")), "400 IncompleteBody");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire, "5")), "400 IncompleteBody");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire, "")), "411 MissingContentLength");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire, "x")), "400 InvalidArgument");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire, "1001")), "400 EntityTooLarge");
    EXPECT_EQ(outcome(put_pieces("/photos/l", wire + "GET / HTTP/1.1\r\n", "4")),
              "400 MalformedTrailerError");
    EXPECT_FALSE(has("l"));
    EXPECT_FALSE(has_leftovers());
}

TEST_F(ChunkedPut, OthersTakeNoPieces) {
    http::Request request =
        sign({.method = "GET", .path = "/photos/k", .payload_hash = kSigned}, keys_.root());
    EXPECT_EQ(outcome(send(std::move(request))), "501 NotImplemented");
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"Content-Encoding", "aws-chunked"}})),
              "501 NotImplemented");
    http::Request ecdsa = sign({.method = "PUT",
                                .path = "/photos/k",
                                .payload_hash = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"},
                               keys_.root());
    EXPECT_EQ(outcome(send(std::move(ecdsa))), "501 NotImplemented");
    EXPECT_EQ(outcome(put("/photos/k", "x", {{"x-amz-trailer", "x-amz-checksum-crc32"}})),
              "400 InvalidRequest");
}

TEST_F(ChunkedPut, AnObjectHasAChecksumThoughNobodyGaveOne) {
    EXPECT_EQ(put("/photos/k", "123456789").status, 200);
    const http::Response whole = head("/photos/k", {{"x-amz-checksum-mode", "ENABLED"}});
    EXPECT_EQ(header(whole, "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
    EXPECT_EQ(header(get("/photos/k"), "x-amz-checksum-crc64nvme"), "") << "not asked for";
    const http::Response part =
        get("/photos/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-3"}});
    EXPECT_EQ(header(part, "x-amz-checksum-crc64nvme"), "") << "a part of it";
    const http::Response all =
        get("/photos/k", {{"x-amz-checksum-mode", "ENABLED"}, {"Range", "bytes=0-8"}});
    EXPECT_EQ(header(all, "x-amz-checksum-crc64nvme"), "rosUhgp5mIg=");
}

}  // namespace
}  // namespace imagemill::local::s3
