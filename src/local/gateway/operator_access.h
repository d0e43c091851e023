// operator_access: whether a request comes from this machine, and whether it brings the operator's
// token.
//
// Shapes:  From here: the peer is a loopback address and no proxy has had its hands on the request
//          (Forwarded, X-Forwarded-…, Via). The token: Authorization: Bearer, compared in constant
//          time; an empty token is nobody's.
// Threads: pure functions.
// Source:  RFC 6750 2.1, RFC 7239, RFC 9110 7.6.3.
#pragma once

#include <string_view>

#include "http/message.h"

namespace imagemill::local {

bool is_from_here(const http::Request& request);
bool has_token(const http::Request& request, std::string_view token);
// `given` is it, whoever brought it.
bool is_token(std::string_view given, std::string_view token);

}  // namespace imagemill::local
