#include <array>
#include <variant>

#include "aws/chunked_body.h"
#include "base/check.h"
#include "base/encodings.h"
#include "s3_kinds.h"
#include "s3_promises.h"

namespace imagemill::fuzz {
namespace {

constexpr const char* kTrailer = "x-amz-checksum-crc32";

struct Decoded {
    std::string text;
    http::Headers trailers;
    std::optional<aws::S3Error> error;
};

Decoded decode(aws::ChunkedPlan plan, std::string_view wire, std::size_t piece) {
    const std::int64_t promised = plan.decoded_bytes;
    aws::ChunkedDecoder decoder(std::move(plan));
    Decoded decoded;
    while (!wire.empty()) {
        const auto step = decoder.decode(as_bytes(wire.substr(0, std::min(piece, wire.size()))));
        if (const auto* error = std::get_if<aws::S3Error>(&step)) {
            decoded.error = *error;
            return decoded;
        }
        const auto& taken = std::get<aws::ChunkedDecoder::Step>(step);
        CHECK(taken.consumed > 0 && taken.consumed <= wire.size());
        wire.remove_prefix(taken.consumed);
        decoded.text += as_text(taken.produced);
        CHECK(std::ssize(decoded.text) <= promised);
    }
    decoded.error = decoder.finish();
    if (!decoded.error) {
        CHECK(std::ssize(decoded.text) == promised);
        decoded.trailers = decoder.trailers();
    }
    return decoded;
}

Decoded decode_in_pieces(const aws::ChunkedPlan& plan, std::string_view wire) {
    const Decoded whole = decode(plan, wire, wire.size() + 1);
    for (const std::size_t piece : piece_sizes(wire.size())) {
        const Decoded decoded = decode(plan, wire, piece);
        CHECK(decoded.error.has_value() == whole.error.has_value());
        if (whole.error) CHECK(decoded.error->code == whole.error->code);
        if (!whole.error) CHECK(decoded.text == whole.text);
        CHECK(decoded.trailers.fields() == whole.trailers.fields());
    }
    if (whole.error) check_s3_error(*whole.error);
    return whole;
}

aws::ChunkSigning signing() {
    return {.key = aws::signing_key("secret", "20261201", "us-east-1", "s3"),
            .iso_time = "20261201T120000Z",
            .scope = "20261201/us-east-1/s3/aws4_request",
            .seed_signature = std::string(64, 'a')};
}

std::string chain(std::string_view label, std::string_view previous) {
    const aws::ChunkSigning by = signing();
    return std::string(label) + "\n" + by.iso_time + "\n" + by.scope + "\n" + std::string(previous);
}

// As a client sends it: chunks of `size` bytes, each signed in its turn, and one signed trailer.
std::string encode(std::string_view data, std::size_t size) {
    std::string wire;
    std::string previous = signing().seed_signature;
    bool is_last = false;
    while (!is_last) {
        const std::string_view chunk = data.substr(0, size);
        data.remove_prefix(chunk.size());
        is_last = chunk.empty();
        const std::string to_sign = chain("AWS4-HMAC-SHA256-PAYLOAD", previous) + "\n" +
                                    std::string(aws::kEmptySha256) + "\n" +
                                    format_hex(sha256(chunk));
        previous = aws::signature(signing().key, to_sign);
        std::array<char, 17> hex{};
        std::snprintf(hex.data(), hex.size(), "%zx", chunk.size());
        wire += std::string(hex.data()) + ";chunk-signature=" + previous + "\r\n";
        if (!is_last) wire += std::string(chunk) + "\r\n";
    }
    const std::string trailer = std::string(kTrailer) + ":AAAAAA==\n";
    const std::string to_sign =
        chain("AWS4-HMAC-SHA256-TRAILER", previous) + "\n" + format_hex(sha256(trailer));
    return wire + std::string(kTrailer) +
           ":AAAAAA==\r\nx-amz-trailer-signature:" + aws::signature(signing().key, to_sign) +
           "\r\n\r\n";
}

}  // namespace

// The argument is the decoded length; the body comes as it would over the wire.
void run_unsigned_chunks(std::string_view argument, std::string_view body) {
    const auto length = parse_count(argument);
    if (!length) return;
    decode_in_pieces({.framing = {.is_signed = false, .has_trailers = true},
                      .decoded_bytes = *length,
                      .trailer_names = {kTrailer},
                      .signing = {}},
                     body);
}

// No fuzzer guesses a signature. So the body is what a client has to send, and the argument says
// which byte of what it then sends is changed on the way, and to what: "12 65". Nothing that was
// changed may pass for the whole, unless it means the same.
void run_signed_chunks(std::string_view argument, std::string_view body) {
    const aws::ChunkedPlan plan{.framing = {.is_signed = true, .has_trailers = true},
                                .decoded_bytes = std::ssize(body),
                                .trailer_names = {kTrailer},
                                .signing = signing()};
    std::string wire = encode(body, 8'192);
    const Decoded right = decode_in_pieces(plan, wire);
    CHECK(!right.error && right.text == body && right.trailers.get(kTrailer) == "AAAAAA==");

    const std::size_t space = std::min(argument.find(' '), argument.size());
    const auto place = parse_count(argument.substr(0, space));
    const auto byte = parse_count(argument.substr(std::min(space + 1, argument.size())));
    if (!place || !byte) return;
    wire[static_cast<std::size_t>(*place) % wire.size()] = static_cast<char>(*byte % 256);
    const Decoded changed = decode_in_pieces(plan, wire);
    CHECK(changed.error || changed.text == body);
    CHECK(changed.error || changed.trailers.get(kTrailer) == "AAAAAA==");
}

}  // namespace imagemill::fuzz
