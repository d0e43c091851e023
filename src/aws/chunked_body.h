// chunked_body: the bytes of an object out of a body that is sent in pieces of S3's own kind
// (Content-Encoding: aws-chunked), each of them signed or not, with a checksum behind the last.
//
// Shapes:  Bytes of the wire go in as they come; what of them is the object's comes out. A signed
//          piece's bytes come out before its signature can be checked, so nothing may be kept
//          until is_done().
//          plain    hex-size CRLF bytes CRLF … 0 CRLF trailers CRLF
//          signed   hex-size;chunk-signature=<64 hex> CRLF bytes CRLF …
//          trailers name:value CRLF …, signed: x-amz-trailer-signature:<64 hex> CRLF behind them
// Errors:  as S3 answers them: InvalidRequest (sizes and lines that are none),
// InvalidChunkSizeError
//          (a signed piece, not the last, under 8192 bytes), SignatureDoesNotMatch, IncompleteBody
//          (more or fewer bytes than x-amz-decoded-content-length), MalformedTrailerError.
//          After one, every further call fails alike.
// Threads: one.
// Cost:    flat: a line of at most 256 bytes is kept, 8 KiB of trailers, one running SHA-256.
// Source:  Amazon S3 API reference, "Signature calculations for the authorization header:
//          transferring payload in multiple chunks" and "… Including trailing headers".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/s3_xml.h"
#include "aws/sigv4.h"
#include "base/bytes.h"
#include "base/digest.h"

namespace imagemill::aws {

// What x-amz-content-sha256 says of a body's pieces.
struct ChunkedFraming {
    bool is_signed = false;
    bool has_trailers = false;
};
// Nothing, where it does not say STREAMING-…; nothing as well for ECDSA's, which is not done here.
std::optional<ChunkedFraming> parse_chunked_framing(std::string_view payload_hash);

struct ChunkedPlan {
    ChunkedFraming framing;
    std::int64_t decoded_bytes = 0;          // x-amz-decoded-content-length.
    std::vector<std::string> trailer_names;  // x-amz-trailer, in lower case.
    ChunkSigning signing;                    // Of a signed framing.
};

class ChunkedDecoder final {
  public:
    explicit ChunkedDecoder(ChunkedPlan plan);

    struct Step {
        std::size_t consumed = 0;
        Bytes produced;  // A part of the input.
    };
    // Takes a part of `input`, at least a byte where there is one and it is not done.
    std::variant<Step, S3Error> decode(Bytes input);
    // The body is at its end: the error, unless it is whole.
    std::optional<S3Error> finish() const;

    bool is_done() const { return state_ == State::done; }
    std::int64_t decoded_bytes() const { return decoded_; }
    const http::Headers& trailers() const { return trailers_; }  // Once it is done.

  private:
    enum class State { size_line, data, data_end, trailers, done, failed };

    std::optional<S3Error> take_line(std::string_view line);
    std::optional<S3Error> take_size_line(std::string_view line);
    std::optional<S3Error> take_trailer(std::string_view line);
    std::optional<S3Error> check_sizes(std::int64_t size);
    std::optional<S3Error> end_chunk();
    std::optional<S3Error> end_trailers();
    std::variant<Step, S3Error> decode_data(Bytes input);
    std::variant<Step, S3Error> decode_line(Bytes input);

    ChunkedPlan plan_;
    State state_ = State::size_line;
    std::string line_;       // The begin of one that is not whole yet.
    std::int64_t left_ = 0;  // Of the chunk.
    std::int64_t decoded_ = 0;
    bool had_short_chunk_ = false;
    bool is_last_ = false;  // The chunk without bytes.
    bool had_empty_line_ = false;
    std::string chunk_signature_;     // As sent, of the chunk that is being read.
    std::string previous_signature_;  // Of the chain.
    Hasher chunk_hash_{DigestKind::sha256};
    http::Headers trailers_;
    std::size_t trailer_bytes_ = 0;
    std::string trailer_signature_;
    std::optional<S3Error> failure_;
};

}  // namespace imagemill::aws
