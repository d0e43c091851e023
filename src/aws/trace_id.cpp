#include "aws/trace_id.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/digest.h"
#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::aws {
namespace {

constexpr std::string_view kTraceHeader = "X-Amzn-Trace-Id";
constexpr std::size_t kTraceBytesMax = 512;
constexpr std::string_view kLineage = "Lineage=";

// A header and its lineage, which is one of its fields.
struct Parts {
    std::string rest;       // The other fields.
    std::string_view hops;  // "a87bd80c:1|68fd508a:5"
};

// Calls `each` with the pieces of `text` between separators.
template <typename Each>
void split(std::string_view text, char separator, const Each& each) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        if (end > 0) each(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
}

void append(std::string& joined, std::string_view piece, char separator) {
    if (!joined.empty()) joined += separator;
    joined += piece;
}

Parts parts_of(std::string_view trace_id) {
    Parts parts;
    split(trace_id, ';', [&](std::string_view field) {
        if (field.starts_with(kLineage)) {
            parts.hops = field.substr(kLineage.size());
        } else {
            append(parts.rest, field, ';');
        }
    });
    return parts;
}

std::string hash_of(std::string_view function) {
    return format_hex(sha256(as_bytes(function))).substr(0, 8);
}

int count_of(std::string_view hop) {
    const std::size_t colon = hop.find(':');
    if (colon == hop.npos) return 0;
    const auto count = parse_count(hop.substr(colon + 1));
    return count && *count < 1'000'000 ? static_cast<int>(*count) : 0;
}

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

std::string without_hops(std::string_view trace_id) {
    return parts_of(trace_id).rest;
}

int count_hops(std::string_view trace_id, std::string_view function) {
    const std::string hash = hash_of(function);
    int count = 0;
    split(parts_of(trace_id).hops, '|', [&](std::string_view hop) {
        if (hop.starts_with(hash)) count = std::max(count, count_of(hop));
    });
    return count;
}

std::string add_hop(std::string_view trace_id, std::string_view function) {
    const Parts parts = parts_of(trace_id);
    const std::string hash = hash_of(function);
    std::string hops;
    split(parts.hops, '|', [&](std::string_view hop) {
        if (!hop.starts_with(hash)) append(hops, hop, '|');
    });
    append(hops, hash + ":" + std::to_string(count_hops(trace_id, function) + 1), '|');
    std::string made = parts.rest;
    append(made, std::string(kLineage) + hops, ';');
    return made;
}

}  // namespace imagemill::aws
