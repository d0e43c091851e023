#include "net/exchange.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "net/input.h"
#include "net/wire.h"

namespace imagemill::net {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kJoinedBytesMax = 64 * 1024;  // Head and body in one packet up to here.
constexpr std::size_t kStepBytes = 64 * 1024;
constexpr std::size_t kSizedStepBytes = 256 * 1024;
constexpr std::size_t kReservedBytesMax = 16 * 1024 * 1024;
constexpr int kInterimMax = 16;

Error cut(std::string_view where) {
    return Error{Code::unavailable, "The server closed the connection " + std::string(where) + "."};
}

struct Framing {
    bool is_chunked = false;
    std::optional<std::int64_t> length = std::nullopt;  // Absent where chunked or up to the end.
};

Result<Framing> framing_of(const Head& head, bool is_head_request) {
    if (is_head_request || head.status == 204 || head.status == 304) return Framing{.length = 0};
    if (head.headers.get("Transfer-Encoding")) {
        if (has_word(head.headers, "Transfer-Encoding", "chunked") &&
            head.headers.count("Transfer-Encoding") == 1 &&
            equal_ignoring_case(head.headers.get_or("Transfer-Encoding", ""), "chunked")) {
            return Framing{.is_chunked = true};
        }
        return Error{Code::unavailable, "The answer has a transfer coding that is not chunked."};
    }
    const auto text = head.headers.get("Content-Length");
    if (!text) return Framing{};
    const auto length = parse_count(*text);
    if (!length || head.headers.count("Content-Length") > 1) {
        return Error{Code::unavailable, "The answer's Content-Length is not one whole number."};
    }
    return Framing{.length = *length};
}

Error too_large(std::int64_t limit, std::int64_t measured) {
    return Error{Code::too_large,
                 "The answer has more than the " + std::to_string(limit) +
                     " bytes allowed (response_bytes_max).",
                 Exceeded{"response_bytes_max", limit, measured}};
}

class Exchange final {
  public:
    Exchange(Stream& stream, SteadyTime deadline, std::int64_t response_bytes_max)
        : stream_(stream),
          input_(stream, kHeadBytesMax),
          deadline_(deadline),
          body_bytes_max_(response_bytes_max) {}

    Result<void> send(std::string_view head, Bytes body);
    Result<ClientResponse> receive(bool is_head_request);
    bool is_untouched() const { return !has_answer_; }
    bool keeps_alive() const { return keeps_alive_; }

  private:
    Result<Head> read_head();
    Result<Head> read_final_head();
    Result<Buffer> read_body(const Framing& framing);
    Result<Buffer> read_sized(std::size_t size);
    Result<Buffer> read_chunked();
    Result<Buffer> read_to_end();
    Result<void> check_size(std::size_t size) const;

