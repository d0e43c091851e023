#include "base/random.h"

#include <sys/random.h>

#include "base/check.h"
#include "base/encodings.h"

namespace imagemill {

Buffer random_bytes(std::size_t count) {
    CHECK(count <= 256);  // getrandom(2) gives up to 256 bytes whole.
    Buffer bytes(count);
    CHECK(getrandom(bytes.data(), count, 0) == static_cast<ssize_t>(count));
    return bytes;
}

std::string random_hex(std::size_t byte_count) {
    return format_hex(random_bytes(byte_count));
}

std::string random_uuid() {
    Buffer bytes = random_bytes(16);
    bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
    bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
    std::string text = format_hex(bytes);
    for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
    return text;
}

}  // namespace imagemill
