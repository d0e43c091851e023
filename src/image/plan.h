// plan: what is to be done to the pixels, decided before there are any. Integer arithmetic.
//
// Shapes:  A Plan holds every decision one output needs but two that only pixels can take: where
//          `attention` or `entropy` cuts, and whether a picture with an alpha channel is opaque.
// Units:   Pixels; of a View's part as the decoder gives them, else as displayed.
// Errors:  invalid_argument  the spec contradicts itself or its format.
//          too_large         an enlarged output would pass the limits.
// Threads: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/carried.h"
#include "image/image.h"
#include "image/turn.h"

namespace imagemill::image {

// What an output shows of the picture: a part of it as stored, turned, at a size, in some colours.
// Outputs of one View are made from the same pixels.
struct View {
    Rect part;
    Turn turn;
    Size size;  // Of the whole part, turned and resized.
    ColorSpace color = ColorSpace::srgb;

    friend bool operator==(const View&, const View&) = default;
};

// From which effort a JPEG's Huffman tables are made for it, and from which its quantisation is.
inline constexpr int kOptimizeEffort = 3;
inline constexpr int kTrellisEffort = 7;

struct Plan {
    View view;
    Size cut;                     // This much of the view stays,
    std::optional<Point> cut_at;  // from here; nothing: where `gravity` finds it.
    Size size;                    // The output, of one frame,
    Point place;                  // in which the cut lies here.
    Gravity gravity = Gravity::center;
    std::optional<Color> background;  // As in Spec.
    double blur = 0;
    double sharpen = 0;
    Format format_opaque = Format::jpeg;
    Format format_alpha = Format::jpeg;  // Where some pixel shows what is behind.
    int frames = 1;
    int quality = 75;
    std::optional<int> effort;
    std::int64_t bytes_max = 0;
    std::optional<bool> progressive;
    Carried carried = {};  // What of the source's metadata goes into the file.

    bool cuts() const { return cut != view.size; }
    bool pads() const { return size != cut; }
};

// How the one decode is done that serves all plans.
struct DecodePlan {
    int eighths = 8;   // JPEG in libvips: this much of each side, in the decoder.
    double scale = 1;  // WebP: likewise.
    Size size;         // SVG: the size to draw it at. Else the source's, as stored.
    int frames = 1;
    View sample = {};  // The small picture that the placeholder is made from.
};

// spec_check.cpp: what of a spec can be judged without a picture.
Result<void> check_spec(const Spec& spec, const Limits& limits);

Result<Plan> plan(const Info& source, const Spec& spec, const Limits& limits);
DecodePlan plan_decode(const Info& source, std::span<const Plan> plans, const Limits& limits);

}  // namespace imagemill::image
