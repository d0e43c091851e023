#include "local/gateway/console_access.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"
#include "http/problem.h"
#include "local/gateway/operator_access.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kSecretBytes = 32;

std::string digest_of(std::string_view secret) {
    return format_hex(sha256(secret));
}

// The value of a cookie by its name (RFC 6265 4.2.1).
std::string_view cookie_value(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::size_t end = header.find(';');
        const std::string_view pair = trim(header.substr(0, end));
        const std::size_t equals = pair.find('=');
        if (equals != pair.npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
        if (end == header.npos) break;
        header.remove_prefix(end + 1);
    }
    return {};
}

std::string_view media_type(std::string_view header) {
    return trim(header.substr(0, header.find(';')));
}

}  // namespace

// A map of digests is searched by digest: what a comparison's time tells is of no use.
std::string ConsoleAccess::add(Secrets& secrets, Time end, std::size_t count_max) {
    const Time now = clock_.now();
    std::erase_if(secrets, [&](const auto& secret) { return secret.second <= now; });
    while (secrets.size() >= count_max) {
        secrets.erase(std::ranges::min_element(secrets, {}, &Secrets::value_type::second));
    }
    std::string secret = random_hex(kSecretBytes);
    secrets[digest_of(secret)] = end;
    return secret;
}

std::string ConsoleAccess::make_link() {
    const std::lock_guard lock(mutex_);
    return std::string(kConsolePath) +
           "/login?code=" + add(codes_, clock_.now() + kCodeLife, kCodesMax);
}

http::Response ConsoleAccess::redeem(const http::Request& request) {
    const auto parameters = http::parse_query(request.query, http::Plus::keep);
    const auto code = parameters ? http::find(*parameters, "code") : std::nullopt;
    http::Response response;
    response.status = 303;
    response.headers.set("Location", std::string(kConsolePath));
    const std::lock_guard lock(mutex_);
    const auto found = codes_.find(digest_of(code.value_or("")));
    // Opened again (a tab restored, Back): who is in stays in.
    if (found == codes_.end()) return response;
    const bool is_in_time = clock_.now() < found->second;
    codes_.erase(found);
    if (!is_in_time) return response;
    const std::string session = add(sessions_, clock_.now() + kSessionLife, kSessionsMax);
    response.headers.set("Set-Cookie", cookie(session, kSessionLife.count() / 1'000));
    return response;
}

std::string ConsoleAccess::cookie(std::string_view value, std::int64_t seconds) const {
    const bool is_secure = options_.public_origin.starts_with("https:");
    return options_.cookie + "=" + std::string(value) + "; Path=" + std::string(kConsolePath) +
           "; Max-Age=" + std::to_string(seconds) + "; HttpOnly; SameSite=Strict" +
           (is_secure ? "; Secure" : "");
}

std::optional<http::Response> ConsoleAccess::refuse_origin(const http::Request& request) const {
    const bool is_public = !options_.public_origin.empty();
    if (!is_public && !is_from_here(request)) {
        return http::problem(403,
                             "The console is shown on the machine of the server alone, and not "
                             "through a proxy. Start the server with --public-url to open it "
                             "under that address.");
    }
    const std::string own = "http://" + std::string(request.headers.get_or("Host", ""));
    const auto origin = request.headers.get("Origin");
    const bool is_ours =
        !origin || *origin == own || (is_public && *origin == options_.public_origin);
    const std::string_view site = request.headers.get_or("Sec-Fetch-Site", "same-origin");
    // What a person opened (none) is a page: calls come from the page itself.
    const bool is_page = request.headers.get_or("Sec-Fetch-Mode", "") == "navigate";
    if (is_ours && (is_page || site == "same-origin" || site == "none")) return std::nullopt;
    return http::problem(403, "The console answers its own page alone, not another site's.");
}

std::optional<http::Response> ConsoleAccess::refuse_change(const http::Request& request) const {
    if (!request.headers.get(kConsoleHeader)) {
        return http::problem(403, "A change needs the header " + std::string(kConsoleHeader) +
                                      ", which the console's page sends.");
    }
    const std::string type = to_lower(media_type(request.headers.get_or("Content-Type", "")));
    if (type != "application/json") {
        return http::problem(415, "A change needs Content-Type: application/json.");
    }
    return std::nullopt;
}

std::string ConsoleAccess::session_of(const http::Request& request) const {
    const std::string_view value =
        cookie_value(request.headers.get_or("Cookie", ""), options_.cookie);
    return value.empty() ? "" : digest_of(value);
}

bool ConsoleAccess::has_session(const http::Request& request) const {
    const std::string session = session_of(request);
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session);
    return found != sessions_.end() && clock_.now() < found->second;
}

http::Response ConsoleAccess::end_session(const http::Request& request) {
    const std::string session = session_of(request);
    {
        const std::lock_guard lock(mutex_);
        sessions_.erase(session);
    }
    auto response = http::Response::text(200, "application/json", "{}");
    response.headers.set("Set-Cookie", cookie("", 0));
    return response;
}

}  // namespace imagemill::local
