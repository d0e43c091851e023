#include "aws/chunked_body.h"

#include <gtest/gtest.h>

#include "aws/sigv4_example.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kSeed =
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
constexpr std::string_view kTrailerSeed =
    "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

ChunkSigning signing_from(std::string_view seed) {
    return {.key = signing_key(kTarget.credentials.secret_key, "20130524", "us-east-1", "s3"),
            .iso_time = "20130524T000000Z",
            .scope = "20130524/us-east-1/s3/aws4_request",
            .seed_signature = std::string(seed)};
}

ChunkedPlan signed_plan(std::int64_t size, std::string_view seed = kSeed) {
    return {.framing = {.is_signed = true, .has_trailers = false},
            .decoded_bytes = size,
            .trailer_names = {},
            .signing = signing_from(seed)};
}

ChunkedPlan unsigned_plan(std::int64_t size, std::vector<std::string> trailers = {}) {
    return {.framing = {.is_signed = false, .has_trailers = true},
            .decoded_bytes = size,
            .trailer_names = std::move(trailers),
            .signing = {}};
}

struct Decoded {
    std::string bytes;
    std::string error;  // Its code; empty where all is well.
    std::string message;
    http::Headers trailers;
};

// As it comes from a connection that gives `piece` bytes at a time.
Decoded decode(ChunkedPlan plan, std::string_view wire, std::size_t piece = 1 << 20) {
    ChunkedDecoder decoder(std::move(plan));
    Decoded decoded;
    while (!wire.empty()) {
        std::string_view next = wire.substr(0, piece);
        wire.remove_prefix(next.size());
        while (!next.empty()) {
            const auto step = decoder.decode(as_bytes(next));
            if (const auto* error = std::get_if<S3Error>(&step)) {
                decoded.error = error->code;
                decoded.message = error->message;
                EXPECT_TRUE(decoder.finish());
                return decoded;
            }
            const auto& taken = std::get<ChunkedDecoder::Step>(step);
            decoded.bytes += as_text(taken.produced);
            EXPECT_GT(taken.consumed, 0U);
            next.remove_prefix(taken.consumed);
        }
    }
    if (const auto error = decoder.finish()) decoded.error = error->code;
    decoded.trailers = decoder.trailers();
    return decoded;
}

std::string example_body() {
    return "10000;chunk-signature="
           "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
           std::string(65536, 'a') +
           "\r\n400;chunk-signature="
           "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
           std::string(1024, 'a') +
           "\r\n0;chunk-signature="
           "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

// A signed body of our own making: the document gives the start of these signatures only.
std::string signed_body(const std::vector<std::string>& chunks, const std::string& trailer,
                        std::string_view gap = "") {
    const ChunkSigning signing = signing_from(kTrailerSeed);
    std::string previous = signing.seed_signature;
    const std::string lines = "\n" + signing.iso_time + "\n" + signing.scope + "\n";
    std::string wire;
    for (const std::string& chunk : chunks) {
        previous = signature(signing.key, "AWS4-HMAC-SHA256-PAYLOAD" + lines + previous + "\n" +
                                              std::string(kEmptySha256) + "\n" +
                                              format_hex(sha256(chunk)));
        char size[20];
        std::snprintf(size, sizeof size, "%zx", chunk.size());
        wire += std::string(size) + ";chunk-signature=" + previous + "\r\n" + chunk;
        if (!chunk.empty()) wire += "\r\n";
    }
    if (trailer.empty()) return wire + "\r\n";
    const std::string last = signature(signing.key, "AWS4-HMAC-SHA256-TRAILER" + lines + previous +
                                                        "\n" + format_hex(sha256(trailer + "\n")));
    return wire + trailer + (gap.empty() ? "\r\n" : std::string(gap)) +
           "x-amz-trailer-signature:" + last + "\r\n\r\n";
}

ChunkedPlan trailer_plan(std::int64_t size) {
    ChunkedPlan plan = signed_plan(size, kTrailerSeed);
    plan.framing.has_trailers = true;
    plan.trailer_names = {"x-amz-checksum-crc32c"};
    return plan;
}

TEST(ChunkedBody, TakesTheDocumentsExampleInAnyPieces) {
    const std::string wire = example_body();
    ASSERT_EQ(wire.size(), 66824U);
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, wire.size()}) {
        const Decoded decoded = decode(signed_plan(66560), wire, piece);
        EXPECT_EQ(decoded.error, "") << piece << decoded.message;
        EXPECT_EQ(decoded.bytes, std::string(66560, 'a')) << piece;
    }
}

