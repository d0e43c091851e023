#include <algorithm>
#include <array>

#include "image/image.h"
#include "image/limits.h"
#include "image/probe/byte_reader.h"
#include "image/probe/codec.h"

namespace imagemill::image {
namespace {

// First match wins. SVG is last: it is the only one whose magic takes a scan.
constexpr std::array kCodecs{
    Codec{Format::jpeg, sniff_jpeg, probe_jpeg}, Codec{Format::png, sniff_png, probe_png},
    Codec{Format::webp, sniff_webp, probe_webp}, Codec{Format::gif, sniff_gif, probe_gif},
    Codec{Format::avif, sniff_avif, probe_avif}, Codec{Format::heic, sniff_heic, probe_heic},
    Codec{Format::tiff, sniff_tiff, probe_tiff}, Codec{Format::bmp, sniff_bmp, probe_bmp},
    Codec{Format::svg, sniff_svg, probe_svg},
};
// Every format has its one row.
static_assert(kCodecs.size() == kFormatCount);
static_assert([] {
    bool seen[kFormatCount] = {};
    for (const Codec& codec : kCodecs) seen[static_cast<std::size_t>(codec.format)] = true;
    return std::ranges::all_of(seen, std::identity{});
}());

constexpr std::string_view kReadHere =
    "JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF, BMP and SVG are read here.";

// What people do send, so that the answer names it.
struct Stranger {
    std::string_view magic;
    std::size_t offset;
    std::string_view sentence;
};
constexpr std::array kStrangers{
    Stranger{"\x1f\x8b", 0,
             "The file is compressed with gzip; a compressed SVG (.svgz) is not read here, the "
             "plain SVG is."},
    Stranger{"8BPS", 0, "The file is a Photoshop document, which is not read here."},
    Stranger{"%PDF-", 0, "The file is a PDF, which is not read here."},
    Stranger{"\xff\x0a", 0, "The file is a JPEG XL, which is not read here."},
    Stranger{"JXL ", 4, "The file is a JPEG XL, which is not read here."},
    Stranger{"jP  ", 4, "The file is a JPEG 2000, which is not read here."},
    Stranger{"ftyp", 4, "The file is a film or a picture of a kind that is not read here."},
    Stranger{std::string_view("\0\0\1\0", 4), 0, "The file is an icon, which is not read here."},
    Stranger{"PK\x03\x04", 0, "The file is a ZIP archive, not a picture."},
};

bool is_text(Bytes input) {
    const Bytes head = input.first(std::min<std::size_t>(input.size(), 256));
    return std::ranges::all_of(head, [](std::byte byte) {
        const auto value = std::to_integer<unsigned>(byte);
        return value >= 0x20 || (value >= 0x09 && value <= 0x0d);
    });
}

Error refuse(Bytes input) {
    for (const Stranger& stranger : kStrangers) {
        if (input.size() < stranger.offset) continue;
        if (!starts_with(input.subspan(stranger.offset), stranger.magic)) continue;
        return unsupported(std::string(stranger.sentence) + " " + std::string(kReadHere));
    }
    const std::string what = is_text(input) ? "The file is text, not a picture. "
                                            : "The file is not a picture of a known kind. ";
    return unsupported(what + std::string(kReadHere));
}

}  // namespace

Result<Info> probe(Bytes input, const Limits& limits) {
    TRY(check_bytes(input.size(), limits));
    if (input.empty()) return corrupt("The file is empty: it has zero bytes.");

    const auto codec = std::ranges::find_if(
        kCodecs, [input](const Codec& candidate) { return candidate.sniff(input); });
    if (codec == kCodecs.end()) return refuse(input);

    const Info info = TRY(codec->probe(input, limits));
    TRY(check_limits(info, limits));
    return info;
}

void orient(Info& info, int orientation) {
    info.orientation = orientation;
    if (orientation >= 5) std::swap(info.width, info.height);
}

}  // namespace imagemill::image
