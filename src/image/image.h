// image: encoded bytes in, encoded bytes out. The whole public face of the engine.
//
// Shapes:  Input is one file of a Format, borrowed until the call returns. Each Output is one JPEG,
//          PNG, WebP, AVIF or GIF file, owned by the caller.
//          An animated PNG or AVIF is read as the still it also holds; of a TIFF, the first page.
// Units:   Sizes in pixels as displayed (after EXIF orientation). Quality 1..100.
// Errors:  invalid_argument  a spec contradicts itself, or its format cannot hold the output, or no
//                            quality makes it as small as `bytes_max`.
//          unsupported       no format claims the input, or it is one that is not read here (HEIC
//                            needs a module); an SVG with entities or a reference to the outside.
//          corrupt           the input is empty, ends early or breaks its own format.
//          too_large         the header, an enlarged output or the memory it would take exceeds
//                            `limits`; found before any pixel is allocated; `exceeded` names it.
//          timeout           `stop` said so: docs/settings.md has what may still be done after it.
//                            Only AVIF's encode and a still GIF's are one step that does not end.
//          unavailable       libvips cannot be loaded, or memory ran out.
//          Messages are sentences for the person who sent the picture.
// Threads: every function may run on any thread at the same time.
// Cost:    probe: the header, microseconds, no libvips. render: time O(input + output pixels).
//          libvips is loaded by the first render that needs it.
// Source:  Orientation: Exif 2.32, tag 0x0112.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace imagemill::image {

enum class Format { jpeg, png, webp, gif, avif, tiff, svg, heic, bmp };

std::string_view name_of(Format format);  // "jpeg"
std::optional<Format> format_named(std::string_view name);
std::string_view media_type_of(Format format);  // "image/jpeg"
std::string_view extension_of(Format format);   // "jpg"
bool can_write(Format format);                  // As an output.
bool can_animate(Format format);                // Several frames, read and written.
bool has_quality(Format format);                // Spec::quality means something to it.

// Each a variable of the environment, as `exceeded.setting` spells it.
struct Limits {
    std::int64_t bytes_max = 50'000'000;             // IMAGEMILL_MAX_BYTES, of the input
    int side_max = 32'767;                           // IMAGEMILL_MAX_SIDE, width or height
    std::int64_t pixels_max = 120'000'000;           // IMAGEMILL_MAX_PIXELS, a still
    std::int64_t animation_pixels_max = 50'000'000;  // IMAGEMILL_MAX_ANIMATION_PIXELS, all frames
    int frames_max = 1'000;                          // IMAGEMILL_MAX_FRAMES
    std::int64_t memory_max = 1'000'000'000;  // IMAGEMILL_MAX_MEMORY, of one render, in bytes
    // AWS_LAMBDA_FUNCTION_MEMORY_SIZE, of the render, its input and the program; 0: nobody said.
    std::int64_t function_megabytes = 0;
};

struct Info {
    Format format = Format::jpeg;
    int width = 0;
    int height = 0;
    int orientation = 1;     // Exif's 1..8, as stored; width and height already follow it.
    bool has_alpha = false;  // The format stores one; it may be opaque all over.
    int frames = 1;
};

// Reads the header only, by magic bytes: a declared type is not asked for. Checks every limit.
Result<Info> probe(Bytes input, const Limits& limits);

enum class Fit {
    inside,   // As large as fits in the box; one side may be shorter.
    outside,  // As small as covers the box; one side may be longer.
    cover,    // Fills the box; what juts out is cut, `gravity` says where. A picture that is too
              // small and may not grow fills the largest box of the same proportions.
    contain,  // Fits in the box; the rest is `background`, and a compass `gravity` says where.
    fill,     // Exactly the box; proportions are lost.
};
std::optional<Fit> fit_named(std::string_view name);
std::string_view name_of(Fit fit);

enum class Gravity {
    center,
    north,
    northeast,
    east,
    southeast,
    south,
    southwest,
    west,
    northwest,
    attention,  // Where a look would fall: skin, saturation, edges.
    entropy,    // Where the most detail is.
};
std::optional<Gravity> gravity_named(std::string_view name);
std::string_view name_of(Gravity gravity);

struct Color {
    std::uint8_t red = 255, green = 255, blue = 255, alpha = 255;
    friend bool operator==(const Color&, const Color&) = default;
};

struct Rect {
    int x = 0, y = 0, width = 0, height = 0;
    friend bool operator==(const Rect&, const Rect&) = default;
};

enum class Flip { none, horizontal, vertical, both };
std::optional<Flip> flip_named(std::string_view name);
std::string_view name_of(Flip flip);

