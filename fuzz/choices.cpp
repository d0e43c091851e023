#include "choices.h"

#include <array>

namespace imagemill::fuzz {
namespace {

constexpr int kSideMax = 300;  // Of a box: what is asked for is not what takes the time.

int choose_side(Choices& choices) {
    const int high = choices.byte();
    return (high << 8 | choices.byte()) % (kSideMax + 1);
}

image::Color choose_color(Choices& choices) {
    image::Color color;
    color.red = choices.byte();
    color.green = choices.byte();
    color.blue = choices.byte();
    color.alpha = choices.byte();
    return color;
}

// What cannot be written is asked for seldom.
void choose_format(Choices& choices, image::Spec& spec) {
    constexpr std::array kFormats = {image::Format::jpeg, image::Format::png, image::Format::webp,
                                     image::Format::avif, image::Format::gif, image::Format::svg};
    const std::size_t chosen = choices.byte() % 32;
    if (chosen == 0) return;
    if (chosen == 1) {
        spec.choice = image::FormatChoice::same;
        return;
    }
    spec.choice = image::FormatChoice::named;
    spec.format = chosen == 31 ? kFormats.back() : kFormats[chosen % 5];
}

// Little of it where the encoder is slow.
std::optional<int> choose_effort(Choices& choices, const image::Spec& spec) {
    const int chosen = choices.below(11);
    const bool is_slow = spec.choice == image::FormatChoice::named &&
                         (spec.format == image::Format::avif || spec.format == image::Format::webp);
    if (chosen == 0) return is_slow ? std::optional(2) : std::nullopt;
    return is_slow ? (chosen - 1) / 3 : chosen - 1;
}

// In small steps, with what is out of bounds at both ends.
double choose_sigma(Choices& choices) {
    return choices.seldom(3) ? choices.byte() * 0.05 - 0.1 : 0;
}

std::optional<image::Rect> choose_crop(Choices& choices) {
    if (!choices.seldom(3)) return std::nullopt;
    image::Rect crop;
    crop.x = choices.byte() % 80 - 2;
    crop.y = choices.byte() % 80 - 2;
    crop.width = choices.byte();
    crop.height = choices.byte();
    return crop;
}

// Last, so that what came before keeps its bytes where seeds know it.
void choose_changes(Choices& choices, image::Spec& spec) {
    spec.crop = choose_crop(choices);
    spec.rotate = choices.seldom(40) ? 45 : choices.below(4) * 90;
    spec.flip = static_cast<image::Flip>(choices.below(4));
    if (choices.seldom(3)) spec.dpr = choices.byte() * 0.01;
    spec.blur = choose_sigma(choices);
    spec.sharpen = choose_sigma(choices);
    if (choices.seldom(3)) spec.bytes_max = choices.byte() * 64;
    if (choices.seldom(3)) spec.progressive = choices.seldom(2);
    spec.metadata = static_cast<image::Metadata>(choices.below(3));
    spec.color = static_cast<image::ColorSpace>(choices.below(2));
}

}  // namespace

std::uint8_t Choices::byte() {
    if (tail_.empty()) return 0;
    const auto value = std::to_integer<std::uint8_t>(tail_.front());
    tail_ = tail_.subspan(1);
    return value;
}

Input split(Bytes input) {
    if (input.size() < kTailBytes) return {.picture = input, .tail = {}};
    const std::size_t length = input.size() - kTailBytes;
    return {.picture = input.first(length), .tail = input.subspan(length)};
}

image::Spec choose_spec(Choices& choices) {
    image::Spec spec;
    spec.width = choose_side(choices);
    spec.height = choose_side(choices);
    spec.fit = static_cast<image::Fit>(choices.below(static_cast<int>(image::Fit::fill) + 1));
    spec.gravity =
        static_cast<image::Gravity>(choices.below(static_cast<int>(image::Gravity::entropy) + 1));
    spec.enlarge = choices.seldom(3);
    choose_format(choices, spec);
    if (const int quality = choices.byte() % 101; quality > 0) spec.quality = quality;
    spec.effort = choose_effort(choices, spec);
    if (choices.seldom(2)) spec.background = choose_color(choices);
    choose_changes(choices, spec);
    return spec;
}

image::Limits small_limits() {
    return {.bytes_max = 100'000,
            .side_max = 2'000,
            .pixels_max = 300'000,
            .animation_pixels_max = 200'000,
            .frames_max = 20,
            .memory_max = 100'000'000};
}

}  // namespace imagemill::fuzz
