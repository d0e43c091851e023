#include "functions/names.h"

#include <algorithm>

#include "base/encodings.h"
#include "base/random.h"

namespace imagemill::functions {
namespace {

constexpr std::size_t kNameBytesMax = 512;
constexpr std::size_t kSuffixBytes = 16;        // 128 bits.
constexpr std::size_t kExtensionBytesMax = 16;  // What is longer is part of the stem.

Error wrong(std::string message) {
    return {Code::invalid_argument, std::move(message)};
}

// C0, DEL, and C1, which UTF-8 writes as C2 80 to C2 9F.
bool has_control(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7f) return true;
        if (byte != 0xc2 || i + 1 == text.size()) continue;
        if (static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
    }
    return false;
}

}  // namespace

Result<std::string> clean_name(std::string_view name) {
    if (!is_utf8(name)) return wrong("The file name is not UTF-8.");
    if (has_control(name)) return wrong("The file name holds a control character.");
    if (const std::size_t back = name.rfind('\\'); back != std::string_view::npos) {
        name.remove_prefix(back + 1);
    }
    std::string cleaned;
    while (!name.empty()) {
        const std::string_view segment = name.substr(0, name.find('/'));
        name.remove_prefix(std::min(name.size(), segment.size() + 1));
        if (segment.empty() || segment == ".") continue;
        if (segment == "..") return wrong("The file name holds a \"..\" segment.");
        if (!cleaned.empty()) cleaned += '/';
        cleaned += segment;
    }
    if (cleaned.empty()) return wrong("The file name is empty.");
    if (cleaned.size() > kNameBytesMax) {
        return wrong("The file name has " + std::to_string(cleaned.size()) +
                     " bytes; at most 512 are allowed.");
    }
    return cleaned;
}

std::string with_random_suffix(std::string_view name) {
    const std::size_t slash = name.rfind('/');
    const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
    std::size_t dot = name.rfind('.');
    const bool has_extension =
        dot != std::string_view::npos && dot > base && name.size() - dot <= kExtensionBytesMax + 1;
    if (!has_extension) dot = name.size();

    const std::string suffix = "-" + random_hex(kSuffixBytes);
    const std::string_view extension = name.substr(dot);
    const std::size_t stem_max = kNameBytesMax - suffix.size() - extension.size();
    return std::string(utf8_prefix(name.substr(0, dot), stem_max)) + suffix +
           std::string(extension);
}

}  // namespace imagemill::functions