    Stream& stream_;
    Input input_;
    SteadyTime deadline_;
    std::int64_t body_bytes_max_;
    bool has_answer_ = false;
    bool keeps_alive_ = false;
};

Result<void> Exchange::send(std::string_view head, Bytes body) {
    if (body.size() > kJoinedBytesMax) {
        TRY(write_all(stream_, as_bytes(head), deadline_));
        return write_all(stream_, body, deadline_);
    }
    std::string joined(head);
    joined += as_text(body);
    return write_all(stream_, as_bytes(joined), deadline_);
}

Result<Head> Exchange::read_head() {
    std::size_t scanned = 0;
    while (true) {
        const HeadScan scan = scan_head(input_.text(), scanned);
        scanned = scan.size;
        if (scan.state == HeadScan::State::complete) {
            auto head = parse_response_head(input_.text().substr(0, scan.size));
            input_.consume(scan.size);
            if (head) return head;
            return Error{Code::unavailable, "The answer is not HTTP/1: " + head.error().message};
        }
        if (scan.state == HeadScan::State::bare_line_feed || input_.is_full()) {
            return Error{Code::unavailable,
                         "The answer is not HTTP/1: a line ends without CR, or the headers have "
                         "more than 65536 bytes."};
        }
        const std::size_t count = TRY(input_.fill(deadline_));
        if (count == 0) return cut(has_answer_ ? "in the middle of its headers" : "unanswered");
        has_answer_ = true;
    }
}

Result<Head> Exchange::read_final_head() {
    for (int i = 0; i <= kInterimMax; ++i) {
        auto head = TRY(read_head());
        if (head.status == 101) break;
        if (head.status >= 200) return head;
    }
    return Error{Code::unavailable,
                 "The answer changes the protocol, or has too many interim responses."};
}

Result<ClientResponse> Exchange::receive(bool is_head_request) {
    Head head = TRY(read_final_head());
    const Framing framing = TRY(framing_of(head, is_head_request));
    // Not inside the braces: g++ 12 leaks the members before it where TRY returns from there.
    Buffer body = TRY(read_body(framing));
    ClientResponse response{
        .status = head.status, .headers = std::move(head.headers), .body = std::move(body)};
    const bool has_end = framing.is_chunked || framing.length;
    keeps_alive_ =
        has_end && input_.bytes().empty() &&
        net::keeps_alive({.version_minor = head.version_minor, .headers = response.headers});
    return response;
}

Result<Buffer> Exchange::read_body(const Framing& framing) {
    if (framing.is_chunked) return read_chunked();
    if (!framing.length) return read_to_end();
    if (*framing.length > body_bytes_max_) return too_large(body_bytes_max_, *framing.length);
    return read_sized(static_cast<std::size_t>(*framing.length));
}

Result<Buffer> Exchange::read_sized(std::size_t size) {
    // It is filled with what comes; what is promised gets room, within reason.
    Buffer body;
    body.reserve(std::min(size, kReservedBytesMax));
    std::size_t filled = 0;
    while (filled < size) {
        if (filled == body.size()) body.resize(std::min(size, filled + kSizedStepBytes));
        const std::size_t count = TRY(input_.read_some(std::span(body).subspan(filled), deadline_));
        if (count == 0) return cut("in the middle of its answer");
        filled += count;
    }
    return body;
}

Result<Buffer> Exchange::read_chunked() {
    ChunkDecoder decoder;
    Buffer body;
    std::size_t filled = 0;
    while (true) {
        if (filled == body.size()) body.resize(std::max(kStepBytes, filled * 2));
        auto step = decoder.decode(input_.bytes(), std::span(body).subspan(filled));
        if (!step) return Error{Code::unavailable, step.error().message};
        input_.consume(step->consumed);
        filled += step->produced;
        TRY(check_size(filled));
        if (decoder.is_done()) break;
        if (step->produced > 0) continue;
        if (input_.is_full()) return Error{Code::unavailable, "A chunk's first line has no end."};
        if (TRY(input_.fill(deadline_)) == 0) return cut("in the middle of its answer");
    }
    body.resize(filled);
    return body;
}

Result<Buffer> Exchange::read_to_end() {
    Buffer body;
    std::size_t filled = 0;
    while (true) {
        if (filled == body.size()) body.resize(std::max(kStepBytes, filled * 2));
        const std::size_t count = TRY(input_.read_some(std::span(body).subspan(filled), deadline_));
        filled += count;
        TRY(check_size(filled));
        if (count == 0) break;
    }
    body.resize(filled);
    return body;
}

Result<void> Exchange::check_size(std::size_t size) const {
    if (std::cmp_less_equal(size, body_bytes_max_)) return {};
    return too_large(body_bytes_max_, static_cast<std::int64_t>(size));
}

bool needs_length(const ClientRequest& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" ||
           request.method == "PATCH";
}

}  // namespace

Result<std::string> format_request_head(const Endpoint& endpoint, const ClientRequest& request) {
    const auto invalid = [](const std::string& message) {
        return Error{Code::invalid_argument, message};
    };
    if (!is_token(request.method)) return invalid("A request's method is not a word.");
    const bool is_visible = std::ranges::all_of(
        request.target, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
    if (!request.target.starts_with('/') || !is_visible) {
        return invalid("A request's target does not start with a slash, or is not encoded.");
    }
    for (const auto& [name, value] : request.headers.fields()) {
        if (!is_token(name) || !is_field_value(value)) {
            return invalid("The header " + printable(name, 64) +
                           " has a character that no header can have.");
        }
    }
    const std::string length = std::to_string(request.body.size());
    if (request.headers.get_or("Content-Length", length) != length ||
        request.headers.get("Transfer-Encoding")) {
        return invalid("A request says another length than its body has.");
    }
    std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
    if (!request.headers.get("Host")) head += "Host: " + host_header(endpoint) + "\r\n";
    if (!request.headers.get("Content-Length") && needs_length(request)) {
        head += "Content-Length: " + length + "\r\n";
    }
    append_headers(head, request.headers);
    return head + "\r\n";
}

ExchangeResult run_exchange(Stream& stream, std::string_view head, const ClientRequest& request,
                            SteadyTime deadline, std::int64_t response_bytes_max) {
    const std::stop_callback end_early(request.stopping,
                                       [fd = stream.fd()] { ::shutdown(fd, SHUT_RDWR); });
    Exchange exchange(stream, deadline, response_bytes_max);
    auto sent = exchange.send(head, request.body);
    if (!sent && sent.error().code == Code::timeout) {
        return {.response = std::move(sent).error(), .is_untouched = true};
    }
    // A server may answer and close before it has read all (413): then that is the answer.
    auto response = exchange.receive(request.method == "HEAD");
    if (!sent && !response) {
        return {.response = std::move(sent).error(), .is_untouched = exchange.is_untouched()};
    }
    const bool keeps_alive = sent && response && exchange.keeps_alive() &&
                             !has_word(request.headers, "Connection", "close");
    return {.response = std::move(response),
            .keeps_alive = keeps_alive,
            .is_untouched = exchange.is_untouched()};
}

}  // namespace imagemill::net
