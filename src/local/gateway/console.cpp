#include "local/gateway/console.h"

#include <algorithm>
#include <array>

#include "base/encodings.h"
#include "http/problem.h"
#include "local/gateway/original.h"
#include "local/gateway/page.h"
#include "local/lambda/log_search.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kApi = "/console/api/";

struct ConsoleCall {
    std::string_view name;
    std::string_view method;
};
constexpr std::array kCalls{
    ConsoleCall{"live", "GET"},
    ConsoleCall{"settings", "GET"},
    ConsoleCall{"log", "GET"},
    ConsoleCall{"original", "GET"},
    ConsoleCall{"events", "GET"},
    ConsoleCall{"events/redrive", "POST"},
    ConsoleCall{"events/delete", "POST"},
    ConsoleCall{"logout", "POST"},
};

http::Response json_answer(const json::object& document) {
    return http::Response::text(200, "application/json", json::serialize(document));
}

}  // namespace

http::Response Console::handle(http::Request& request) {
    http::Response response = answer(request);
    response.headers.set("Cache-Control", "no-store");
    if (!response.headers.get("Content-Security-Policy")) {
        response.headers.set("Content-Security-Policy", content_security_policy(""));
    }
    response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
    response.headers.set("Cross-Origin-Resource-Policy", "same-origin");
    return response;
}

http::Response Console::answer(http::Request& request) {
    ConsoleAccess& access = *options_.access;
    if (auto refusal = access.refuse_origin(request)) return *std::move(refusal);
    if (request.path == "/console/login") return access.redeem(request);
    const bool is_in = access.has_session(request);
    if (request.path == kConsolePath) {
        return http::Response::text(is_in ? 200 : 401, kHtml,
                                    is_in ? options_.page : options_.login_page);
    }
    if (!is_in) {
        return http::problem(401,
                             "There is no session, or it has ended. `imagemill console` prints a "
                             "link that begins one.");
    }
    const std::string_view path = request.path;
    return call(request, path.substr(std::min(kApi.size(), path.size())));
}

http::Response Console::call(http::Request& request, std::string_view name) {
    const auto found = std::ranges::find(kCalls, name, &ConsoleCall::name);
    if (found == kCalls.end()) return http::problem(404, "The console has no such call.");
    if (request.method != found->method) {
        auto response =
            http::problem(405, "This call has the method " + std::string(found->method) + ".");
        response.headers.set("Allow", std::string(found->method));
        return response;
    }
    if (found->method == "POST") {
        if (auto refusal = options_.access->refuse_change(request)) return *std::move(refusal);
    }
    if (name == "live") return live(request);
    if (name == "settings")
        return json_answer(options_.settings ? options_.settings() : json::object());
    if (name == "log") return log(request);
    if (name == "original") return original(request);
    if (name == "logout") return options_.access->end_session(request);
    return operators_.run(request, name);
}

http::Response Console::live(const http::Request& request) {
    // The stream ends with the session it was opened in.
    http::Request cookie;
    cookie.headers.set("Cookie", std::string(request.headers.get_or("Cookie", "")));
    // shared: the producer that holds it is copied.
    const auto holder = std::make_shared<const http::Request>(std::move(cookie));
    return feed_.open([access = options_.access, holder] { return access->has_session(*holder); });
}

http::Response Console::log(const http::Request& request) const {
    const auto parameters = http::parse_query(request.query, http::Plus::keep);
    if (!parameters) return http::problem(parameters.error());
    const auto function = http::find(*parameters, "function");
    const auto request_id = http::find(*parameters, "request_id");
    if (!function || !request_id || request_id->size() < 8) {
        return http::problem(400, "A log is asked for by function and request_id.");
    }
    json::array lines;
    for (const std::string& line : find_log_lines(options_.logs_dir, *function, *request_id)) {
        // A function may print what is no text; JSON may not.
        lines.push_back(json::value(is_utf8(line) ? line : "(a line that is no UTF-8)"));
    }
    return json_answer({{"lines", std::move(lines)}});
}

http::Response Console::original(const http::Request& request) const {
    const auto parameters = http::parse_query(request.query, http::Plus::keep);
    if (!parameters) return http::problem(parameters.error());
    const auto key = http::find(*parameters, "key");
    if (!key) return http::problem(400, "An original is asked for by its key.");
    if (!options_.open_original) return http::problem(404, "Originals are not shown here.");
    auto opened = options_.open_original(std::string(*key));
    if (!opened) return http::problem(opened.error());
    return show_original(request, *std::move(opened));
}

}  // namespace imagemill::local
