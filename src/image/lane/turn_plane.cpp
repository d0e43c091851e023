#include "image/lane/turn_plane.h"

#include <algorithm>
#include <cstring>

namespace imagemill::image {
namespace {

constexpr int kTile = 32;  // Both sides of a swapped tile stay in the cache.

void turn_rows(const PlaneView& stored, const Turn& how, const PlaneView& target) {
    for (int y = 0; y < target.height; ++y) {
        const std::uint8_t* from = stored.row(how.mirrors_y ? stored.height - 1 - y : y);
        std::uint8_t* to = target.row(y);
        if (how.mirrors_x) {
            std::reverse_copy(from, from + stored.width, to);
        } else {
            std::memcpy(to, from, static_cast<std::size_t>(stored.width));
        }
    }
}

void turn_tile(const PlaneView& stored, const Turn& how, const PlaneView& target, int x0, int y0) {
    const int x1 = std::min(x0 + kTile, target.width);
    const int y1 = std::min(y0 + kTile, target.height);
    for (int x = x0; x < x1; ++x) {
        const std::uint8_t* from = stored.row(how.mirrors_y ? stored.height - 1 - x : x);
        for (int y = y0; y < y1; ++y) {
            target.row(y)[x] = from[how.mirrors_x ? stored.width - 1 - y : y];
        }
    }
}

}  // namespace

void turn(const PlaneView& stored, const Turn& how, const PlaneView& target) {
    if (!how.swaps) return turn_rows(stored, how, target);
    for (int y = 0; y < target.height; y += kTile) {
        for (int x = 0; x < target.width; x += kTile) turn_tile(stored, how, target, x, y);
    }
}

}  // namespace imagemill::image
