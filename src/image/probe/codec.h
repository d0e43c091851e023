// codec: what the engine knows of one format before a pixel is decoded. A row each; probe.cpp has
// the table.
//
// Shapes:  sniff looks at magic bytes only. probe reads the header of what sniff accepted and
//          fills an Info whose width and height follow the orientation; sizes are at least 1.
// Errors:  corrupt and unsupported, as sentences for who sent the picture. Limits on size and
//          frames are not its business (limits.h), except for pictures inside the picture.
// Threads: pure functions.
// Cost:    a header is walked, never decoded; no allocation that grows with what a field claims.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"

namespace imagemill::image {

inline constexpr std::size_t kFormatCount = static_cast<std::size_t>(Format::bmp) + 1;

struct Codec {
    Format format;
    bool (&sniff)(Bytes input);  // References: a row without a hook does not compile.
    Result<Info> (&probe)(Bytes input, const Limits& limits);
};

bool sniff_jpeg(Bytes input);
bool sniff_png(Bytes input);
bool sniff_webp(Bytes input);
bool sniff_gif(Bytes input);
bool sniff_avif(Bytes input);
bool sniff_heic(Bytes input);
bool sniff_bmp(Bytes input);
bool sniff_tiff(Bytes input);
bool sniff_svg(Bytes input);

Result<Info> probe_jpeg(Bytes input, const Limits& limits);
Result<Info> probe_png(Bytes input, const Limits& limits);
Result<Info> probe_webp(Bytes input, const Limits& limits);
Result<Info> probe_gif(Bytes input, const Limits& limits);
Result<Info> probe_avif(Bytes input, const Limits& limits);
Result<Info> probe_heic(Bytes input, const Limits& limits);
Result<Info> probe_bmp(Bytes input, const Limits& limits);
Result<Info> probe_tiff(Bytes input, const Limits& limits);
Result<Info> probe_svg(Bytes input, const Limits& limits);

// The two kinds of refusal, so that probes read well.
inline Error corrupt(std::string message) {
    return {.code = Code::corrupt, .message = std::move(message)};
}
inline Error unsupported(std::string message) {
    return {.code = Code::unsupported, .message = std::move(message)};
}

// Turns the stored size into the displayed one: orientations 5 to 8 lie on their side.
void orient(Info& info, int orientation);

}  // namespace imagemill::image
