#include <algorithm>
#include <array>
#include <cmath>

#include "image/thumbhash.h"

namespace imagemill::image {
namespace {

using Rgb = std::array<int, 3>;

constexpr int kBits = 4;   // Of each channel: 4,096 boxes.
constexpr int kNear = 24;  // How far a pixel may be, per channel, to be of one colour.

struct Box {
    std::int64_t weight = 0;
    std::array<std::int64_t, 3> sum{};

    void add(const Rgb& rgb, int alpha) {
        weight += alpha;
        for (std::size_t c = 0; c < 3; ++c) sum[c] += std::int64_t{rgb[c]} * alpha;
    }
    Rgb mean() const {
        Rgb rgb{};
        if (weight == 0) return rgb;
        for (std::size_t c = 0; c < 3; ++c) {
            rgb[c] = static_cast<int>((sum[c] + weight / 2) / weight);
        }
        return rgb;
    }
};

template <typename Visit>
void for_each(const Pixels& pixels, Visit visit) {
    for (std::size_t i = 0; i + 4 <= pixels.rgba.size(); i += 4) {
        Rgb rgb{};
        for (std::size_t c = 0; c < 3; ++c) rgb[c] = std::to_integer<int>(pixels.rgba[i + c]);
        visit(rgb, std::to_integer<int>(pixels.rgba[i + 3]));
    }
}

std::size_t box_of(const Rgb& rgb) {
    std::size_t index = 0;
    for (const int value : rgb)
        index = index << kBits | static_cast<std::size_t>(value >> (8 - kBits));
    return index;
}

// A box with the boxes around it: a colour on the border of several is still one colour.
Box around(const std::vector<Box>& boxes, std::size_t index) {
    constexpr int kSide = 1 << kBits;
    const auto at = [index](int channel) {
        return static_cast<int>(index >> (kBits * (2 - channel))) & (kSide - 1);
    };
    Box sum;
    for (int r = std::max(at(0) - 1, 0); r <= std::min(at(0) + 1, kSide - 1); ++r) {
        for (int g = std::max(at(1) - 1, 0); g <= std::min(at(1) + 1, kSide - 1); ++g) {
            for (int b = std::max(at(2) - 1, 0); b <= std::min(at(2) + 1, kSide - 1); ++b) {
                const Box& box = boxes[static_cast<std::size_t>((r * kSide + g) * kSide + b)];
                sum.weight += box.weight;
                for (std::size_t c = 0; c < 3; ++c) sum.sum[c] += box.sum[c];
            }
        }
    }
    return sum;
}

// The heaviest neighbourhood; of equal ones that with the heaviest middle, then the first.
Box densest(const std::vector<Box>& boxes) {
    Box best;
    std::int64_t middle = 0;
    for (std::size_t index = 0; index < boxes.size(); ++index) {
        if (boxes[index].weight == 0) continue;
        const Box box = around(boxes, index);
        if (box.weight < best.weight) continue;
        if (box.weight == best.weight && boxes[index].weight <= middle) continue;
        best = box;
        middle = boxes[index].weight;
    }
    return best;
}

bool is_near(const Rgb& a, const Rgb& b) {
    for (std::size_t c = 0; c < 3; ++c) {
        if (std::abs(a[c] - b[c]) > kNear) return false;
    }
    return true;
}

}  // namespace

Color dominant_color(const Pixels& pixels) {
    std::vector<Box> boxes(std::size_t{1} << (3 * kBits));
    for_each(pixels, [&](const Rgb& rgb, int alpha) { boxes[box_of(rgb)].add(rgb, alpha); });
    const Box dense = densest(boxes);
    if (dense.weight == 0) return {0, 0, 0, 0};

    const Rgb centre = dense.mean();
    Box like;
    for_each(pixels, [&](const Rgb& rgb, int alpha) {
        if (is_near(rgb, centre)) like.add(rgb, alpha);
    });
    const Rgb mean = like.weight > 0 ? like.mean() : centre;
    return {static_cast<std::uint8_t>(mean[0]), static_cast<std::uint8_t>(mean[1]),
            static_cast<std::uint8_t>(mean[2]), 255};
}

}  // namespace imagemill::image
