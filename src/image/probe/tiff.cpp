// Source: TIFF 6.0, section 8 (baseline fields), section 18 (ExtraSamples).
#include <limits>

#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"
#include "image/probe/tiff_directory.h"

namespace imagemill::image {
namespace {

constexpr std::uint16_t kImageWidth = 256;
constexpr std::uint16_t kImageLength = 257;
constexpr std::uint16_t kOrientation = 274;
constexpr std::uint16_t kExtraSamples = 338;

// Larger than any limit can be is as good as exact.
int clamp_side(std::uint64_t side) {
    constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<int>::max());
    return static_cast<int>(std::min(side, kMax));
}

}  // namespace

bool sniff_tiff(Bytes input) {
    constexpr std::string_view kLittle("II*\0", 4);
    constexpr std::string_view kBig("MM\0*", 4);
    constexpr std::string_view kLittle64("II+\0", 4);
    constexpr std::string_view kBig64("MM\0+", 4);
    return starts_with(input, kLittle) || starts_with(input, kBig) ||
           starts_with(input, kLittle64) || starts_with(input, kBig64);
}

Result<Info> probe_tiff(Bytes input, const Limits&) {
    const auto directory = TiffDirectory::parse(input);
    if (!directory) return corrupt("The TIFF ends before its first directory.");
    const std::uint64_t width = directory->value(kImageWidth).value_or(0);
    const std::uint64_t height = directory->value(kImageLength).value_or(0);
    if (width == 0 || height == 0) return corrupt("The TIFF does not say how large it is.");

    // Of several pages the first is the picture.
    Info info{.format = Format::tiff, .width = clamp_side(width), .height = clamp_side(height)};
    const std::uint64_t extra = directory->value(kExtraSamples).value_or(0);
    info.has_alpha = extra == 1 || extra == 2;
    const std::uint64_t orientation = directory->value(kOrientation).value_or(1);
    orient(info, orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1);
    return info;
}

}  // namespace imagemill::image
