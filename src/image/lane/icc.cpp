#include "image/lane/icc.h"

#include <cstdint>
#include <string>

namespace imagemill::image {
namespace {

constexpr std::size_t kHeaderBytes = 128;
constexpr std::size_t kTagBytes = 12;
constexpr std::uint32_t kTagsMax = 100;

std::uint32_t number_at(Bytes bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (const std::byte byte : bytes.subspan(at, 4)) {
        value = value << 8 | std::to_integer<std::uint32_t>(byte);
    }
    return value;
}

// The tag's bytes; empty where it is missing or points outside.
Bytes find_tag(Bytes profile, std::string_view name) {
    const std::uint32_t count = number_at(profile, kHeaderBytes);
    if (count > kTagsMax || profile.size() < kHeaderBytes + 4 + count * kTagBytes) return {};
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = kHeaderBytes + 4 + i * kTagBytes;
        if (as_text(profile.subspan(at, 4)) != name) continue;
        const std::size_t offset = number_at(profile, at + 4);
        const std::size_t size = number_at(profile, at + 8);
        if (offset > profile.size() || size > profile.size() - offset) return {};
        return profile.subspan(offset, size);
    }
    return {};
}

}  // namespace

bool is_srgb_profile(Bytes profile) {
    if (profile.size() < kHeaderBytes + 4) return false;
    if (as_text(profile.subspan(16, 4)) != "RGB ") return false;
    // One byte a letter in version 2, two in version 4: without the zeros both read alike.
    std::string text;
    for (const std::byte byte : find_tag(profile, "desc")) {
        if (byte != std::byte{0}) text += static_cast<char>(byte);
    }
    return text.find("sRGB") != std::string::npos;
}

}  // namespace imagemill::image
