// signature: what proves to a receiver who sent a message, and when.
//
// Shapes:  "v1,<base64>" for each secret, separated by spaces: the HMAC-SHA-256 of
//          "<id>.<timestamp>.<body>".
// Threads: a pure function.
// Source:  Standard Webhooks 1.0.0, "Signature scheme".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace imagemill::local {

struct Signed {
    std::string_view id;             // Has no ".".
    std::int64_t timestamp_seconds;  // Since 1970.
    std::string_view body;
};

std::string sign(const Signed& message, const std::vector<Buffer>& secrets);

}  // namespace imagemill::local
