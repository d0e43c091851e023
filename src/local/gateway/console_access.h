// console_access: who may look at the console and change what it shows.
//
// Shapes:  A link holds a code that is redeemed once, within kCodeLife, for a cookie: HttpOnly,
//          SameSite=Strict, of /console, for kSessionLife. Codes and sessions are in memory: a
//          restart ends them. What is kept of each is its SHA-256.
//          Every call needs the cookie, and comes from this machine without a proxy, unless the
//          server has a public URL. A call that a page of another origin makes (Origin,
//          Sec-Fetch-Site) is refused: cookies know no ports, and SameSite calls all of localhost
//          one site. A change needs Content-Type: application/json and X-Imagemill-Console, which
//          no page of another origin can send without being asked about first.
// Errors:  problem+json: 401 without a session, 403, 415.
// Threads: any.
// Source:  RFC 6265bis (cookies), Fetch Metadata Request Headers, OWASP's CSRF cheat sheet.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace imagemill::local {

inline constexpr std::string_view kConsolePath = "/console";
inline constexpr std::string_view kConsoleHeader = "X-Imagemill-Console";

struct ConsoleAccessOptions {
    std::string cookie = "imagemill-console";  // Its name: another server here has another.
    std::string public_origin = {};  // "https://images.example.org"; empty: this machine only.
};

class ConsoleAccess final {
  public:
    static constexpr Milliseconds kCodeLife{15 * 60'000};
    static constexpr Milliseconds kSessionLife{12 * 3'600'000};
    static constexpr std::size_t kCodesMax = 16;  // The oldest goes.
    static constexpr std::size_t kSessionsMax = 64;

    // `clock` outlives it.
    ConsoleAccess(ConsoleAccessOptions options, const Clock& clock)
        : options_(std::move(options)), clock_(clock) {}

    // "/console/login?code=…", new.
    std::string make_link();
    // GET of such a link: 303 to the console with a cookie, or why not.
    http::Response redeem(const http::Request& request);
    // Whether it may be asked from where it was: nothing, or the refusal.
    std::optional<http::Response> refuse_origin(const http::Request& request) const;
    std::optional<http::Response> refuse_change(const http::Request& request) const;
    bool has_session(const http::Request& request) const;
    // Ends the session of the request; the answer takes its cookie away.
    http::Response end_session(const http::Request& request);

  private:
    using Secrets = std::map<std::string, Time, std::less<>>;  // Digest to end.
    std::string add(Secrets& secrets, Time end, std::size_t count_max);
    std::string cookie(std::string_view value, std::int64_t seconds) const;
    std::string session_of(const http::Request& request) const;

    const ConsoleAccessOptions options_;
    const Clock& clock_;
    mutable std::mutex mutex_;  // Guards both.
    Secrets codes_;
    Secrets sessions_;
};

}  // namespace imagemill::local
