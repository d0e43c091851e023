// plan: what is to be done to the pixels, decided before there are any. Integer arithmetic.
//
// Shapes:  A Plan holds every decision one output needs but two that only pixels can take: where
//          `attention` or `entropy` cuts, and whether a picture with an alpha channel is opaque.
// Units:   Pixels, as displayed.
// Errors:  invalid_argument  the spec contradicts itself or its format.
//          too_large         an enlarged output would pass the limits.
// Threads: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "image/image.h"

namespace imagemill::image {

struct Size {
    int width = 0;
    int height = 0;
    friend bool operator==(const Size&, const Size&) = default;
};

struct Point {
    int x = 0;
    int y = 0;
    friend bool operator==(const Point&, const Point&) = default;
};

struct Plan {
    Size scaled;                  // The whole picture is resized to this;
    Size cut;                     // this much of it stays,
    std::optional<Point> cut_at;  // from here; nothing: where `gravity` finds it.
    Size size;                    // The output, of one frame,
    Point place;                  // in which the cut lies here.
    Gravity gravity = Gravity::center;
    std::optional<Color> background;  // As in Spec.
    Format format_opaque = Format::jpeg;
    Format format_alpha = Format::jpeg;  // Where some pixel shows what is behind.
    int frames = 1;
    int quality = 75;
    std::optional<int> effort;

    bool cuts() const { return cut != scaled; }
    bool pads() const { return size != cut; }
};

// How the one decode is done that serves all plans.
struct DecodePlan {
    int shrink = 1;  // JPEG: 1, 2, 4 or 8, in the decoder.
    Size size;       // SVG: the size to draw it at. Else the source's.
    int frames = 1;
    Size sample = {};  // Of the small picture that the placeholder is made from.
};

Result<Plan> plan(const Info& source, const Spec& spec, const Limits& limits);
DecodePlan plan_decode(const Info& source, std::span<const Plan> plans, const Limits& limits);

}  // namespace imagemill::image
