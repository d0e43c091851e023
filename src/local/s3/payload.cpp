#include "local/s3/payload.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/encodings.h"

namespace imagemill::local::s3 {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
constexpr const char* kDecodedLength = "x-amz-decoded-content-length";

aws::S3Error missing_length(std::string_view header) {
    return {.code = "MissingContentLength",
            .status = 411,
            .message = "You must provide the " + std::string(header) + " HTTP header.",
            .details = {}};
}

Outcome<std::int64_t> parse_decoded_length(const http::Headers& headers) {
    const auto text = headers.get(kDecodedLength);
    if (!text) return missing_length(kDecodedLength);
    const auto length = parse_count(trim(*text));
    if (!length) {
        return invalid_argument("The decoded length is not a whole number.", kDecodedLength,
                                printable(*text, 64));
    }
    return *length;
}

Outcome<std::int64_t> check_size(std::int64_t size, std::int64_t size_max) {
    if (size > size_max) return entity_too_large(size_max, size);
    return size;
}

Outcome<aws::ChunkedPlan> plan_pieces(const Exchange& exchange, aws::ChunkedFraming framing,
                                      const BodyChecks& checks) {
    const std::int64_t length = TRY(parse_decoded_length(exchange.operation.headers));
    aws::ChunkedPlan plan{.framing = framing,
                          .decoded_bytes = length,
                          .trailer_names = {},
                          .signing = exchange.chunk_signing};
    if (!checks.trailer().empty()) {
        if (!framing.has_trailers) {
            return invalid_request("x-amz-trailer is given, and the body has none.");
        }
        plan.trailer_names.push_back(checks.trailer());
    }
    return plan;
}

}  // namespace

Outcome<Payload> Payload::open(Exchange& exchange, const BodyChecks& checks) {
    const std::int64_t size_max = exchange.options.object_bytes_max;
    http::BodyReader& body = *exchange.request.body;
    const auto framing = aws::parse_chunked_framing(exchange.payload_hash);
    if (framing) {
        aws::ChunkedPlan plan = TRY(plan_pieces(exchange, *framing, checks));
        const std::int64_t size = TRY(check_size(plan.decoded_bytes, size_max));
        Payload payload(body, size);
        payload.decoder_.emplace(std::move(plan));
        payload.wire_.resize(kPieceBytes);
        return payload;
    }
    if (!checks.trailer().empty()) {
        return invalid_request("x-amz-trailer is given, and the body has none.");
    }
    const auto length = exchange.request.content_length;
    if (!length) return missing_length("Content-Length");
    const std::int64_t size = TRY(check_size(*length, size_max));
    return Payload(body, size);
}

Outcome<std::size_t> Payload::read(std::span<std::byte> to) {
    const std::size_t count = decoder_ ? TRY(read_pieces(to)) : TRY(read_wire(to));
    read_bytes_ += static_cast<std::int64_t>(count);
    const bool is_wrong = count == 0 ? read_bytes_ != size_bytes_ : read_bytes_ > size_bytes_;
    if (is_wrong) return incomplete_body(size_bytes_, read_bytes_);
    return count;
}

Outcome<std::size_t> Payload::read_wire(std::span<std::byte> to) {
    const auto count = body_->read(to);
    if (!count) return of_body(count.error());
    return *count;
}

Outcome<std::size_t> Payload::read_pieces(std::span<std::byte> to) {
    for (;;) {
        if (unread_.empty()) {
            const std::size_t count = TRY(read_wire(wire_));
            unread_ = Bytes(wire_).first(count);
            if (count > 0) continue;
            if (auto error = decoder_->finish()) return *std::move(error);
            return std::size_t{0};
        }
        const auto step = decoder_->decode(unread_.first(std::min(unread_.size(), to.size())));
        if (const auto* error = std::get_if<aws::S3Error>(&step)) return *error;
        const auto& taken = std::get<aws::ChunkedDecoder::Step>(step);
        unread_ = unread_.subspan(taken.consumed);
        if (taken.produced.empty()) continue;
        std::ranges::copy(taken.produced, to.begin());
        return taken.produced.size();
    }
}

Outcome<void> receive(Payload& payload, ByteSink& sink, BodyChecks& checks) {
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(kPieceBytes);
    const std::span<std::byte> piece(memory.get(), kPieceBytes);
    for (;;) {
        const std::size_t count = TRY(payload.read(piece));
        if (count == 0) return checks.finish(payload.trailers());
        const Bytes bytes = piece.first(count);
        checks.update(bytes);
        TRY(sink.write(bytes));
    }
}

}  // namespace imagemill::local::s3
