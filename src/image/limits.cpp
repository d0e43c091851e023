#include "image/limits.h"

#include <algorithm>
#include <limits>

namespace imagemill::image {
namespace {

Error too_large(std::string message, Exceeded exceeded) {
    message += " (" + exceeded.setting + ").";
    return {
        .code = Code::too_large, .message = std::move(message), .exceeded = std::move(exceeded)};
}

Result<void> check_still(const Info& info, const Limits& limits) {
    const std::int64_t pixels = pixels_of(info.width, info.height, 1);
    const std::string size = format_size(info.width, info.height);
    if (pixels > limits.pixels_max) {
        return too_large("The picture is " + size + " pixels (" + format_pixels(pixels) +
                             "); at most " + format_pixels(limits.pixels_max) + " are accepted",
                         {"IMAGEMILL_MAX_PIXELS", limits.pixels_max, pixels});
    }
    const int side = std::max(info.width, info.height);
    if (side > limits.side_max) {
        return too_large("The picture is " + size + " pixels; at most " +
                             std::to_string(limits.side_max) + " pixels a side are accepted",
                         {"IMAGEMILL_MAX_SIDE", limits.side_max, side});
    }
    return {};
}

Result<void> check_animation(const Info& info, const Limits& limits) {
    if (info.frames > limits.frames_max) {
        return too_large("The picture has " + std::to_string(info.frames) + " frames; at most " +
                             std::to_string(limits.frames_max) + " are accepted",
                         {"IMAGEMILL_MAX_FRAMES", limits.frames_max, info.frames});
    }
    const std::int64_t pixels = pixels_of(info.width, info.height, info.frames);
    if (info.frames > 1 && pixels > limits.animation_pixels_max) {
        return too_large("The picture has " + std::to_string(info.frames) + " frames of " +
                             format_size(info.width, info.height) + " pixels (" +
                             format_pixels(pixels) + " in all); at most " +
                             format_pixels(limits.animation_pixels_max) +
                             " are accepted in an animation",
                         {"IMAGEMILL_MAX_ANIMATION_PIXELS", limits.animation_pixels_max, pixels});
    }
    return {};
}

}  // namespace

Result<void> check_bytes(std::size_t size_bytes, const Limits& limits) {
    const auto size = static_cast<std::int64_t>(size_bytes);
    if (size <= limits.bytes_max) return {};
    return too_large("The file has " + std::to_string(size) + " bytes; at most " +
                         std::to_string(limits.bytes_max) + " are accepted",
                     {"IMAGEMILL_MAX_BYTES", limits.bytes_max, size});
}

Result<void> check_limits(const Info& info, const Limits& limits) {
    TRY(check_still(info, limits));
    return check_animation(info, limits);
}

std::string format_pixels(std::int64_t pixels) {
    constexpr std::int64_t kMega = 1'000'000;
    if (pixels < kMega / 10) return std::to_string(pixels) + " pixels";
    const std::int64_t tenths = pixels / (kMega / 10);
    std::string text = std::to_string(tenths / 10);
    if (tenths % 10 != 0) text.append(".").append(std::to_string(tenths % 10));
    return text + " megapixels";
}

std::string format_size(std::int64_t width, std::int64_t height) {
    return std::to_string(width) + "×" + std::to_string(height);
}

std::int64_t pixels_of(std::int64_t width, std::int64_t height, std::int64_t frames) {
    std::int64_t pixels = 0;
    if (__builtin_mul_overflow(width, height, &pixels) ||
        __builtin_mul_overflow(pixels, frames, &pixels)) {
        return std::numeric_limits<std::int64_t>::max();
    }
    return pixels;
}

}  // namespace imagemill::image