TEST(ChunkedBody, TakesTheDocumentsExampleWithATrailer) {
    const std::string wire = signed_body({std::string(65536, 'a'), std::string(1024, 'a'), ""},
                                         "x-amz-checksum-crc32c:sOO8/Q==");
    EXPECT_EQ(wire.size(), 66946U);
    EXPECT_NE(wire.find("10000;chunk-signature=b474d886"), std::string::npos);
    EXPECT_NE(wire.find("400;chunk-signature=1c1344b1"), std::string::npos);
    EXPECT_NE(wire.find("\r\n0;chunk-signature=2ca2aba2"), std::string::npos);
    EXPECT_NE(wire.find("d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"),
              std::string::npos);
    for (const std::size_t piece : {std::size_t{1}, wire.size()}) {
        const Decoded decoded = decode(trailer_plan(66560), wire, piece);
        EXPECT_EQ(decoded.error, "") << decoded.message;
        EXPECT_EQ(decoded.bytes.size(), 66560U);
        EXPECT_EQ(decoded.trailers.get_or("x-amz-checksum-crc32c", ""), "sOO8/Q==");
    }
}

TEST(ChunkedBody, TakesATrailerWithAnEmptyLineBeforeItsSignature) {
    const std::string wire =
        signed_body({std::string(9000, 'a'), ""}, "x-amz-checksum-crc32c:sOO8/Q==", "\n\r\n");
    EXPECT_EQ(decode(trailer_plan(9000), wire).error, "");
}

TEST(ChunkedBody, FindsEveryChangedByteOfASignedBody) {
    const std::string trailer = "x-amz-checksum-crc32c:sOO8/Q==";
    const std::string wire = signed_body({"hello", ""}, trailer);
    ASSERT_EQ(decode(trailer_plan(5), wire).error, "");
    for (std::size_t i = 0; i < wire.size(); ++i) {
        std::string changed = wire;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_NE(decode(trailer_plan(5), changed).error, "") << i;
    }
    std::string other = wire;
    other[other.find("hello")] = 'j';
    EXPECT_EQ(decode(trailer_plan(5), other).error, "SignatureDoesNotMatch");
    other = wire;
    other[other.find("sOO8")] = 't';
    EXPECT_EQ(decode(trailer_plan(5), other).error, "SignatureDoesNotMatch");
}

TEST(ChunkedBody, SignsItsChunksInAChain) {
    const std::string a(8192, 'a');
    const std::string b(8192, 'b');
    const auto chunk_of = [](const std::string& wire, std::size_t index) {
        const std::size_t size = wire.find("\r\n") + 2 + 8192 + 2;
        return wire.substr(index * size, size);
    };
    const std::string wire = signed_body({a, b, ""}, "");
    ASSERT_EQ(decode(signed_plan(16384, kTrailerSeed), wire).error, "");
    const std::string swapped = chunk_of(wire, 1) + chunk_of(wire, 0) +
                                wire.substr(chunk_of(wire, 0).size() + chunk_of(wire, 1).size());
    EXPECT_EQ(decode(signed_plan(16384, kTrailerSeed), swapped).error, "SignatureDoesNotMatch");
}

TEST(ChunkedBody, OnlyTheLastSignedChunkMayBeShort) {
    const std::string least(8192, 'a');
    EXPECT_EQ(decode(signed_plan(8193, kTrailerSeed), signed_body({least, "b", ""}, "")).error, "");
    EXPECT_EQ(
        decode(signed_plan(8192, kTrailerSeed), signed_body({std::string(8191, 'a'), "b", ""}, ""))
            .error,
        "InvalidChunkSizeError");
}

TEST(ChunkedBody, TakesUnsignedChunksOfAnySize) {
    const std::string wire =
        "1\r\na\r\n00A\r\n0123456789\r\n0\r\nx-amz-checksum-crc32: AAAA \r\n\r\n";
    for (const std::size_t piece : {std::size_t{1}, wire.size()}) {
        const Decoded decoded = decode(unsigned_plan(11, {"x-amz-checksum-crc32"}), wire, piece);
        EXPECT_EQ(decoded.error, "") << decoded.message;
        EXPECT_EQ(decoded.bytes, "a0123456789");
        EXPECT_EQ(decoded.trailers.get_or("x-amz-checksum-crc32", ""), "AAAA");
    }
    EXPECT_EQ(decode(unsigned_plan(0), "0\r\n\r\n").error, "");
}