// What of the source's metadata comes along.
enum class Metadata {
    strip,      // Nothing.
    copyright,  // Who made it and whose it is: Exif's Artist and Copyright.
    all,        // Exif and XMP, but for the orientation, which is done, and the thumbnail.
};
std::optional<Metadata> metadata_named(std::string_view name);
std::string_view name_of(Metadata metadata);

enum class ColorSpace {
    srgb,  // Converted, and no profile embedded.
    keep,  // The source's own, its profile embedded.
};
std::optional<ColorSpace> color_space_named(std::string_view name);
std::string_view name_of(ColorSpace color);

enum class FormatChoice {
    automatic,  // JPEG where opaque (as its pixels are) and still; else the source's own (PNG for
                // SVG and TIFF).
    same,       // The source's own, where it can be written; else as automatic.
    named,      // `format`.
};

inline constexpr double kDprMin = 0.1, kDprMax = 8;
inline constexpr double kSigmaMin = 0.3, kSigmaMax = 100;  // Of blur and sharpen.

// Done in this order: crop, rotate, flip, resize into the box, blur, sharpen, encode.
struct Spec {
    // Of the picture as displayed; what of it lies outside the picture is left out.
    std::optional<Rect> crop = {};
    int rotate = 0;  // 0, 90, 180 or 270 degrees, clockwise.
    Flip flip = Flip::none;
    int width = 0;  // 0: by the other side and the proportions. Both 0: as it is.
    int height = 0;
    double dpr = 1;  // Device pixels to one of width and height.
    Fit fit = Fit::inside;
    Gravity gravity = Gravity::center;
    bool enlarge = false;  // May the picture be made larger than it is?
    // Of the rest in `contain`, and under transparency in JPEG. None: white; in `contain` of a
    // picture with transparency, transparent. Its alpha counts in `contain` alone.
    std::optional<Color> background = {};
    double blur = 0;     // Standard deviation of the Gaussian, in pixels of the output; 0: none.
    double sharpen = 0;  // Likewise, of what is sharpened.
    FormatChoice choice = FormatChoice::automatic;
    Format format = Format::jpeg;
    int quality = 75;
    // 0..9, each encoder's own scale mapped to it; none: its default. JPEG: from 3 tables are
    // optimised, from 7 it is progressive with trellis quantisation.
    std::optional<int> effort = {};
    // The best quality up to `quality` whose file has at most so many bytes; 0: no bound.
    std::int64_t bytes_max = 0;
    std::optional<bool> progressive = {};  // JPEG; PNG: interlaced. None: as effort says.
    Metadata metadata = Metadata::strip;
    ColorSpace color = ColorSpace::srgb;
};

struct Output {
    Buffer bytes;
    Format format = Format::jpeg;
    int width = 0;
    int height = 0;
    int frames = 1;
    int quality = 0;  // As used; 0 where the format has none.
};

struct Placeholder {
    std::string thumbhash;  // Base64 of the ThumbHash, about 25 bytes.
    Color color;            // Dominant.
};

// Which part of the engine decoded a picture. Asked for: `jpeg` refuses what its lane does not
// take.
enum class Lane { automatic, jpeg, libvips };
std::string_view name_of(Lane lane);

// Where the time went. Decoding streams into the first resize in libvips: there both are `decode`.
struct Timings {
    std::int64_t decode_us = 0;
    std::int64_t resize_us = 0;
    std::int64_t encode_us = 0;
};

struct Rendered {
    Info source;
    std::vector<Output> outputs;  // In the order of the specs.
    Placeholder placeholder;
    Lane lane = Lane::libvips;  // Which it was: never automatic.
    // What the source said of people and places that some output does not say any more:
    // "location", "serial_number", "camera", "author", "time", "description", "thumbnail".
    std::vector<std::string> stripped = {};
    Timings timings = {};
};

// Asked now and then during a render; true ends it with timeout. Called on the rendering threads.
using Stop = std::function<bool()>;

struct RenderOptions {
    Limits limits = {};
    Stop stop = {};
    Lane lane = Lane::automatic;
};

// Decodes, orients, converts to sRGB, strips metadata, resizes, encodes. Deterministic: same bytes
// and spec, same bytes out.
Result<Rendered> render(Bytes input, std::span<const Spec> specs, const RenderOptions& options);

// What a program at that path (empty: this one) loads with the first render that asks for more
// than the JPEG lane has: the modules and libvips. For a process that closes off all other files.
std::vector<std::string> engine_files(const std::string& program);

}  // namespace imagemill::image
