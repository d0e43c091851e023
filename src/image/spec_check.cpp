#include <cmath>
#include <sstream>

#include "image/plan.h"

namespace imagemill::image {
namespace {

Error invalid(std::string message) {
    return {.code = Code::invalid_argument, .message = std::move(message)};
}

std::string format_number(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

Result<void> check_range(std::string_view name, double value, double min, double max) {
    if (value >= min && value <= max) return {};
    return invalid("The " + std::string(name) + " is " + format_number(value) +
                   "; it must be from " + format_number(min) + " to " + format_number(max) + ".");
}

// 0 is for none.
Result<void> check_sigma(std::string_view name, double sigma) {
    if (sigma == 0) return {};
    return check_range(name, sigma, kSigmaMin, kSigmaMax);
}

Result<void> check_crop(const Rect& crop, const Limits& limits) {
    TRY(check_range("crop's x", crop.x, 0, limits.side_max));
    TRY(check_range("crop's y", crop.y, 0, limits.side_max));
    TRY(check_range("crop's width", crop.width, 1, limits.side_max));
    return check_range("crop's height", crop.height, 1, limits.side_max);
}

Result<void> check_turn(int degrees) {
    if (degrees >= 0 && degrees < 360 && degrees % 90 == 0) return {};
    return invalid("The rotation is " + std::to_string(degrees) +
                   " degrees; it must be 0, 90, 180 or 270.");
}

}  // namespace

Result<void> check_spec(const Spec& spec, const Limits& limits) {
    TRY(check_range("width", spec.width, 0, limits.side_max));
    TRY(check_range("height", spec.height, 0, limits.side_max));
    TRY(check_range("dpr", spec.dpr, kDprMin, kDprMax));
    TRY(check_range("quality", spec.quality, 1, 100));
    if (spec.effort) TRY(check_range("effort", *spec.effort, 0, 9));
    if (spec.crop) TRY(check_crop(*spec.crop, limits));
    TRY(check_turn(spec.rotate));
    TRY(check_sigma("blur", spec.blur));
    TRY(check_sigma("sharpen", spec.sharpen));
    if (spec.bytes_max < 0) return invalid("The bound on the file's bytes is negative.");
    if (spec.choice == FormatChoice::named && !can_write(spec.format)) {
        return invalid("The format " + std::string(name_of(spec.format)) +
                       " cannot be written; jpeg, png, webp, avif and gif can.");
    }
    return {};
}

}  // namespace imagemill::image