TEST(ChunkedBody, RefusesWhatIsNotFramedSo) {
    const std::string long_line(300, '0');
    const struct {
        std::string wire;
        const char* error;
    } rows[] = {{"3\r\nabc\r\n", "IncompleteBody"},
                {"3\r\nabc\r\n0\r\n", "IncompleteBody"},
                {"2\r\nab\r\n0\r\n\r\n", "IncompleteBody"},
                {"4\r\nabcd\r\n0\r\n\r\n", "IncompleteBody"},
                {"fffffffffffffff\r\nabc", "IncompleteBody"},
                {"ffffffffffffffff\r\nabc", "InvalidRequest"},
                {"3\nabc\r\n0\r\n\r\n", "InvalidRequest"},
                {"3\r\nabcd\r\n0\r\n\r\n", "InvalidRequest"},
                {"3;chunk-signature=00\r\nabc\r\n0\r\n\r\n", "InvalidRequest"},
                {"x\r\nabc\r\n0\r\n\r\n", "InvalidRequest"},
                {"\r\n", "InvalidRequest"},
                {"-3\r\nabc\r\n0\r\n\r\n", "InvalidRequest"},
                {long_line, "InvalidRequest"},
                {"3\r\nabc\r\n0\r\n\r\nGET /", "MalformedTrailerError"},
                {"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:AAAA\r\n\r\n", "MalformedTrailerError"},
                {"3\r\nabc\r\n0\r\nno colon\r\n\r\n", "MalformedTrailerError"},
                {"3\r\nabc\r\n0\r\n" + std::string(9000, 'a'), "MalformedTrailerError"}};
    for (const auto& row : rows) {
        EXPECT_EQ(decode(unsigned_plan(3), row.wire).error, row.error) << row.wire.substr(0, 60);
        EXPECT_EQ(decode(unsigned_plan(3), row.wire, 1).error, row.error) << row.wire.substr(0, 60);
    }
}

TEST(ChunkedBody, WantsTheTrailersThatWereAnnouncedOnce) {
    const auto plan = [] { return unsigned_plan(1, {"x-amz-checksum-crc32"}); };
    const std::string data = "1\r\na\r\n0\r\n";
    EXPECT_EQ(decode(plan(), data + "\r\n").error, "MalformedTrailerError");
    EXPECT_EQ(
        decode(plan(), data + "x-amz-checksum-crc32:A\r\nx-amz-checksum-crc32:A\r\n\r\n").error,
        "MalformedTrailerError");
    EXPECT_EQ(decode(plan(), data + "x-amz-checksum-sha1:A\r\n\r\n").error,
              "MalformedTrailerError");
}

TEST(ChunkedBody, ASignedBodyMayNotLeaveItsSignaturesOut) {
    EXPECT_EQ(decode(signed_plan(3), "3\r\nabc\r\n0\r\n\r\n").error, "InvalidRequest");
    EXPECT_EQ(decode(signed_plan(3), "3;chunk-signature=abc\r\nabc\r\n0\r\n\r\n").error,
              "InvalidRequest");
    const std::string wire = signed_body({"hello", ""}, "x-amz-checksum-crc32c:sOO8/Q==");
    const std::string stripped = wire.substr(0, wire.find("x-amz-trailer-signature")) + "\r\n\r\n";
    EXPECT_EQ(decode(trailer_plan(5), stripped).error, "SignatureDoesNotMatch");
}

TEST(ChunkedBody, KnowsWhichFramingsThereAre) {
    EXPECT_FALSE(parse_chunked_framing(kUnsignedPayload));
    EXPECT_FALSE(parse_chunked_framing(kEmptySha256));
    EXPECT_FALSE(parse_chunked_framing("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"));
    EXPECT_TRUE(parse_chunked_framing("STREAMING-UNSIGNED-PAYLOAD-TRAILER")->has_trailers);
    EXPECT_TRUE(parse_chunked_framing("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")->is_signed);
}

}  // namespace
}  // namespace imagemill::aws
