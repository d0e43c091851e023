#include "local/storage/multipart.h"

#include <algorithm>

#include "base/digest.h"
#include "base/encodings.h"

namespace imagemill::local {
namespace {

Error damaged_layout(std::string_view text) {
    return {Code::corrupt,
            "\"" + printable(text, 64) + "\" are no sizes of parts (3x8388608,1x100)."};
}

Result<std::int64_t> parse_number(std::string_view text, std::string_view whole) {
    const auto number = parse_count(text);
    if (!number) return damaged_layout(whole);
    return *number;
}

}  // namespace

std::string format_part_layout(const std::vector<StoredPart>& parts) {
    std::string text;
    for (std::size_t i = 0; i < parts.size();) {
        const std::int64_t size = parts[i].size_bytes;
        std::size_t end = i;
        while (end < parts.size() && parts[end].size_bytes == size) ++end;
        text += (text.empty() ? "" : ",") + std::to_string(end - i) + "x" + std::to_string(size);
        i = end;
    }
    return text;
}

Result<std::vector<std::int64_t>> parse_part_layout(std::string_view text) {
    const std::string_view whole = text;
    std::vector<std::int64_t> sizes;
    while (!text.empty()) {
        const std::string_view run = text.substr(0, text.find(','));
        text.remove_prefix(std::min(run.size() + 1, text.size()));
        const std::size_t times = run.find('x');
        if (times == std::string_view::npos) return damaged_layout(whole);
        const std::int64_t count = TRY(parse_number(run.substr(0, times), whole));
        const std::int64_t size = TRY(parse_number(run.substr(times + 1), whole));
        if (count > kPartNumberMax - std::ssize(sizes)) return damaged_layout(whole);
        sizes.insert(sizes.end(), static_cast<std::size_t>(count), size);
    }
    return sizes;
}

std::string multipart_etag(const std::vector<std::string>& etags) {
    Hasher hasher(DigestKind::md5);
    for (const std::string& etag : etags) {
        const Result<Buffer> digest = parse_hex(etag);
        if (digest) hasher.update(*digest);
    }
    return format_hex(hasher.finish()) + "-" + std::to_string(etags.size());
}

}  // namespace imagemill::local
