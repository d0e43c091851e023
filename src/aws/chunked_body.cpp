#include "aws/chunked_body.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/encodings.h"

namespace imagemill::aws {
namespace {

constexpr std::size_t kLineBytesMax = 256;
constexpr std::size_t kTrailerBytesMax = 8 * 1024;
constexpr std::int64_t kSignedChunkBytesMin = 8192;
constexpr std::size_t kSizeDigitsMax = 15;  // Stays within int64.
constexpr std::string_view kSignaturePart = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

S3Error refused(std::string code, std::string message, int status = 400) {
    return {
        .code = std::move(code), .status = status, .message = std::move(message), .details = {}};
}

S3Error malformed_chunk(std::string_view reason) {
    return refused("InvalidRequest",
                   "The body is not framed as aws-chunked: " + std::string(reason));
}

S3Error malformed_trailer() {
    return refused("MalformedTrailerError",
                   "The request contained trailing data that was not well-formed or did not "
                   "conform to our published schema.");
}

S3Error incomplete(std::int64_t expected, std::int64_t received) {
    S3Error error = refused("IncompleteBody",
                            "You did not provide the number of bytes specified by the "
                            "x-amz-decoded-content-length HTTP header.");
    error.details = {{"NumberBytesExpected", std::to_string(expected)},
                     {"NumberBytesProvided", std::to_string(received)}};
    return error;
}

S3Error wrong_signature(std::string_view what, const std::string& to_sign,
                        std::string_view provided) {
    S3Error error = refused("SignatureDoesNotMatch",
                            "The signature we calculated of " + std::string(what) +
                                " does not match the one you provided. Check your key and signing "
                                "method.",
                            403);
    error.details = {{"StringToSign", to_sign}, {"SignatureProvided", std::string(provided)}};
    return error;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
    if (text.empty() || text.size() > kSizeDigitsMax) return std::nullopt;
    std::int64_t size = 0;
    for (const char c : text) {
        const std::string_view digits = "0123456789abcdef";
        const std::size_t digit =
            digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c | 0x20) : c);
        if (digit == std::string_view::npos) return std::nullopt;
        size = size * 16 + static_cast<std::int64_t>(digit);
    }
    return size;
}

bool is_signature(std::string_view text) {
    return text.size() == 64 && parse_hex(text).has_value();
}

std::string chain(std::string_view label, const ChunkSigning& signing, std::string_view previous) {
    std::string text(label);
    for (const std::string_view line :
         {std::string_view(signing.iso_time), std::string_view(signing.scope), previous}) {
        text += '\n';
        text += line;
    }
    return text;
}

}  // namespace

std::optional<ChunkedFraming> parse_chunked_framing(std::string_view payload_hash) {
    if (payload_hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") {
        return ChunkedFraming{.is_signed = true, .has_trailers = false};
    }
    if (payload_hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
        return ChunkedFraming{.is_signed = true, .has_trailers = true};
    }
    if (payload_hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
        return ChunkedFraming{.is_signed = false, .has_trailers = true};
    }
    return std::nullopt;
}

ChunkedDecoder::ChunkedDecoder(ChunkedPlan plan)
    : plan_(std::move(plan)), previous_signature_(plan_.signing.seed_signature) {}

std::variant<ChunkedDecoder::Step, S3Error> ChunkedDecoder::decode(Bytes input) {
    if (failure_) return *failure_;
    if (input.empty()) return Step{};
    auto step = state_ == State::done   ? std::variant<Step, S3Error>(malformed_trailer())
                : state_ == State::data ? decode_data(input)
                                        : decode_line(input);
    if (const auto* error = std::get_if<S3Error>(&step)) {
        failure_ = *error;
        state_ = State::failed;
    }
    return step;
}

std::optional<S3Error> ChunkedDecoder::finish() const {
    if (failure_) return failure_;
    if (state_ != State::done) return incomplete(plan_.decoded_bytes, decoded_);
    return std::nullopt;
}

std::variant<ChunkedDecoder::Step, S3Error> ChunkedDecoder::decode_data(Bytes input) {
    const auto count = std::min(input.size(), static_cast<std::size_t>(left_));
    const Bytes data = input.first(count);
    if (plan_.framing.is_signed) chunk_hash_.update(data);
    left_ -= static_cast<std::int64_t>(count);
    decoded_ += static_cast<std::int64_t>(count);
    if (left_ == 0) state_ = State::data_end;
    return Step{.consumed = count, .produced = data};
}

std::variant<ChunkedDecoder::Step, S3Error> ChunkedDecoder::decode_line(Bytes input) {
    const std::string_view text = as_text(input);
    const std::size_t end = text.find('\n');
    const std::size_t count = end == std::string_view::npos ? text.size() : end + 1;
    const std::size_t bytes_max = state_ == State::trailers ? kTrailerBytesMax : kLineBytesMax;
    if (line_.size() + count > bytes_max) {
        return state_ == State::trailers ? malformed_trailer()
                                         : malformed_chunk("a chunk's first line has no end.");
    }
    line_ += text.substr(0, count);
    if (end == std::string_view::npos) return Step{.consumed = count, .produced = {}};
    const std::string line = std::exchange(line_, {});
    if (auto error = take_line(line)) return *std::move(error);
    return Step{.consumed = count, .produced = {}};
}

