#include "promises.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/encodings.h"

namespace imagemill::fuzz {
namespace {

bool is_sentence(std::string_view text) {
    const bool has_control = std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
    return text.size() >= 10 && text.size() <= 1'000 && text.ends_with('.') && !has_control &&
           is_utf8(text);
}

// An encoder may store a picture any format reads, larger than a fuzzer's limits.
constexpr image::Limits kWide = {.bytes_max = 1'000'000'000};

struct Sides {
    int width = 0;
    int height = 0;
};

// The source as the box sees it: cropped and turned.
Sides sides_of(const image::Info& source, const image::Spec& spec) {
    Sides sides{source.width, source.height};
    if (spec.crop) {
        sides.width = std::min(spec.crop->width, source.width - spec.crop->x);
        sides.height = std::min(spec.crop->height, source.height - spec.crop->y);
    }
    if (spec.rotate % 180 != 0) std::swap(sides.width, sides.height);
    return sides;
}

int scaled_by_dpr(int length, const image::Spec& spec) {
    return std::max(1, static_cast<int>(std::lround(length * spec.dpr)));
}

void check_size(const image::Output& output, const image::Spec& spec, const image::Info& source) {
    CHECK(output.width >= 1 && output.height >= 1);
    if (spec.width > 0 && spec.height > 0 && spec.fit != image::Fit::outside) {
        const int width = scaled_by_dpr(spec.width, spec);
        const int height = scaled_by_dpr(spec.height, spec);
        CHECK(output.width <= width && output.height <= height);
        if (spec.fit == image::Fit::contain) {
            CHECK(output.width == width && output.height == height);
        }
    }
    // Contain pads up to its box; everything else only grows where it may.
    if (!spec.enlarge && spec.fit != image::Fit::contain) {
        const Sides sides = sides_of(source, spec);
        CHECK(output.width <= sides.width && output.height <= sides.height);
    }
}

void check_output(const image::Output& output, const image::Spec& spec, const image::Info& source) {
    check_size(output, spec, source);
    CHECK(image::can_write(output.format));
    if (spec.choice == image::FormatChoice::named) CHECK(output.format == spec.format);
    CHECK((output.quality > 0) == image::has_quality(output.format));
    CHECK(output.quality <= spec.quality);
    if (spec.bytes_max > 0) CHECK(std::ssize(output.bytes) <= spec.bytes_max);

    const auto read_back = image::probe(output.bytes, kWide);
    CHECK(read_back.has_value());
    CHECK(read_back->format == output.format);
    CHECK(read_back->width == output.width && read_back->height == output.height);
    CHECK(read_back->orientation == 1);
    // Encoders make one of frames that show the same.
    CHECK(read_back->frames >= 1 && read_back->frames <= output.frames);
    CHECK(output.frames <= source.frames);
}

}  // namespace

void check_error(const Error& error) {
    CHECK(is_sentence(error.message));
    CHECK(error.code != Code::internal);
    CHECK(error.exceeded.has_value() == (error.code == Code::too_large));
    if (error.exceeded) {
        CHECK(error.exceeded->setting.starts_with("IMAGEMILL_MAX_"));
        CHECK(error.exceeded->measured > error.exceeded->limit);
    }
}

void check_info(const image::Info& info, const image::Limits& limits) {
    CHECK(info.width >= 1 && info.width <= limits.side_max);
    CHECK(info.height >= 1 && info.height <= limits.side_max);
    CHECK(info.orientation >= 1 && info.orientation <= 8);
    CHECK(info.frames >= 1 && info.frames <= limits.frames_max);
    const std::int64_t pixels = std::int64_t{info.width} * info.height * info.frames;
    CHECK(pixels <= (info.frames > 1 ? limits.animation_pixels_max : limits.pixels_max));
}

void check_rendered(const image::Rendered& rendered, std::span<const image::Spec> specs) {
    CHECK(rendered.outputs.size() == specs.size());
    CHECK(rendered.lane != image::Lane::automatic);
    for (std::size_t i = 0; i < specs.size(); ++i) {
        check_output(rendered.outputs[i], specs[i], rendered.source);
    }
    const auto thumbhash = parse_base64(rendered.placeholder.thumbhash);
    CHECK(thumbhash.has_value());
    CHECK(thumbhash->size() >= 5 && thumbhash->size() <= 40);
}

}  // namespace imagemill::fuzz
