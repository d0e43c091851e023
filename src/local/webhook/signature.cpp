#include "local/webhook/signature.h"

#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::local {

std::string sign(const Signed& message, const std::vector<Buffer>& secrets) {
    std::string text(message.id);
    text += "." + std::to_string(message.timestamp_seconds) + ".";
    text += message.body;
    std::string signatures;
    for (const Buffer& secret : secrets) {
        if (!signatures.empty()) signatures += " ";
        signatures += "v1," + format_base64(hmac_sha256(secret, as_bytes(text)));
    }
    return signatures;
}

}  // namespace imagemill::local
