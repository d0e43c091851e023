#include "net/request_head.h"

#include <algorithm>

#include "base/encodings.h"
#include "net/wire.h"

namespace imagemill::net {
namespace {

using Checked = std::optional<Refusal>;

Refusal bad_request(std::string detail) {
    return {.status = 400, .detail = std::move(detail)};
}

std::string quoted(std::string_view text) {
    return "\"" + printable(text, 64) + "\"";
}

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Checked check_version(std::string_view version) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") return std::nullopt;
    const bool has_form = version.size() == 8 && version.starts_with("HTTP/") &&
                          is_digits(version.substr(5, 1)) && version[6] == '.' &&
                          is_digits(version.substr(7, 1));
    if (!has_form)
        return bad_request("The request line is not of the form METHOD target HTTP/1.1.");
    return Refusal{.status = 505, .detail = "Only HTTP/1.0 and HTTP/1.1 are spoken here."};
}

Checked check_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) {
        return bad_request("The request line is not of the form METHOD target HTTP/1.1.");
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    if (!is_token(method)) return bad_request("The method " + quoted(method) + " is not a word.");
    const bool is_visible = std::ranges::all_of(
        target, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F; });
    if (target.empty() || !is_visible) {
        return bad_request("The request target has a space or a control character.");
    }
    if (auto refusal = check_version(line.substr(last + 1))) return refusal;
    if (method == "CONNECT" ||
        std::ranges::any_of(method, [](char c) { return c >= 'a' && c <= 'z'; })) {
        return Refusal{.status = 501, .detail = "The method " + quoted(method) + " is not known."};
    }
    return std::nullopt;
}

Checked check_field_line(std::string_view line) {
    if (line.starts_with(' ') || line.starts_with('\t')) {
        return bad_request("A header is continued on a second line, which HTTP/1.1 gave up.");
    }
    const std::size_t colon = line.find(':');
    const std::string_view name = line.substr(0, std::min(colon, line.size()));
    if (colon == std::string_view::npos || !is_token(name)) {
        return bad_request("The header line " + quoted(line) + " is not of the form Name: value.");
    }
    if (!is_field_value(line.substr(colon + 1))) {
        return bad_request("The header " + quoted(name) + " has a control character.");
    }
    return std::nullopt;
}

// The raw lines, before a parser that is kinder than we want to be sees them.
Checked check_lines(std::string_view text) {
    bool is_first = true;
    while (!text.empty()) {
        const std::size_t end = text.find("\r\n");
        if (end == std::string_view::npos) return bad_request("A line does not end in CRLF.");
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end + 2);
        if (line.empty() && !is_first) break;
        if (auto refusal = is_first ? check_request_line(line) : check_field_line(line)) {
            return refusal;
        }
        is_first = false;
    }
    return std::nullopt;
}

// Splits the target into path and query; an absolute one also says the host (RFC 9112 3.2.2).
Checked take_target(std::string_view target, RequestPlan& plan) {
    if (target.find('#') != std::string_view::npos) {
        return bad_request("The request target has a fragment.");
    }
    const std::size_t scheme_end = target.find("://");
    const std::string scheme = to_lower(target.substr(0, std::min(scheme_end, target.size())));
    if (scheme == "http" || scheme == "https") {
        target.remove_prefix(scheme_end + 3);
        const std::size_t end = std::min(target.find_first_of("/?"), target.size());
        const std::string_view authority = target.substr(0, end);
        if (authority.empty() || authority.find('@') != std::string_view::npos) {
            return bad_request("The request target names no host, or a user.");
        }
        plan.headers.set("Host", std::string(authority));
        target.remove_prefix(end);
    } else if (target == "*" && plan.method == "OPTIONS") {
        plan.path = "*";
        return std::nullopt;
    } else if (!target.starts_with('/')) {
        return bad_request("The request target does not start with a slash.");
    }
    const std::size_t question = std::min(target.find('?'), target.size());
    plan.path = question == 0 ? "/" : target.substr(0, question);
    plan.query = target.substr(std::min(question + 1, target.size()));
    return std::nullopt;
}

