// message: an HTTP request and response as values. Every server of ours is a Handler, and a test
// calls it without a socket.
//
// Shapes:  A request's body is read once, as it comes; a response's is bytes, a part of a file, or
//          a producer that writes as it goes, so that 5 GB and server-sent events pass through the
//          same type.
// Errors:  BodyReader::read: corrupt (the peer sent less than it said), timeout, unavailable.
// Threads: one request is handled by one thread; a Handler runs on many.
// Source:  RFC 9110 (semantics), RFC 3986 3.4 (query).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/result.h"

namespace imagemill::http {

// In order, names compared without case, repeated names kept.
class Headers final {
  public:
    using Field = std::pair<std::string, std::string>;
    Headers() = default;
    Headers(std::initializer_list<Field> fields) : fields_(fields) {}

    void add(std::string name, std::string value);
    void set(std::string_view name, std::string value);  // Replaces all of that name.
    void remove(std::string_view name);
    // The first of that name.
    std::optional<std::string_view> get(std::string_view name) const;
    std::string_view get_or(std::string_view name, std::string_view otherwise) const;
    std::size_t count(std::string_view name) const;
    const std::vector<Field>& fields() const { return fields_; }

  private:
    std::vector<Field> fields_;
};

class BodyReader {
  public:
    virtual ~BodyReader() = default;
    // Fills up to `to.size()` bytes; 0 at the end only.
    virtual Result<std::size_t> read(std::span<std::byte> to) = 0;
};

std::unique_ptr<BodyReader> make_body(Buffer bytes);
std::unique_ptr<BodyReader> make_body(std::string_view text);  // Copied.
// All of it; too_large once it passes `size_max`, exceeded.setting = `setting`.
Result<Buffer> read_all(BodyReader& body, std::int64_t size_max, std::string_view setting);

using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Request {
    std::string method;      // Upper case.
    std::string path = "/";  // As it came, still percent-encoded.
    std::string query;       // Raw, without "?".
    Headers headers;
    std::unique_ptr<BodyReader> body = make_body(Buffer());
    std::optional<std::int64_t> content_length;  // Absent when chunked.
    std::string peer;                            // The peer's address, no port.

    std::string target() const { return query.empty() ? path : path + "?" + query; }
};

// name=value pairs of a query, decoded; a name alone has the value "". `+` is kept when
// `plus_is_space` is false (S3, AWS).
enum class Plus { keep, space };
Result<Parameters> parse_query(std::string_view query, Plus plus);
std::optional<std::string_view> find(const Parameters& parameters, std::string_view name);

// Where a producer writes to. False once the peer is gone: stop.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    virtual bool write(Bytes bytes) = 0;
};

struct FileRange {
    std::shared_ptr<Fd> file;  // shared: one open file may serve several ranges of one response.
    std::int64_t offset = 0;
    std::int64_t length = 0;
};

using Producer = std::function<void(BodyWriter&)>;  // Sent chunked, or up to close for HTTP/1.0.

struct Response {
    int status = 200;
    Headers headers = {};
    std::variant<Buffer, FileRange, Producer> body = Buffer();

    // Text of a type, the usual answer.
    static Response text(int status, std::string_view content_type, std::string_view body);
};

// The body as text, for tests and small answers; runs a producer.
std::string body_text(const Response& response);

std::string_view reason_of(int status);

using Handler = std::function<Response(Request&)>;

}  // namespace imagemill::http
