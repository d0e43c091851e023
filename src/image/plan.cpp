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

// As asked for, in device pixels; a side that is not given is 0.
Size box_of(const Spec& spec) {
    const auto device_pixels = [&spec](int length) {
        if (length == 0) return 0;
        return std::max(1, static_cast<int>(std::lround(length * spec.dpr)));
    };
    return {device_pixels(spec.width), device_pixels(spec.height)};
}

// A side that is not given follows from the other.
Size full_box(Size source, Size box) {
    if (box.width == 0 && box.height == 0) return source;
    if (box.height == 0) return scale_to_width(source, box.width);
    if (box.width == 0) return scale_to_height(source, box.height);
    return box;
}

bool is_larger(Size a, Size b) {
    return a.width > b.width || a.height > b.height;
}

// The three sizes; places come after.
void plan_sizes(Size source, const Spec& spec, Plan& plan) {
    const Size box = full_box(source, box_of(spec));
    Size& scaled = plan.view.size;
    const bool is_box = spec.width != 0 && spec.height != 0;
    switch (spec.fit) {
        case Fit::fill:
            scaled = box;
            if (!spec.enlarge) {
                // A side given alone already brought the other along.
                const Size capped{std::min(box.width, source.width),
                                  std::min(box.height, source.height)};
                scaled = is_box ? capped : (is_larger(box, source) ? source : box);
            }
            break;
        case Fit::outside:
        case Fit::cover:
            scaled = is_box ? fit_outside(source, box) : box;
            if (!spec.enlarge && is_larger(scaled, source)) scaled = source;
            break;
        case Fit::inside:
        case Fit::contain:
            // A side given alone is what it says, however the other rounds.
            scaled = is_box ? fit_inside(source, box) : box;
            if (!spec.enlarge && is_larger(scaled, source)) scaled = source;
            break;
    }
    plan.cut = scaled;
    if (spec.fit == Fit::cover) {
        // Where it may not grow, the box shrinks and keeps its proportions.
        plan.cut = is_larger(box, scaled) ? fit_inside(box, scaled) : box;
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
    const auto share = [](int slack, int count) {
        return static_cast<int>(std::int64_t{slack} * count / 2);
    };
    return {share(outer.width - inner.width, halves.x),
            share(outer.height - inner.height, halves.y)};
}

void plan_places(Gravity gravity, Plan& plan) {
    const bool searches = gravity == Gravity::attention || gravity == Gravity::entropy;
    if (!searches || !plan.cuts()) plan.cut_at = place(plan.view.size, plan.cut, gravity);
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
    for (const Size size : {plan.view.size, plan.size}) {
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

// Decoding may leave out detail that no view needs.
bool still_covers(int eighths, const View& view) {
    const Size needed = turned(view.size, inverse(view.turn));
    return std::int64_t{view.part.width} * eighths >= std::int64_t{needed.width} * 8 &&
           std::int64_t{view.part.height} * eighths >= std::int64_t{needed.height} * 8;
}

int least_eighths(std::span<const Plan> plans, const View& sample) {
    for (const int eighths : {1, 2, 4}) {
        const bool covers_all = std::ranges::all_of(
            plans, [eighths](const Plan& plan) { return still_covers(eighths, plan.view); });
        if (covers_all && still_covers(eighths, sample)) return eighths;
    }
    return 8;
}

// A part of the picture can be cut exactly only at full size.
bool needs_full_size(std::span<const Plan> plans, const View& sample) {
    return std::ranges::any_of(
        plans, [&sample](const Plan& plan) { return plan.view.part != sample.part; });
}

// libwebp's own resize averages while it decodes, which saves most of the colour conversion; what
// is left to do after it is little. Not with an alpha, by which it does not weigh the colours: what
// lies under transparent pixels would show at their edges. Not of films, nor to less than 16
// pixels.
double webp_scale(const Info& source, std::span<const Plan> plans, const DecodePlan& decode) {
    if (decode.frames > 1 || source.has_alpha || needs_full_size(plans, decode.sample)) return 1;
    double least = 0;
    const auto cover = [&least](const View& view) {
        const Size lying = turned(view.size, inverse(view.turn));
        least = std::max({least, static_cast<double>(lying.width) / view.part.width,
                          static_cast<double>(lying.height) / view.part.height});
    };
    cover(decode.sample);
    for (const Plan& plan : plans) cover(plan.view);
    const int side = std::min(source.width, source.height);
    constexpr double kWorthIt = 0.7;  // A larger scale saves less than it costs.
    return least > kWorthIt || least * side < 16 ? 1 : least;
}

// At which the whole picture shows each view at its size.
Size largest_whole(Size full, std::span<const Plan> plans, const View& sample) {
    Size least;
    const auto cover = [&](const View& view) {
        const Size needed = turned(view.size, inverse(view.turn));
        least.width = std::max(least.width, scale(full.width, needed.width, view.part.width));
        least.height = std::max(least.height, scale(full.height, needed.height, view.part.height));
    };
    cover(sample);
    for (const Plan& plan : plans) cover(plan.view);
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

// What the decoder gives still lies as the camera did, but for AVIF, whose decoder turns it.
Turn stored_turn(const Info& source) {
    return source.format == Format::avif ? Turn{} : turn_of(source.orientation);
}

Size stored_size(const Info& source) {
    return turned({source.width, source.height}, stored_turn(source));
}

// The part that is asked for, as displayed and as far as there is any.
Result<Rect> clip(const std::optional<Rect>& crop, Size displayed) {
    const Rect whole{0, 0, displayed.width, displayed.height};
    if (!crop) return whole;
    const auto end = [](int from, int length) { return std::int64_t{from} + length; };
    const std::int64_t right = std::min<std::int64_t>(end(crop->x, crop->width), whole.width);
    const std::int64_t bottom = std::min<std::int64_t>(end(crop->y, crop->height), whole.height);
    if (crop->x < right && crop->y < bottom) {
        return Rect{crop->x, crop->y, static_cast<int>(right - crop->x),
                    static_cast<int>(bottom - crop->y)};
    }
    return invalid("The crop begins at " + std::to_string(crop->x) + ", " +
                   std::to_string(crop->y) + ", outside of the picture, which has " +
                   format_size(displayed.width, displayed.height) + " pixels.");
}

Result<void> plan_view(const Info& source, const Spec& spec, View& view) {
    const Size displayed{source.width, source.height};
    const Turn upright = stored_turn(source);
    view.part = turned(TRY(clip(spec.crop, displayed)), displayed, inverse(upright));
    view.turn = then(then(upright, turn_by(spec.rotate)), turn_by(spec.flip));
    view.color = spec.color;
    return {};
}

View plan_sample(const Info& source) {
    const Size displayed{source.width, source.height};
    const Size stored = stored_size(source);
    const Size box{kSampleSide, kSampleSide};
    return {.part = {0, 0, stored.width, stored.height},
            .turn = stored_turn(source),
            .size = is_larger(displayed, box) ? fit_inside(displayed, box) : displayed};
}

}  // namespace

Result<Plan> plan(const Info& source, const Spec& spec, const Limits& limits) {
    TRY(check_spec(spec, limits));
    Plan plan;
    TRY(plan_view(source, spec, plan.view));
    plan_sizes(turned({plan.view.part.width, plan.view.part.height}, plan.view.turn), spec, plan);
    plan_places(spec.gravity, plan);
    plan_formats(source, spec, plan);
    // GIF has no place for a profile.
    if (plan.format_alpha == Format::gif) plan.view.color = ColorSpace::srgb;
    plan.blur = spec.blur;
    plan.sharpen = spec.sharpen;
    plan.bytes_max = spec.bytes_max;
    plan.progressive = spec.progressive;
    TRY(check_output(plan, limits));
    return plan;
}

DecodePlan plan_decode(const Info& source, std::span<const Plan> plans, const Limits& limits) {
    DecodePlan decode{.size = stored_size(source), .sample = plan_sample(source)};
    for (const Plan& plan : plans) decode.frames = std::max(decode.frames, plan.frames);
    const bool is_jpeg = source.format == Format::jpeg;
    if (is_jpeg && !needs_full_size(plans, decode.sample)) {
        decode.eighths = least_eighths(plans, decode.sample);
    }
    if (source.format == Format::webp) decode.scale = webp_scale(source, plans, decode);
    if (source.format == Format::svg) {
        decode.size =
            plan_drawing(decode.size, largest_whole(decode.size, plans, decode.sample), limits);
    }
    return decode;
}

}  // namespace imagemill::image