Checked check_host(const RequestPlan& plan) {
    const std::size_t count = plan.headers.count("Host");
    if (count > 1) return bad_request("The request has more than one Host.");
    if (count == 0 && plan.version_minor >= 1) return bad_request("The request has no Host.");
    const std::string_view host = plan.headers.get_or("Host", "");
    if (host.find_first_of(", \t/@") != std::string_view::npos) {
        return bad_request("The Host " + quoted(host) + " is not a host and a port.");
    }
    return std::nullopt;
}

Checked take_transfer_encoding(RequestPlan& plan) {
    if (plan.headers.get("Content-Length")) {
        return bad_request("The request has both Content-Length and Transfer-Encoding.");
    }
    if (plan.version_minor == 0) {
        return bad_request("A request of HTTP/1.0 cannot have a Transfer-Encoding.");
    }
    if (plan.headers.count("Transfer-Encoding") > 1) {
        return bad_request("The request has more than one Transfer-Encoding.");
    }
    const std::string codings = to_lower(trim(plan.headers.get_or("Transfer-Encoding", "")));
    if (codings == "chunked") {
        plan.content_length = std::nullopt;
        return std::nullopt;
    }
    const std::size_t comma = codings.rfind(',');
    const bool ends_chunked = comma != std::string::npos &&
                              trim(std::string_view(codings).substr(comma + 1)) == "chunked";
    if (!ends_chunked || codings.find("chunked") < comma) {
        // RFC 9112 6.3: then nobody can tell where the body ends.
        return bad_request("The Transfer-Encoding " + quoted(codings) +
                           " does not end in one \"chunked\".");
    }
    return Refusal{
        .status = 501,
        .detail = "Of transfer codings only chunked is known, not " + quoted(codings) + "."};
}

Checked take_content_length(RequestPlan& plan, std::int64_t body_bytes_max) {
    plan.content_length = 0;
    const std::size_t count = plan.headers.count("Content-Length");
    if (count > 1) return bad_request("The request has more than one Content-Length.");
    if (count == 0) return std::nullopt;
    const std::string_view text = plan.headers.get_or("Content-Length", "");
    if (!is_digits(text)) {
        return bad_request("The Content-Length " + quoted(text) + " is not a whole number.");
    }
    const auto length = parse_count(text);
    if (!length || *length > body_bytes_max) {
        return Refusal{.status = 413,
                       .detail = "The body has " + printable(text, 64) + " bytes where " +
                                 std::to_string(body_bytes_max) + " are allowed (body_bytes_max).",
                       .exceeded = Exceeded{.setting = "body_bytes_max",
                                            .limit = body_bytes_max,
                                            .measured = length ? *length : INT64_MAX}};
    }
    plan.content_length = *length;
    return std::nullopt;
}

Checked take_expectation(RequestPlan& plan) {
    const auto expect = plan.headers.get("Expect");
    if (!expect) return std::nullopt;
    if (!equal_ignoring_case(trim(*expect), "100-continue")) {
        return Refusal{.status = 417,
                       .detail = "The expectation " + quoted(*expect) + " cannot be met."};
    }
    plan.expects_continue = plan.version_minor >= 1;
    return std::nullopt;
}

}  // namespace

std::variant<RequestPlan, Refusal> plan_request(std::string_view text,
                                                std::int64_t body_bytes_max) {
    if (auto refusal = check_lines(text)) return *std::move(refusal);
    auto head = parse_request_head(text);
    if (!head) return bad_request(head.error().message);
    const bool keeps = keeps_alive(*head);
    RequestPlan plan{.method = std::move(head->method),
                     .path = "/",
                     .query = "",
                     .headers = std::move(head->headers),
                     .content_length = 0,
                     .version_minor = head->version_minor,
                     .keeps_alive = keeps};
    if (auto refusal = check_host(plan)) return *std::move(refusal);
    if (auto refusal = take_target(head->target, plan)) return *std::move(refusal);
    auto refusal = plan.headers.get("Transfer-Encoding")
                       ? take_transfer_encoding(plan)
                       : take_content_length(plan, body_bytes_max);
    if (refusal) return *std::move(refusal);
    if (auto unmet = take_expectation(plan)) return *std::move(unmet);
    return plan;
}

}  // namespace imagemill::net
