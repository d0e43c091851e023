#include "http/multipart.h"

#include <algorithm>
#include <cstring>

#include "base/encodings.h"

namespace imagemill::http {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::size_t kPaddingMax = 256;  // White space that may follow a boundary.

bool is_token_character(char c) {
    // RFC 9110 5.6.2.
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
}

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_token_character);
}

Error invalid(std::string message) {
    return Error{Code::invalid_argument, std::move(message)};
}

// Takes a quoted string from `text`, which starts after the opening quote. A backslash is only an
// escape before a quote or a backslash: old browsers send whole paths, C:\dir\cat.jpg, as they are;
// and never before the last quote, which then ends the string.
Result<std::string> take_quoted(std::string_view& text) {
    std::string value;
    while (!text.empty()) {
        const char c = text[0];
        text.remove_prefix(1);
        if (c == '"') return value;
        const bool escapes =
            c == '\\' && !text.empty() &&
            (text[0] == '\\' || (text[0] == '"' && text.find('"', 1) != std::string_view::npos));
        value += escapes ? text[0] : c;
        if (escapes) text.remove_prefix(1);
    }
    return invalid("A quoted value in a header has no closing quote.");
}

struct Value {
    std::string type;  // Lower case: "form-data", "multipart/form-data".
    Parameters parameters;
};

// type; name=value; name="value" (RFC 9110 5.6.6).
Result<Value> parse_value(std::string_view text) {
    Value value;
    std::size_t end = std::min(text.find(';'), text.size());
    value.type = to_lower(trim(text.substr(0, end)));
    text.remove_prefix(end);
    while (!text.empty()) {
        text = trim(text.substr(1));  // The semicolon.
        if (text.empty()) break;
        end = text.find_first_of("=;");
        const std::string_view name = trim(text.substr(0, std::min(end, text.size())));
        if (end == std::string_view::npos || text[end] == ';' || !is_token(name)) {
            return invalid("A header's parameter \"" + printable(name, 64) +
                           "\" is not of the form name=value.");
        }
        text = trim(text.substr(end + 1));
        std::string parameter;
        if (text.starts_with('"')) {
            text.remove_prefix(1);
            parameter = TRY(take_quoted(text));
            text = trim(text);
            if (!text.empty() && text[0] != ';') {
                return invalid("A header has something between a quoted value and the next \";\".");
            }
        } else {
            end = std::min(text.find(';'), text.size());
            parameter = trim(text.substr(0, end));
            text.remove_prefix(end);
        }
        value.parameters.emplace_back(to_lower(name), std::move(parameter));
    }
    return value;
}

