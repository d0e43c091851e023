#include "net/response_writer.h"

#include <algorithm>

#include "base/encodings.h"
#include "net/wire.h"

namespace imagemill::net {
namespace {

constexpr std::size_t kJoinedBytesMax = 64 * 1024;  // Head and body in one packet up to here.
constexpr std::int64_t kFileBytesMax = 1 << 20;     // Of one sendfile(2).

Result<void> check_head(const http::Response& response) {
    if (response.status < 200 || response.status > 599) {
        return Error{Code::internal,
                     "A handler answered with the status " + std::to_string(response.status) + "."};
    }
    for (const auto& [name, value] : response.headers.fields()) {
        if (!is_token(name) || !is_field_value(value)) {
            return Error{Code::internal, "A handler's header " + printable(name, 64) +
                                             " has a character that no header can have."};
        }
    }
    return {};
}

std::optional<std::int64_t> stated_length(const http::Headers& headers) {
    const auto text = headers.get("Content-Length");
    const auto length = text ? parse_count(*text) : Error{};
    return length ? std::optional(*length) : std::nullopt;
}

std::optional<std::int64_t> length_of(const http::Response& response) {
    if (const auto* bytes = std::get_if<Buffer>(&response.body)) {
        return static_cast<std::int64_t>(bytes->size());
    }
    if (const auto* range = std::get_if<http::FileRange>(&response.body)) return range->length;
    return stated_length(response.headers);
}

// What Content-Length says where no body is sent.
std::optional<std::int64_t> bodiless_length(const http::Response& response) {
    if (response.status == 204) return std::nullopt;
    const auto length = length_of(response);
    const auto stated = stated_length(response.headers);
    if (stated && length.value_or(0) == 0) return stated;
    if (response.status == 304) return std::nullopt;  // The 200's length is not this body's.
    return length;
}

class ResponseBody final : public http::BodyWriter {
  public:
    ResponseBody(Socket& socket, const ResponsePlan& plan, Pace& pace)
        : socket_(socket), is_chunked_(plan.is_chunked), left_(plan.length), pace_(pace) {}

    bool write(Bytes bytes) override {
        if (!result_) return false;
        if (bytes.empty()) return true;  // An empty chunk would end the body.
        if (left_ && static_cast<std::int64_t>(bytes.size()) > *left_) {
            result_ = Error{Code::corrupt, "A producer wrote more than its Content-Length."};
            return false;
        }
        if (left_) *left_ -= static_cast<std::int64_t>(bytes.size());
        result_ = is_chunked_ ? write_chunk(bytes) : write_paced(socket_, bytes, pace_);
        return result_.has_value();
    }

    Result<void> finish() {
        if (!result_) return result_;
        if (left_.value_or(0) > 0) {
            return Error{Code::corrupt, "A producer wrote less than its Content-Length."};
        }
        return is_chunked_ ? write_paced(socket_, as_bytes("0\r\n\r\n"), pace_) : Result<void>();
    }

  private:
    Result<void> write_chunk(Bytes bytes) {
        std::array<char, 20> size{};
        const int count = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes.size());
        std::string chunk(size.data(), static_cast<std::size_t>(count));
        if (bytes.size() <= kJoinedBytesMax) {
            chunk.append(as_text(bytes)).append("\r\n");
            return write_paced(socket_, as_bytes(chunk), pace_);
        }
        TRY(write_paced(socket_, as_bytes(chunk), pace_));
        TRY(write_paced(socket_, bytes, pace_));
        return write_paced(socket_, as_bytes("\r\n"), pace_);
    }

    Socket& socket_;
    bool is_chunked_;
    std::optional<std::int64_t> left_;
    Pace& pace_;
    Result<void> result_;
};

Result<void> send_file(Socket& socket, const http::FileRange& range, Pace& pace) {
    std::int64_t done = 0;
    while (done < range.length) {
        const SteadyTime start = steady_now();
        const auto want = static_cast<std::size_t>(std::min(range.length - done, kFileBytesMax));
        const std::size_t count = TRY(
            socket.send_file(range.file->get(), range.offset + done, want, pace.deadline(start)));
        if (count == 0) {
            return Error{Code::corrupt, "A file ended " + std::to_string(range.length - done) +
                                            " bytes before its range."};
        }
        pace.add(count, steady_now() - start);
        done += static_cast<std::int64_t>(count);
    }
    return {};
}

}  // namespace

Result<ResponsePlan> plan_response(const http::Response& response, const RequestFacts& facts,
                                   std::string_view server_name, Time now) {
    TRY(check_head(response));
    ResponsePlan plan;
    plan.sends_body = !facts.is_head && response.status != 204 && response.status != 304;
    plan.length = plan.sends_body ? length_of(response) : bodiless_length(response);
    const bool is_open = plan.sends_body && !plan.length;
    plan.is_chunked = is_open && facts.version_minor >= 1;
    plan.keeps_alive = facts.keeps_alive && (!is_open || plan.is_chunked) &&
                       !has_word(response.headers, "Connection", "close");

    http::Headers headers = response.headers;
    for (const char* name : {"Content-Length", "Transfer-Encoding", "Connection"}) {
        headers.remove(name);
    }
    if (plan.length) headers.add("Content-Length", std::to_string(*plan.length));
    if (plan.is_chunked) headers.add("Transfer-Encoding", "chunked");
    if (!plan.keeps_alive) headers.add("Connection", "close");
    if (plan.keeps_alive && facts.version_minor == 0) headers.add("Connection", "keep-alive");
    if (!headers.get("Date")) headers.add("Date", format_http_date(now));
    if (!server_name.empty()) headers.set("Server", std::string(server_name));

    plan.head = "HTTP/1.1 " + std::to_string(response.status) + " ";
    plan.head.append(http::reason_of(response.status)).append("\r\n");
    append_headers(plan.head, headers);
    plan.head += "\r\n";
    return plan;
}

Result<void> send_response(Socket& socket, const http::Response& response, const ResponsePlan& plan,
                           Pace pace) {
    const auto* bytes = std::get_if<Buffer>(&response.body);
    if (plan.sends_body && bytes != nullptr && bytes->size() <= kJoinedBytesMax) {
        std::string joined = plan.head;
        joined += as_text(*bytes);
        return write_paced(socket, as_bytes(joined), pace);
    }
    TRY(write_paced(socket, as_bytes(plan.head), pace));
    if (!plan.sends_body) return {};
    if (bytes != nullptr) return write_paced(socket, *bytes, pace);
    if (const auto* range = std::get_if<http::FileRange>(&response.body)) {
        return send_file(socket, *range, pace);
    }
    ResponseBody body(socket, plan, pace);
    std::get<http::Producer>(response.body)(body);
    return body.finish();
}

}  // namespace imagemill::net
