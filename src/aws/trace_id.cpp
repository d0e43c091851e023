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

bool is_hex(std::string_view text) {
    return std::ranges::all_of(
        text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view digits) {
    return digits.find_first_not_of('0') == digits.npos;
}

// 1-<8 hex>-<24 hex>
bool is_root(std::string_view text) {
    return text.size() == 35 && text.starts_with("1-") && text[10] == '-' &&
           is_hex(text.substr(2, 8)) && is_hex(text.substr(11));
}

// <version>-<32 hex>-<16 hex>-<flags>; a later version may have more behind it (W3C 3.2.2, 4.3).
std::string of_traceparent(std::string_view text) {
    const bool is_long_enough = text.size() >= 55 && (text.size() == 55 || text[55] == '-');
    if (!is_long_enough || text[2] != '-' || text[35] != '-' || text[52] != '-') return "";
    const std::string_view version = text.substr(0, 2);
    const std::string_view root = text.substr(3, 32);
    const std::string_view parent = text.substr(36, 16);
    const std::string_view flags = text.substr(53, 2);
    if (!is_hex(version) || !is_hex(root) || !is_hex(parent) || !is_hex(flags)) return "";
    if (version == "ff" || (version == "00" && text.size() != 55)) return "";
    if (is_zero(root) || is_zero(parent)) return "";
    const bool is_sampled = std::string_view("13579bdf").find(flags[1]) != std::string_view::npos;
    return "Root=1-" + std::string(root.substr(0, 8)) + "-" + std::string(root.substr(8)) +
           ";Parent=" + std::string(parent) + (is_sampled ? ";Sampled=1" : ";Sampled=0");
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
    const bool is_plain = given.size() <= kTraceBytesMax &&
                          std::ranges::all_of(given, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (is_plain && !trace_root(given).empty()) return std::string(given);
    std::string trace_id = of_traceparent(trim(request.headers.get_or("traceparent", "")));
    return trace_id.empty() ? make_trace_id(now) : trace_id;
}

std::string_view trace_root(std::string_view trace_id) {
    constexpr std::string_view kRoot = "Root=";
    while (!trace_id.empty()) {
        const std::size_t end = trace_id.find(';');
        const std::string_view field = trim(trace_id.substr(0, end));
        if (field.starts_with(kRoot)) {
            const std::string_view root = field.substr(kRoot.size());
            return is_root(root) ? root : std::string_view();
        }
        if (end == trace_id.npos) break;
        trace_id.remove_prefix(end + 1);
    }
    return {};
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
