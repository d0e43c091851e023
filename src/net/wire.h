// wire: HTTP/1 text to values. The only file that knows Boost.Beast is wire.cpp.
//
// Errors:  corrupt  not HTTP/1, or a broken chunk; says which.
// Threads: pure functions; a ChunkDecoder belongs to one thread.
// Source:  RFC 9112.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace imagemill::net {

struct Head {
    std::string method = {};  // Of a request, as is `target`.
    std::string target = {};
    int status = 0;         // Of a response.
    int version_minor = 1;  // HTTP/1.x
    http::Headers headers = {};
};

// `text` is one whole head, with its empty line.
Result<Head> parse_request_head(std::string_view text);
Result<Head> parse_response_head(std::string_view text);

// RFC 9110 5.6.2.
bool is_token(std::string_view text);
// Neither CR, LF, NUL nor another control character but a tab.
bool is_field_value(std::string_view text);
// A comma-separated list has the word, in any case.
bool has_word(const http::Headers& headers, std::string_view name, std::string_view word);
// Whether the peer keeps the connection after this message (RFC 9112 9.3).
bool keeps_alive(const Head& head);
// Name: value, line by line.
void append_headers(std::string& out, const http::Headers& headers);

// Transfer-Encoding: chunked, taken off.
class ChunkDecoder final {
  public:
    ChunkDecoder();
    ~ChunkDecoder();

    struct Step {
        std::size_t consumed = 0;
        std::size_t produced = 0;  // 0 where more input is needed, or where it is done.
    };
    // From `from` to `to`. Trailers are read over.
    Result<Step> decode(Bytes from, std::span<std::byte> to);
    bool is_done() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace imagemill::net
