#include "net/wire.h"

#include <algorithm>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstring>
#include <limits>

#include "base/encodings.h"

namespace imagemill::net {
namespace {

namespace beast = boost::beast;

template <bool is_request>
Result<Head> parse_head(std::string_view text) {
    beast::http::parser<is_request, beast::http::empty_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(
        std::min<std::size_t>(text.size() + 1, std::numeric_limits<std::uint32_t>::max())));
    parser.body_limit(boost::none);  // The body is not Beast's here.
    boost::system::error_code error;
    parser.put(boost::asio::buffer(text.data(), text.size()), error);
    if (error || !parser.is_header_done()) {
        return Error{Code::corrupt, "The message is not HTTP/1: " + error.message() + "."};
    }
    Head head;
    const auto& message = parser.get();
    if constexpr (is_request) {
        head.method = message.method_string();
        head.target = message.target();
    } else {
        head.status = static_cast<int>(message.result_int());
    }
    head.version_minor = message.version() == 10 ? 0 : 1;
    for (const auto& field : message) {
        head.headers.add(field.name_string(), field.value());
    }
    return head;
}

}  // namespace

Result<Head> parse_request_head(std::string_view text) {
    return parse_head<true>(text);
}

Result<Head> parse_response_head(std::string_view text) {
    return parse_head<false>(text);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
               (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
    });
}

bool is_field_value(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) || c == '\t';
    });
}

bool has_word(const http::Headers& headers, std::string_view name, std::string_view word) {
    for (const auto& [field_name, value] : headers.fields()) {
        if (!equal_ignoring_case(field_name, name)) continue;
        std::string_view list = value;
        while (!list.empty()) {
            const std::size_t end = std::min(list.find(','), list.size());
            if (equal_ignoring_case(trim(list.substr(0, end)), word)) return true;
            list.remove_prefix(std::min(end + 1, list.size()));
        }
    }
    return false;
}

bool keeps_alive(const Head& head) {
    if (has_word(head.headers, "Connection", "close")) return false;
    return head.version_minor >= 1 || has_word(head.headers, "Connection", "keep-alive");
}

void append_headers(std::string& out, const http::Headers& headers) {
    for (const auto& [name, value] : headers.fields()) {
        out.append(name).append(": ").append(value).append("\r\n");
    }
}

// Beast only decodes chunks as part of a message, so it gets a head of its own first.
struct ChunkDecoder::State {
    beast::http::request_parser<beast::http::buffer_body> parser;
};

ChunkDecoder::ChunkDecoder() : state_(std::make_unique<State>()) {
    constexpr std::string_view kHead = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    state_->parser.body_limit(boost::none);
    boost::system::error_code error;
    state_->parser.put(boost::asio::buffer(kHead.data(), kHead.size()), error);
    CHECK(!error && state_->parser.is_header_done());
}

ChunkDecoder::~ChunkDecoder() = default;

bool ChunkDecoder::is_done() const {
    return state_->parser.is_done();
}

Result<ChunkDecoder::Step> ChunkDecoder::decode(Bytes from, std::span<std::byte> to) {
    Step step;
    // Beast asserts that it sees the last chunk whole, "0 CRLF CRLF", where that is the first.
    // Until a chunked body is done, five bytes are always still to come: none is missed by waiting.
    constexpr std::size_t kBytesMin = 5;
    auto& parser = state_->parser;
    auto& body = parser.get().body();
    while (!parser.is_done() && step.produced == 0 && from.size() - step.consumed >= kBytesMin) {
        const Bytes rest = from.subspan(step.consumed);
        body.data = to.data();
        body.size = to.size();
        boost::system::error_code error;
        step.consumed += parser.put(boost::asio::buffer(rest.data(), rest.size()), error);
        step.produced = to.size() - body.size;
        if (error == beast::http::error::need_more) break;
        if (error && error != beast::http::error::need_buffer) {
            return Error{Code::corrupt, "The chunked body is broken: " + error.message() + "."};
        }
    }
    return step;
}

}  // namespace imagemill::net
