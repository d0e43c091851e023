#include "http/problem.h"

#include "base/encodings.h"

namespace imagemill::http {
namespace {

// JSON is UTF-8, and a detail may quote what a client sent.
std::string valid_utf8(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        // The longest valid prefix of a character's greatest length, found from its end.
        std::size_t length = std::min<std::size_t>(4, text.size());
        while (length > 0 && !is_utf8(text.substr(0, length))) --length;
        if (length == 0) {
            out += '?';
            text.remove_prefix(1);
        } else {
            out += text.substr(0, length);
            text.remove_prefix(length);
        }
    }
    return out;
}

// "no_such_key" is titled "No such key".
std::string title_of(Code code) {
    std::string title(name_of(code));
    for (char& c : title) {
        if (c == '_') c = ' ';
    }
    title[0] = static_cast<char>(title[0] - 'a' + 'A');
    return title;
}

Response respond(int status, boost::json::object document, boost::json::object more) {
    for (auto& member : more) document[member.key()] = std::move(member.value());
    Response response =
        Response::text(status, "application/problem+json", boost::json::serialize(document));
    response.headers.add("Cache-Control", "no-store");
    // RFC 9110 11.6.1: a 401 says how to authenticate.
    if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
    if (status == 429 || status == 503) response.headers.add("Retry-After", "1");
    return response;
}

}  // namespace

int status_of(Code code) {
    switch (code) {
        case Code::invalid_argument:
        case Code::corrupt:
            return 400;
        case Code::unauthenticated:
            return 401;
        case Code::forbidden:
            return 403;
        case Code::no_such_key:
        case Code::no_such_bucket:
        case Code::no_such_upload:
            return 404;
        case Code::conflict:
            return 409;
        case Code::precondition_failed:
            return 412;
        case Code::too_large:
            return 413;
        case Code::unsupported:
            return 415;
        case Code::internal:
            return 500;
        case Code::busy:
        case Code::unavailable:
            return 503;
        case Code::timeout:
            return 504;
    }
    return 500;
}

Response problem(const Error& error, boost::json::object more) {
    const int status = status_of(error.code);
    boost::json::object document{{"type", "/problems/" + std::string(name_of(error.code))},
                                 {"title", title_of(error.code)},
                                 {"status", status},
                                 {"detail", valid_utf8(error.message)}};
    if (error.exceeded) {
        document["setting"] = error.exceeded->setting;
        document["limit"] = error.exceeded->limit;
        document["measured"] = error.exceeded->measured;
    }
    return respond(status, std::move(document), std::move(more));
}

Response problem(int status, std::string_view detail, boost::json::object more) {
    // RFC 9457 4.2.1: with about:blank the title is the status's own phrase.
    boost::json::object document{{"type", "about:blank"},
                                 {"title", reason_of(status)},
                                 {"status", status},
                                 {"detail", valid_utf8(detail)}};
    return respond(status, std::move(document), std::move(more));
}

}  // namespace imagemill::http