// Browsers encode only what would break the quotes (HTML, multipart/form-data encoding algorithm),
// so any other percent sign is the name's own.
std::string decode_filename(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string code = to_lower(text.substr(i, 3));
        if (code == "%22" || code == "%0d" || code == "%0a") {
            out += code == "%22" ? '"' : code == "%0d" ? '\r' : '\n';
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

// RFC 8187 3.2: charset'language'percent-encoded; only UTF-8 is read.
Result<std::string> parse_extended(std::string_view text) {
    const std::size_t charset_end = text.find('\'');
    const std::size_t language_end =
        charset_end == std::string_view::npos ? charset_end : text.find('\'', charset_end + 1);
    if (language_end == std::string_view::npos ||
        !equal_ignoring_case(text.substr(0, charset_end), "utf-8")) {
        return invalid("A filename* is not of the form UTF-8''name.");
    }
    auto name = TRY(percent_decode(text.substr(language_end + 1)));
    if (!is_utf8(name)) return invalid("A filename* says UTF-8 and is not.");
    return name;
}

Result<std::optional<std::string>> filename_of(const Parameters& parameters) {
    const auto plain = find(parameters, "filename");
    const auto extended = find(parameters, "filename*");
    if (extended) {
        auto name = parse_extended(*extended);
        if (name) return std::optional(*std::move(name));
        if (!plain) return std::move(name).error();
    }
    if (!plain) return std::optional<std::string>();
    return std::optional(decode_filename(*plain));
}

Result<void> add_header(Headers& headers, std::string_view line) {
    const std::size_t colon = line.find(':');
    const bool has_control = std::ranges::any_of(line, [](char c) {
        return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
    if (colon == std::string_view::npos || has_control || !is_token(line.substr(0, colon))) {
        return invalid("A part of the form has a line that is no header: \"" + printable(line, 64) +
                       "\".");
    }
    headers.add(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    return {};
}

// `block` is lines, each of which starts with its CRLF.
Result<Part> parse_part(std::string_view block) {
    Part part;
    while (!block.empty()) {
        block.remove_prefix(2);
        const std::size_t end = std::min(block.find("\r\n"), block.size());
        TRY(add_header(part.headers, block.substr(0, end)));
        block.remove_prefix(end);
    }
    const auto disposition = part.headers.get("Content-Disposition");
    if (!disposition) return invalid("A part of the form has no Content-Disposition.");
    const auto value = TRY(parse_value(*disposition));
    const auto name = find(value.parameters, "name");
    if (value.type != "form-data" || !name) {
        return invalid(
            "A part of the form has a Content-Disposition without form-data and a name.");
    }
    part.name = decode_filename(*name);
    part.filename = TRY(filename_of(value.parameters));
    part.content_type = part.headers.get_or("Content-Type", "");
    return part;
}

Error exceeded(std::string_view what, std::string_view setting, int limit, int measured) {
    return Error{Code::too_large,
                 "The form has " + std::string(what) + ": " + std::to_string(measured) + " where " +
                     std::to_string(limit) + " are allowed (" + std::string(setting) + ").",
                 Exceeded{std::string(setting), limit, measured}};
}

}  // namespace

Result<std::string> parse_boundary(std::string_view content_type) {
    const auto value = TRY(parse_value(content_type));
    if (value.type != "multipart/form-data") {
        return invalid("The Content-Type is \"" + printable(value.type, 64) +
                       "\"; a form is multipart/form-data with a boundary.");
    }
    const auto boundary = find(value.parameters, "boundary");
    if (!boundary) return invalid("The Content-Type multipart/form-data names no boundary.");
    // RFC 2046 5.1.1.
    const bool has_control =
        std::ranges::any_of(*boundary, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (boundary->empty() || boundary->size() > 70 || has_control) {
        return invalid("The boundary of multipart/form-data has 1 to 70 characters; this has " +
                       std::to_string(boundary->size()) + " bytes.");
    }
    return std::string(*boundary);
}

// The body passes through one window, [begin, end) of `buffer`. `ready` bytes from `begin` on are
// known to be content of the present part; where `at_delimiter`, the next one follows them.
struct MultipartReader::State final : BodyReader {
    State(BodyReader& from, std::string_view boundary, const MultipartLimits& limits_given)
        : source(from), limits(limits_given), delimiter("\r\n--" + std::string(boundary)) {
        const auto header_max = static_cast<std::size_t>(std::max(0, limits.header_bytes_max));
        buffer.resize(std::max(kBufferSize, header_max + 8));
        // The first boundary has no CRLF before it; with one, it is found like the others.
        std::memcpy(buffer.data(), "\r\n", 2);
        end = 2;
    }

    Result<std::size_t> read(std::span<std::byte> to) override;
    Result<const Part*> next();

    std::string_view window() const { return {buffer.data() + begin, end - begin}; }
    Result<void> fill();
    Result<void> scan();
    enum class Line { part, last, content, unknown };
    Line line_after(std::size_t position) const;
    Result<std::string_view> header_block();

    BodyReader& source;
    const MultipartLimits limits;
    const std::string delimiter;
    std::vector<char> buffer;
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t ready = 0;
    bool at_delimiter = false;
    bool is_done = false;
    bool is_body_start = false;  // The window still holds the CRLF that ends the part's headers.
    int parts = 0;
    Part part;
};

// Brings at least one more byte; the end of the body is too early here.
Result<void> MultipartReader::State::fill() {
    if (begin > 0) {
        std::memmove(buffer.data(), buffer.data() + begin, end - begin);
        end -= begin;
        begin = 0;
    }
    CHECK(end < buffer.size());
    const std::size_t count =
        TRY(source.read(std::as_writable_bytes(std::span(buffer).subspan(end))));
    if (count == 0) return Error{Code::corrupt, "The form ends before its last boundary."};
    end += count;
    return {};
}

// What the line is whose delimiter is at `position`: boundary, padding, CRLF (RFC 2046 5.1.1). A
// longer word that only starts like the boundary is content.
MultipartReader::State::Line MultipartReader::State::line_after(std::size_t position) const {
    const std::string_view rest = window().substr(position + delimiter.size());
    if (rest.starts_with("--")) return Line::last;
    const std::size_t padding = rest.find_first_not_of(" \t");
    if (padding == std::string_view::npos) {
        return rest.size() > kPaddingMax ? Line::content : Line::unknown;
    }
    if (padding > kPaddingMax) return Line::content;
    if (rest.substr(padding).starts_with("\r\n")) return Line::part;
    const bool may_grow = rest.substr(padding) == "\r" || rest == "-";
    return may_grow ? Line::unknown : Line::content;
}

// Finds some content, or the delimiter, reading as much as that takes.
Result<void> MultipartReader::State::scan() {
    std::size_t from = 0;
    while (true) {
        const std::string_view text = window();
        std::size_t position = text.find(delimiter, from);
        if (position == std::string_view::npos) {
            // A delimiter may have begun in the last bytes.
            const std::size_t tail = text.size() - std::min(text.size(), delimiter.size() - 1);
            position = std::max(from, tail);
            while (position < text.size() && !delimiter.starts_with(text.substr(position))) {
                ++position;
            }
        } else {
            const Line line = line_after(position);
            if (line == Line::content) {
                from = position + 1;
                continue;
            }
            at_delimiter = line != Line::unknown;
        }
        ready = position;
        if (is_body_start && (ready > 0 || at_delimiter)) {
            // RFC 2046: a part without a body may end with its headers, and then the CRLF after
            // them is the delimiter's. Otherwise it belongs to the headers.
            const std::size_t skipped = std::min<std::size_t>(2, ready);
            begin += skipped;
            ready -= skipped;
            is_body_start = false;
        }
        if (ready > 0 || at_delimiter) return {};
        TRY(fill());
        from = 0;
    }
}

Result<std::size_t> MultipartReader::State::read(std::span<std::byte> to) {
    if (parts == 0 || is_done || to.empty()) return std::size_t{0};
    if (ready == 0 && !at_delimiter) TRY(scan());
    const std::size_t count = std::min(ready, to.size());
    std::memcpy(to.data(), buffer.data() + begin, count);
    begin += count;
    ready -= count;
    return count;
}

// The lines up to the empty one, each with its CRLF first; the window then starts at the CRLF that
// ends the empty line.
Result<std::string_view> MultipartReader::State::header_block() {
    const auto size_max = static_cast<std::size_t>(std::max(0, limits.header_bytes_max));
    std::size_t searched = 0;
    while (true) {
        const std::size_t position = window().find("\r\n\r\n", searched);
        // Of an end that has not come whole yet, three bytes may be there: they are not the
        // headers'.
        const std::size_t size = position == std::string_view::npos
                                     ? end - begin - std::min<std::size_t>(end - begin, 3)
                                     : position;
        if (size > size_max) {
            return exceeded("a part with longer headers", "multipart.header_bytes_max",
                            limits.header_bytes_max, static_cast<int>(size));
        }
        if (position != std::string_view::npos) {
            const std::string_view block = window().substr(0, position);
            begin += position + 2;
            return block;
        }
        searched = size;
        TRY(fill());
    }
}

Result<const Part*> MultipartReader::State::next() {
    while (!at_delimiter && !is_done) {
        begin += ready;
        ready = 0;
        TRY(scan());
    }
    if (is_done) return static_cast<const Part*>(nullptr);
    begin += ready;
    ready = 0;
    at_delimiter = false;
    if (line_after(0) == Line::last) {
        is_done = true;
        return static_cast<const Part*>(nullptr);
    }
    if (++parts > limits.parts_max) {
        is_done = true;
        return exceeded("too many parts", "multipart.parts_max", limits.parts_max, parts);
    }
    begin += delimiter.size();
    begin += window().find('\r');  // The padding; line_after has seen that a CRLF follows.
    const std::string_view block = TRY(header_block());
    part = TRY(parse_part(block));
    is_body_start = true;
    return static_cast<const Part*>(&part);
}

MultipartReader::MultipartReader(BodyReader& body, std::string boundary,
                                 const MultipartLimits& limits)
    : state_(std::make_unique<State>(body, boundary, limits)) {}

MultipartReader::~MultipartReader() = default;

Result<const Part*> MultipartReader::next() {
    return state_->next();
}

BodyReader& MultipartReader::body() {
    return *state_;
}

}  // namespace imagemill::http