// `line` ends in LF. Only a trailer may lack the CR before it: minio-go sends such.
std::optional<S3Error> ChunkedDecoder::take_line(std::string_view line) {
    const bool has_return = line.ends_with("\r\n");
    line.remove_suffix(has_return ? 2 : 1);
    if (state_ == State::trailers) return take_trailer(line);
    if (!has_return) return malformed_chunk("a line ends in LF without CR.");
    if (state_ == State::size_line) return take_size_line(line);
    if (!line.empty()) return malformed_chunk("a chunk is longer than its first line says.");
    return end_chunk();
}

std::optional<S3Error> ChunkedDecoder::take_size_line(std::string_view line) {
    const std::size_t semicolon = std::min(line.find(';'), line.size());
    const auto size = parse_size(line.substr(0, semicolon));
    if (!size) return malformed_chunk("a chunk's first line does not begin with its size in hex.");
    std::string_view extension = line.substr(semicolon);
    if (plan_.framing.is_signed) {
        if (!extension.starts_with(";" + std::string(kSignaturePart))) {
            return malformed_chunk("a chunk has no chunk-signature.");
        }
        extension.remove_prefix(1 + kSignaturePart.size());
        if (!is_signature(extension))
            return malformed_chunk("a chunk-signature is not 64 hex digits.");
        chunk_signature_ = extension;
    } else if (!extension.empty()) {
        return malformed_chunk("a chunk of an unsigned body has an extension.");
    }
    if (auto error = check_sizes(*size)) return error;
    left_ = *size;
    if (*size > 0) {
        state_ = State::data;
        return std::nullopt;
    }
    is_last_ = true;
    if (decoded_ != plan_.decoded_bytes) return incomplete(plan_.decoded_bytes, decoded_);
    if (!plan_.framing.has_trailers) {
        state_ = State::data_end;  // An empty chunk has its CRLF as well.
        return std::nullopt;
    }
    if (auto error = end_chunk()) return error;
    state_ = State::trailers;
    return std::nullopt;
}

std::optional<S3Error> ChunkedDecoder::check_sizes(std::int64_t size) {
    if (size > plan_.decoded_bytes - decoded_)
        return incomplete(plan_.decoded_bytes, decoded_ + size);
    if (!plan_.framing.is_signed || size == 0) return std::nullopt;
    if (std::exchange(had_short_chunk_, size < kSignedChunkBytesMin)) {
        return refused("InvalidChunkSizeError",
                       "Only the last chunk is allowed to have a size less than 8192 bytes");
    }
    return std::nullopt;
}

std::optional<S3Error> ChunkedDecoder::end_chunk() {
    if (plan_.framing.is_signed) {
        const Buffer hash = std::exchange(chunk_hash_, Hasher(DigestKind::sha256)).finish();
        const std::string to_sign =
            chain("AWS4-HMAC-SHA256-PAYLOAD", plan_.signing, previous_signature_) + "\n" +
            std::string(kEmptySha256) + "\n" + format_hex(hash);
        if (!equal_in_constant_time(signature(plan_.signing.key, to_sign), chunk_signature_)) {
            return wrong_signature("a chunk", to_sign, chunk_signature_);
        }
        previous_signature_ = chunk_signature_;
    }
    state_ = is_last_ ? State::done : State::size_line;
    return std::nullopt;
}

std::optional<S3Error> ChunkedDecoder::take_trailer(std::string_view line) {
    trailer_bytes_ += line.size();
    if (trailer_bytes_ > kTrailerBytesMax) return malformed_trailer();
    if (line.empty()) {
        // Some clients send an empty line between the trailers and their signature.
        const bool awaits_signature = plan_.framing.is_signed && trailer_signature_.empty();
        if (awaits_signature && !std::exchange(had_empty_line_, true)) return std::nullopt;
        return end_trailers();
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !trailer_signature_.empty()) return malformed_trailer();
    const std::string name = to_lower(trim(line.substr(0, colon)));
    const std::string value(trim(line.substr(colon + 1)));
    if (plan_.framing.is_signed && name == kTrailerSignature) {
        if (!is_signature(value)) return malformed_trailer();
        trailer_signature_ = value;
        return std::nullopt;
    }
    const bool is_announced = std::ranges::count(plan_.trailer_names, name) == 1;
    if (!is_announced || trailers_.get(name)) return malformed_trailer();
    trailers_.add(name, value);
    return std::nullopt;
}

std::optional<S3Error> ChunkedDecoder::end_trailers() {
    if (trailers_.fields().size() != plan_.trailer_names.size()) return malformed_trailer();
    if (plan_.framing.is_signed) {
        std::string text;
        for (const auto& [name, value] : trailers_.fields()) text += name + ":" + value + "\n";
        const std::string to_sign =
            chain("AWS4-HMAC-SHA256-TRAILER", plan_.signing, previous_signature_) + "\n" +
            format_hex(sha256(text));
        if (!equal_in_constant_time(signature(plan_.signing.key, to_sign), trailer_signature_)) {
            return wrong_signature("the trailers", to_sign, trailer_signature_);
        }
    }
    state_ = State::done;
    return std::nullopt;
}

}  // namespace imagemill::aws
