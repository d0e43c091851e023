// payload: the bytes of an object or a part out of a request's body, whether they come as they are
// or in pieces of S3's own kind (aws-chunked).
//
// Errors:  MissingContentLength  neither Content-Length nor, in pieces, their decoded length.
//          EntityTooLarge  over `object_bytes_max`.
//          IncompleteBody, RequestTimeout  the body does not come.
//          Those of aws/chunked_body.h.
// Threads: one.
// Cost:    flat.
// Source:  Amazon S3 API reference, PutObject, UploadPart; user guide, "Checking object integrity".
#pragma once

#include <cstdint>
#include <optional>

#include "aws/chunked_body.h"
#include "local/s3/checksums.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

class Payload final {
  public:
    // Reads nothing yet. The exchange outlives it.
    static Outcome<Payload> open(Exchange& exchange, const BodyChecks& checks);

    // How many bytes there will be; fewer or more are an error.
    std::int64_t size_bytes() const { return size_bytes_; }
    // 0 at the end only.
    Outcome<std::size_t> read(std::span<std::byte> to);
    // After the end.
    http::Headers trailers() const { return decoder_ ? decoder_->trailers() : http::Headers(); }

  private:
    Payload(http::BodyReader& body, std::int64_t size_bytes)
        : body_(&body), size_bytes_(size_bytes) {}
    Outcome<std::size_t> read_wire(std::span<std::byte> to);
    Outcome<std::size_t> read_pieces(std::span<std::byte> to);

    http::BodyReader* body_;
    std::int64_t size_bytes_;
    std::int64_t read_bytes_ = 0;
    std::optional<aws::ChunkedDecoder> decoder_;
    Buffer wire_;
    Bytes unread_;  // Of wire_.
};

// All of it, into `sink`, adding up on the way, and then what it should add up to.
Outcome<void> receive(Payload& payload, ByteSink& sink, BodyChecks& checks);

}  // namespace imagemill::local::s3
