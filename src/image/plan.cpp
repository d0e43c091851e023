#include "image/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "image/limits.h"

namespace imagemill::image {
namespace {

constexpr int kSampleSide = 100;  // ThumbHash takes no more.

Error invalid(std::string message) {
    return {.code = Code::invalid_argument, .message = std::move(message)};
}

Result<void> check_range(std::string_view name, int value, int min, int max) {
    if (value >= min && value <= max) return {};
    return invalid("The " + std::string(name) + " is " + std::to_string(value) +
                   "; it must be from " + std::to_string(min) + " to " + std::to_string(max) + ".");
}

Result<void> check_spec(const Spec& spec, const Limits& limits) {
    TRY(check_range("width", spec.width, 0, limits.side_max));
    TRY(check_range("height", spec.height, 0, limits.side_max));
    TRY(check_range("quality", spec.quality, 1, 100));
    if (spec.effort) TRY(check_range("effort", *spec.effort, 0, 9));
    if (spec.choice == FormatChoice::named && !can_write(spec.format)) {
        return invalid("The format " + std::string(name_of(spec.format)) +
                       " cannot be written; jpeg, png, webp, avif and gif can.");
    }
    return {};
}

// part of whole, of a length: rounded to the nearest, never 0. What passes an int is refused later
// as larger than any limit.
int scale(std::int64_t length, std::int64_t part, std::int64_t whole) {
    constexpr std::int64_t kMax = std::numeric_limits<int>::max();
    const std::int64_t scaled = (length * part + whole / 2) / whole;
    return static_cast<int>(std::clamp<std::int64_t>(scaled, 1, kMax));
}

// Both sides by one factor, such that the width (or the height) becomes that of the box.
Size scale_to_width(Size source, int width) {
    return {width, scale(source.height, width, source.width)};
}
Size scale_to_height(Size source, int height) {
    return {scale(source.width, height, source.height), height};
}

bool box_is_wider(Size box, Size source) {
    return std::int64_t{box.width} * source.height > std::int64_t{source.width} * box.height;
}

Size fit_inside(Size source, Size box) {
    return box_is_wider(box, source) ? scale_to_height(source, box.height)
                                     : scale_to_width(source, box.width);
}
Size fit_outside(Size source, Size box) {
    return box_is_wider(box, source) ? scale_to_width(source, box.width)
                                     : scale_to_height(source, box.height);
}

// A side that is not given follows from the other.
Size full_box(Size source, const Spec& spec) {
    if (spec.width == 0 && spec.height == 0) return source;
    if (spec.height == 0) return scale_to_width(source, spec.width);
    if (spec.width == 0) return scale_to_height(source, spec.height);
    return {spec.width, spec.height};
}

bool is_larger(Size a, Size b) {
    return a.width > b.width || a.height > b.height;
}

// The three sizes; places come after.
void plan_sizes(Size source, const Spec& spec, Plan& plan) {
    const Size box = full_box(source, spec);
    const bool is_box = spec.width != 0 && spec.height != 0;
    switch (spec.fit) {
        case Fit::fill:
            plan.scaled = box;
            if (!spec.enlarge) {
                // A side given alone already brought the other along.
                const Size capped{std::min(box.width, source.width),
                                  std::min(box.height, source.height)};
                plan.scaled = is_box ? capped : (is_larger(box, source) ? source : box);
            }
            break;
        case Fit::outside:
        case Fit::cover:
            plan.scaled = fit_outside(source, box);
            if (!spec.enlarge && is_larger(plan.scaled, source)) plan.scaled = source;
            break;
        case Fit::inside:
        case Fit::contain:
            plan.scaled = fit_inside(source, box);
            if (!spec.enlarge && is_larger(plan.scaled, source)) plan.scaled = source;
            break;
    }
    plan.cut = plan.scaled;
    if (spec.fit == Fit::cover) {
        // Where it may not grow, the box shrinks and keeps its proportions.
        plan.cut = is_larger(box, plan.scaled) ? fit_inside(box, plan.scaled) : box;
    }
    plan.size = plan.cut;
    if (spec.fit == Fit::contain && is_box) plan.size = box;
}

// Which share of the slack lies before the picture: 0, 1 or 2 halves.
Point halves_of(Gravity gravity) {
    switch (gravity) {
        case Gravity::northwest:
            return {0, 0};
        case Gravity::north:
            return {1, 0};
        case Gravity::northeast:
            return {2, 0};
        case Gravity::west:
            return {0, 1};
        case Gravity::east:
            return {2, 1};
        case Gravity::southwest:
            return {0, 2};
        case Gravity::south:
            return {1, 2};
        case Gravity::southeast:
            return {2, 2};
        case Gravity::center:
        case Gravity::attention:
        case Gravity::entropy:
            return {1, 1};
    }
    return {1, 1};
}

Point place(Size outer, Size inner, Gravity gravity) {
    const Point halves = halves_of(gravity);
    return {(outer.width - inner.width) * halves.x / 2,
            (outer.height - inner.height) * halves.y / 2};
}

void plan_places(Gravity gravity, Plan& plan) {
    const bool searches = gravity == Gravity::attention || gravity == Gravity::entropy;
    if (!searches || !plan.cuts()) plan.cut_at = place(plan.scaled, plan.cut, gravity);
    plan.place = place(plan.size, plan.cut, gravity);
    plan.gravity = gravity;
}

void plan_formats(const Info& source, const Spec& spec, Plan& plan) {
    const bool moves = source.frames > 1 && can_animate(source.format);
    const bool keeps = can_write(source.format) && (spec.choice == FormatChoice::same || moves);
    if (spec.choice == FormatChoice::named) {
        plan.format_opaque = plan.format_alpha = spec.format;
    } else if (keeps) {
        plan.format_opaque = plan.format_alpha = source.format;
    } else {
        plan.format_opaque = Format::jpeg;
        plan.format_alpha = can_write(source.format) ? source.format : Format::png;
    }
    plan.frames = can_animate(plan.format_alpha) ? source.frames : 1;
    plan.quality = spec.quality;
    plan.effort = spec.effort;
    plan.background = spec.background;
}

// What the encoder's own format can hold.
int side_max_of(Format format) {
    switch (format) {
        case Format::webp:
            return 16'383;
        case Format::avif:
            return 16'384;
        case Format::jpeg:
            return 65'500;
        default:
            return 65'535;
    }
}

Result<void> check_output(const Plan& plan, const Limits& limits) {
    for (const Size size : {plan.scaled, plan.size}) {
        auto checked = check_limits(
            {.width = size.width, .height = size.height, .frames = plan.frames}, limits);
        if (checked) continue;
        Error error = std::move(checked).error();
        error.message = "The output would be too large. " + error.message;
        return error;
    }
    for (const Format format : {plan.format_opaque, plan.format_alpha}) {
        const int side_max = side_max_of(format);
        if (std::max(plan.size.width, plan.size.height) <= side_max) continue;
        return invalid("The output would be " + format_size(plan.size.width, plan.size.height) +
                       " pixels; a picture in " + std::string(name_of(format)) + " has at most " +
                       std::to_string(side_max) + " a side.");
    }
    return {};
}

// Decoding may leave out detail that no plan needs.
bool still_covers(Size decoded, std::span<const Plan> plans) {
    return std::ranges::none_of(
        plans, [decoded](const Plan& plan) { return is_larger(plan.scaled, decoded); });
}

Size largest_scaled(Size least, std::span<const Plan> plans) {
    for (const Plan& plan : plans) {
        least.width = std::max(least.width, plan.scaled.width);
        least.height = std::max(least.height, plan.scaled.height);
    }
    return least;
}

// An SVG is drawn at the size that is wanted, with its own proportions; where a plan distorts it so
// much that this passes the limits, the resize does the rest.
Size plan_drawing(Size full, Size wanted, const Limits& limits) {
    const Size drawing = fit_outside(full, wanted);
    const Info as_info{.width = drawing.width, .height = drawing.height};
    if (check_limits(as_info, limits)) return drawing;
    const auto side = static_cast<int>(
        std::min<double>(limits.side_max, std::sqrt(static_cast<double>(limits.pixels_max))));
    return fit_inside(full, {std::max(side, 1), std::max(side, 1)});
}

}  // namespace

Result<Plan> plan(const Info& source, const Spec& spec, const Limits& limits) {
    TRY(check_spec(spec, limits));
    Plan plan;
    plan_sizes({source.width, source.height}, spec, plan);
    plan_places(spec.gravity, plan);
    plan_formats(source, spec, plan);
    TRY(check_output(plan, limits));
    return plan;
}

DecodePlan plan_decode(const Info& source, std::span<const Plan> plans, const Limits& limits) {
    const Size full{source.width, source.height};
    DecodePlan decode{.size = full};
    for (const Plan& plan : plans) decode.frames = std::max(decode.frames, plan.frames);
    const Size sample_box{kSampleSide, kSampleSide};
    decode.sample = is_larger(full, sample_box) ? fit_inside(full, sample_box) : full;

    if (source.format == Format::jpeg) {
        for (const int shrink : {8, 4, 2}) {
            const Size shrunk{source.width / shrink, source.height / shrink};
            if (is_larger(decode.sample, shrunk) || !still_covers(shrunk, plans)) continue;
            decode.shrink = shrink;
            break;
        }
    }
    if (source.format == Format::svg) {
        decode.size = plan_drawing(full, largest_scaled(decode.sample, plans), limits);
    }
    return decode;
}

}  // namespace imagemill::image
