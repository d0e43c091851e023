#include "http/message.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/encodings.h"

namespace imagemill::http {
namespace {

class BufferBody final : public BodyReader {
  public:
    explicit BufferBody(Buffer bytes) : bytes_(std::move(bytes)) {}

    Result<std::size_t> read(std::span<std::byte> to) override {
        const std::size_t count = std::min(to.size(), bytes_.size() - next_);
        std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(next_), count, to.begin());
        next_ += count;
        return count;
    }

  private:
    Buffer bytes_;
    std::size_t next_ = 0;
};

class TextWriter final : public BodyWriter {
  public:
    bool write(Bytes bytes) override {
        text_ += as_text(bytes);
        return true;
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

// What the file holds of the range; less where it ends early.
std::string file_text(const FileRange& range) {
    std::string text(static_cast<std::size_t>(range.length), '\0');
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t count =
            ::pread(range.file->get(), text.data() + done, text.size() - done,
                    static_cast<off_t>(range.offset + static_cast<std::int64_t>(done)));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        done += static_cast<std::size_t>(count);
    }
    text.resize(done);
    return text;
}

Result<std::string> decode_part(std::string_view text, Plus plus) {
    auto decoded = plus == Plus::space ? form_decode(text) : percent_decode(text);
    if (decoded) return decoded;
    return Error{Code::invalid_argument, "The query is not percent-encoded rightly in \"" +
                                             printable(text, 64) +
                                             "\": " + decoded.error().message};
}

struct Reason {
    int status;
    std::string_view text;
};

// RFC 9110 15; RFC 6585 (428, 429, 431).
constexpr std::array kReasons{Reason{100, "Continue"},
                              Reason{101, "Switching Protocols"},
                              Reason{200, "OK"},
                              Reason{201, "Created"},
                              Reason{202, "Accepted"},
                              Reason{204, "No Content"},
                              Reason{206, "Partial Content"},
                              Reason{300, "Multiple Choices"},
                              Reason{301, "Moved Permanently"},
                              Reason{302, "Found"},
                              Reason{303, "See Other"},
                              Reason{304, "Not Modified"},
                              Reason{307, "Temporary Redirect"},
                              Reason{308, "Permanent Redirect"},
                              Reason{400, "Bad Request"},
                              Reason{401, "Unauthorized"},
                              Reason{403, "Forbidden"},
                              Reason{404, "Not Found"},
                              Reason{405, "Method Not Allowed"},
                              Reason{406, "Not Acceptable"},
                              Reason{408, "Request Timeout"},
                              Reason{409, "Conflict"},
                              Reason{410, "Gone"},
                              Reason{411, "Length Required"},
                              Reason{412, "Precondition Failed"},
                              Reason{413, "Content Too Large"},
                              Reason{414, "URI Too Long"},
                              Reason{415, "Unsupported Media Type"},
                              Reason{416, "Range Not Satisfiable"},
                              Reason{417, "Expectation Failed"},
                              Reason{421, "Misdirected Request"},
                              Reason{422, "Unprocessable Content"},
                              Reason{428, "Precondition Required"},
                              Reason{429, "Too Many Requests"},
                              Reason{431, "Request Header Fields Too Large"},
                              Reason{500, "Internal Server Error"},
                              Reason{501, "Not Implemented"},
                              Reason{502, "Bad Gateway"},
                              Reason{503, "Service Unavailable"},
                              Reason{504, "Gateway Timeout"},
                              Reason{505, "HTTP Version Not Supported"},
                              Reason{507, "Insufficient Storage"}};

}  // namespace

void Headers::add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
}

void Headers::set(std::string_view name, std::string value) {
    remove(name);
    add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    std::erase_if(fields_,
                  [&](const Field& field) { return equal_ignoring_case(field.first, name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const Field& field : fields_) {
        if (equal_ignoring_case(field.first, name)) return field.second;
    }
    return std::nullopt;
}

std::string_view Headers::get_or(std::string_view name, std::string_view otherwise) const {
    return get(name).value_or(otherwise);
}

std::size_t Headers::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        fields_, [&](const Field& field) { return equal_ignoring_case(field.first, name); }));
}

std::unique_ptr<BodyReader> make_body(Buffer bytes) {
    return std::make_unique<BufferBody>(std::move(bytes));
}

std::unique_ptr<BodyReader> make_body(std::string_view text) {
    return make_body(to_buffer(text));
}

Result<Buffer> read_all(BodyReader& body, std::int64_t size_max, std::string_view setting) {
    constexpr std::size_t kStep = 64 * 1024;
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(0, size_max));
    Buffer bytes;
    std::size_t filled = 0;
    while (true) {
        // One byte more than allowed is asked for, so that a body of exactly the limit ends here.
        if (filled == bytes.size()) {
            bytes.resize(filled + std::min(std::max(kStep, filled), limit + 1 - filled));
        }
        const std::size_t count = TRY(body.read(std::span(bytes).subspan(filled)));
        filled += count;
        if (filled > limit) {
            return Error{Code::too_large,
                         "The body is larger than the " + std::to_string(limit) +
                             " bytes allowed by " + std::string(setting) + ".",
                         Exceeded{.setting = std::string(setting),
                                  .limit = size_max,
                                  .measured = static_cast<std::int64_t>(filled)}};
        }
        if (count == 0) {
            bytes.resize(filled);
            return bytes;
        }
    }
}

Result<Parameters> parse_query(std::string_view query, Plus plus) {
    Parameters parameters;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = TRY(decode_part(pair.substr(0, equals), plus));
        auto value = TRY(decode_part(pair.substr(std::min(equals + 1, pair.size())), plus));
        parameters.emplace_back(std::move(name), std::move(value));
    }
    return parameters;
}

std::optional<std::string_view> find(const Parameters& parameters, std::string_view name) {
    for (const auto& parameter : parameters) {
        if (parameter.first == name) return parameter.second;
    }
    return std::nullopt;
}

Response Response::text(int status, std::string_view content_type, std::string_view body) {
    return {.status = status,
            .headers = {{"Content-Type", std::string(content_type)}},
            .body = to_buffer(body)};
}

std::string body_text(const Response& response) {
    if (const auto* bytes = std::get_if<Buffer>(&response.body))
        return std::string(as_text(*bytes));
    if (const auto* range = std::get_if<FileRange>(&response.body)) return file_text(*range);
    TextWriter writer;
    std::get<Producer>(response.body)(writer);
    return writer.take();
}

std::string_view reason_of(int status) {
    for (const Reason& reason : kReasons) {
        if (reason.status == status) return reason.text;
    }
    return "Unknown";
}

}  // namespace imagemill::http
