#include "local/gateway/operator_access.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::local {
namespace {

bool is_of_a_proxy(std::string_view header) {
    const std::string name = to_lower(header);
    return name == "forwarded" || name == "via" || name.starts_with("x-forwarded-") ||
           name == "x-real-ip";
}

}  // namespace

bool is_from_here(const http::Request& request) {
    const std::string_view peer = request.peer;
    const bool is_loopback =
        peer.starts_with("127.") || peer == "::1" || peer.starts_with("::ffff:127.");
    return is_loopback && std::ranges::none_of(request.headers.fields(), [](const auto& field) {
               return is_of_a_proxy(field.first);
           });
}

bool has_token(const http::Request& request, std::string_view token) {
    constexpr std::string_view kBearer = "bearer ";
    const std::string_view given = request.headers.get_or("Authorization", "");
    return to_lower(given.substr(0, kBearer.size())) == kBearer &&
           is_token(trim(given.substr(kBearer.size())), token);
}

bool is_token(std::string_view given, std::string_view token) {
    // Digests are of one length: nothing is learnt of the token's.
    return !token.empty() &&
           equal_in_constant_time(format_hex(sha256(given)), format_hex(sha256(token)));
}

}  // namespace imagemill::local
