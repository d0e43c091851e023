#include "local/lambda/trace_id.h"

#include <array>
#include <cstdint>

#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::local {

std::string make_trace_id(Time now) {
    const auto seconds = static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000);
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(seconds >> (24 - 8 * i));
    }
    return "Root=1-" + format_hex(bytes) + "-" + random_hex(12) + ";Parent=" + random_hex(8) +
           ";Sampled=0";
}

}  // namespace imagemill::local
