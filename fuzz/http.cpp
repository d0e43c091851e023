#include <sys/socket.h>

#include <array>
#include <variant>

#include "base/check.h"
#include "base/encodings.h"
#include "body.h"
#include "http/multipart.h"
#include "net/connection.h"
#include "net/wire.h"
#include "wire.h"

namespace imagemill::fuzz {
namespace {

// --- connection: bytes as a client sends them, to a server's connection.

struct Seen {
    std::string method;
    std::string target;
    http::Headers headers;
    std::string body;
    bool is_whole = false;
};

// More would fill the socket with answers that nobody reads meanwhile.
constexpr int kRequestsMax = 64;
constexpr std::int64_t kBodyBytesMax = 4'096;
constexpr int kHeaderBytesMax = 2'048;

class Life final : public net::Lifecycle {
  public:
    bool begin_request() override { return ++requests_ <= kRequestsMax; }
    void end_request() override {}
    bool is_stopping() const override { return false; }

  private:
    int requests_ = 0;
};

// What no handler may ever see, since two readers could take it for two things.
void check_seen(const http::Request& request) {
    CHECK(!request.method.empty() && net::is_token(request.method));
    CHECK(request.path.starts_with('/') || request.path == "*");
    const http::Headers& headers = request.headers;
    CHECK(headers.count("Host") <= 1 && headers.count("Content-Length") <= 1);
    CHECK(headers.count("Transfer-Encoding") <= 1);
    CHECK(!(headers.get("Content-Length") && headers.get("Transfer-Encoding")));
    CHECK(request.content_length.has_value() == !headers.get("Transfer-Encoding"));
    for (const auto& [name, value] : headers.fields()) {
        CHECK(net::is_token(name) && net::is_field_value(value));
        CHECK(trim(value) == value);
    }
}

Seen see(http::Request& request) {
    check_seen(request);
    Seen seen{.method = request.method,
              .target = request.target(),
              .headers = request.headers,
              .body = "",
              .is_whole = false};
    const auto body = http::read_all(*request.body, kBodyBytesMax, "body_bytes_max");
    seen.is_whole = body.has_value();
    if (body) seen.body = as_text(*body);
    if (body && request.content_length) CHECK(std::ssize(*body) == *request.content_length);
    if (!body) check_message(body.error().message);
    return seen;
}

struct Served {
    std::vector<Seen> seen;
    std::string answers;
};

Served serve(std::string_view text) {
    std::array<int, 2> ends{};
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    net::Socket ours{Fd(ends[0])};
    net::Socket theirs{Fd(ends[1])};
    CHECK(net::write_all(theirs, as_bytes(text), net::kNever).has_value());
    ::shutdown(theirs.fd(), SHUT_WR);

    Served served;
    const http::Handler handler = [&](http::Request& request) {
        served.seen.push_back(see(request));
        return http::Response::text(200, "text/plain", "seen");
    };
    const Log log(system_clock(), Level::error, [](std::string_view) {});
    const net::ServerOptions options{.header_bytes_max = kHeaderBytesMax,
                                     .body_bytes_max = kBodyBytesMax};
    Life life;
    net::serve_connection(ours, "127.0.0.1", {.options = options, .handler = handler, .log = log},
                          life);
    ::shutdown(ours.fd(), SHUT_RDWR);
    std::array<std::byte, 16 * 1024> buffer;
    while (true) {
        const auto count = theirs.read_some(buffer, net::kNever);
        if (!count || *count == 0) return served;
        served.answers += as_text(Bytes(buffer).first(*count));
    }
}

// Each answer is one, each request the handler saw has its own, and a refusal is the last.
void check_answers(const Served& served) {
    std::string_view rest = served.answers;
    std::size_t count = 0;
    bool is_refused = false;
    while (!rest.empty()) {
        CHECK(!is_refused);
        const std::size_t end = rest.find("\r\n\r\n");
        CHECK(end != std::string_view::npos);
        const auto head = net::parse_response_head(rest.substr(0, end + 4));
        CHECK(head.has_value());
        rest.remove_prefix(end + 4);
        if (head->status == 100) continue;
        const auto length = parse_count(head->headers.get_or("Content-Length", ""));
        CHECK(length.has_value());
        const bool is_head = head->status == 200 && served.seen.at(count).method == "HEAD";
        const std::size_t body = is_head ? 0 : static_cast<std::size_t>(*length);
        CHECK(body <= rest.size() && is_utf8(rest.substr(0, body)));
        rest.remove_prefix(body);
        if (head->status == 200) {
            ++count;
        } else {
            is_refused = true;
            CHECK(head->status >= 400 && head->status <= 505 && head->status != 500);
            CHECK(net::has_word(head->headers, "Connection", "close"));
        }
    }
    CHECK(count == served.seen.size());
}

// A request as plainly as it can be said.
std::string format_request(const Seen& seen) {
    std::string text = seen.method + " " + seen.target + " HTTP/1.1\r\n";
    for (const auto& [name, value] : seen.headers.fields()) {
        const std::string lower = to_lower(name);
        const bool is_of_connection = lower == "transfer-encoding" || lower == "content-length" ||
                                      lower == "connection" || lower == "expect";
        if (!is_of_connection) text += name + ": " + value + "\r\n";
    }
    if (!seen.headers.get("Host")) text += "Host: a\r\n";
    return text + "Content-Length: " + std::to_string(seen.body.size()) + "\r\n\r\n" + seen.body;
}

// What was understood, said again without any liberty, is understood the same: so no byte of one
// request was taken for another's.
void check_said_again(const std::vector<Seen>& seen) {
    std::string text;
    std::vector<std::string> wanted;
    for (const Seen& request : seen) {
        const std::string one = format_request(request);
        // Said plainly it may be longer, and then too long.
        if (!request.is_whole || one.size() - request.body.size() > kHeaderBytesMax) break;
        text += one;
        wanted.push_back(one);
    }
    const Served again = serve(text);
    CHECK(again.seen.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        CHECK(again.seen[i].is_whole && format_request(again.seen[i]) == wanted[i]);
    }
}

void run_connection(std::string_view, std::string_view body) {
    const Served served = serve(body);
    check_answers(served);
    check_said_again(served.seen);
}

// --- chunks: what follows a head with Transfer-Encoding: chunked.

struct Decoded {
    std::string text;
    bool is_done = false;
    bool is_broken = false;
    std::size_t consumed = 0;
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

Decoded decode_chunks(std::string_view text, std::size_t piece) {
    net::ChunkDecoder decoder;
    Decoded decoded;
    std::string held;
    std::vector<std::byte> to(std::min<std::size_t>(piece, 4'096));
    while (!decoder.is_done() && !text.empty()) {
        const std::size_t count = std::min(piece, text.size());
        held += text.substr(0, count);
        text.remove_prefix(count);
        while (true) {
            const auto step = decoder.decode(as_bytes(held), to);
            if (!step) {
                check_message(step.error().message);
                decoded.is_broken = true;
                return decoded;
            }
            CHECK(step->consumed <= held.size() && step->produced <= to.size());
            held.erase(0, step->consumed);
            decoded.consumed += step->consumed;
            decoded.text += as_text(Bytes(to).first(step->produced));
            if (step->produced == 0) break;
        }
    }
    decoded.is_done = decoder.is_done();
    return decoded;
}

void run_chunks(std::string_view, std::string_view body) {
    const Decoded whole = decode_chunks(body, body.size() + 1);
    CHECK(whole.text.size() <= body.size());
    for (const std::size_t piece : piece_sizes(body.size())) {
        const Decoded decoded = decode_chunks(body, piece);
        CHECK(decoded.is_done == whole.is_done && decoded.is_broken == whole.is_broken);
        if (whole.is_done) CHECK(decoded == whole);
    }
}

// --- form: multipart/form-data; the argument is the Content-Type.

// Names and bytes of all parts; or the error.
std::variant<std::string, Error> read_parts(std::string_view text, const std::string& boundary,
                                            std::size_t piece) {
    PieceReader body(text, piece);
    constexpr http::MultipartLimits kLimits{.parts_max = 8, .header_bytes_max = 512};
    http::MultipartReader parts(body, boundary, kLimits);
    std::string seen;
    int count = 0;
    while (true) {
        const auto part = parts.next();
        if (!part) return part.error();
        if (*part == nullptr) return seen;
        CHECK(++count <= kLimits.parts_max);
        const auto bytes = http::read_all(parts.body(), 8'192, "");
        if (!bytes) return bytes.error();
        seen += (*part)->name + "|" + (*part)->filename.value_or("-") + "|" +
                (*part)->content_type + "|" + std::string(as_text(*bytes)) + "\n";
    }
}

void run_form(std::string_view argument, std::string_view body) {
    const auto boundary = http::parse_boundary(argument);
    if (!boundary) return check_message(boundary.error().message);
    CHECK(!boundary->empty() && boundary->size() <= 70);
    const auto whole = read_parts(body, *boundary, body.size() + 1);
    for (const std::size_t piece : piece_sizes(body.size())) {
        const auto parts = read_parts(body, *boundary, piece);
        CHECK(parts.index() == whole.index());
        if (const auto* error = std::get_if<Error>(&parts)) {
            check_message(error->message);
            CHECK(error->code == std::get<Error>(whole).code);
        } else {
            CHECK(std::get<std::string>(parts) == std::get<std::string>(whole));
        }
    }
}

}  // namespace

void fuzz_http(Bytes input) {
    constexpr std::array kKinds{WireKind{"connection", run_connection},
                                WireKind{"chunks", run_chunks}, WireKind{"form", run_form}};
    run_kind(kKinds, input);
}

}  // namespace imagemill::fuzz
