#include "local/lambda/trace_id.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::local {
namespace {

constexpr std::string_view kTraceHeader = "X-Amzn-Trace-Id";
constexpr std::size_t kTraceBytesMax = 512;

}  // namespace

std::string make_trace_id(Time now) {
    const auto seconds = static_cast<std::uint32_t>(now.time_since_epoch().count() / 1'000);
    std::array<std::byte, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] = static_cast<std::byte>(seconds >> (24 - 8 * i));
    }
    return "Root=1-" + format_hex(bytes) + "-" + random_hex(12) + ";Parent=" + random_hex(8) +
           ";Sampled=0";
}

std::string trace_id_of(const http::Request& request, Time now) {
    const std::string_view given = request.headers.get_or(kTraceHeader, "");
    const bool fits = !given.empty() && given.size() <= kTraceBytesMax &&
                      std::ranges::all_of(given, [](char c) { return c >= 0x20 && c < 0x7f; });
    return fits ? std::string(given) : make_trace_id(now);
}

}  // namespace imagemill::local
