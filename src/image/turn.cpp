#include "image/turn.h"

#include <utility>

#include "base/check.h"

namespace imagemill::image {

Turn turn_of(int exif_orientation) {
    CHECK(exif_orientation >= 1 && exif_orientation <= 8);
    const int o = exif_orientation;
    return {.mirrors_x = o == 2 || o == 3 || o == 7 || o == 8,
            .mirrors_y = o == 3 || o == 4 || o == 6 || o == 7,
            .swaps = o >= 5};
}

int orientation_of(const Turn& turn) {
    for (int orientation = 1; orientation < 8; ++orientation) {
        if (turn_of(orientation) == turn) return orientation;
    }
    return 8;
}

Turn turn_by(int degrees) {
    switch (degrees) {
        case 90:
            return turn_of(6);
        case 180:
            return turn_of(3);
        case 270:
            return turn_of(8);
        default:
            CHECK(degrees == 0);
            return {};
    }
}

Turn turn_by(Flip flip) {
    return {.mirrors_x = flip == Flip::horizontal || flip == Flip::both,
            .mirrors_y = flip == Flip::vertical || flip == Flip::both};
}

// A mirror after a swap is the other mirror before it.
Turn then(const Turn& first, const Turn& second) {
    const bool mirrors_x = first.swaps ? second.mirrors_y : second.mirrors_x;
    const bool mirrors_y = first.swaps ? second.mirrors_x : second.mirrors_y;
    return {.mirrors_x = first.mirrors_x != mirrors_x,
            .mirrors_y = first.mirrors_y != mirrors_y,
            .swaps = first.swaps != second.swaps};
}

Turn inverse(const Turn& turn) {
    if (!turn.swaps) return turn;
    return {.mirrors_x = turn.mirrors_y, .mirrors_y = turn.mirrors_x, .swaps = true};
}

Size turned(Size size, const Turn& turn) {
    if (turn.swaps) std::swap(size.width, size.height);
    return size;
}

Rect turned(const Rect& part, Size whole, const Turn& turn) {
    Rect lies = part;
    if (turn.mirrors_x) lies.x = whole.width - part.x - part.width;
    if (turn.mirrors_y) lies.y = whole.height - part.y - part.height;
    if (turn.swaps) {
        std::swap(lies.x, lies.y);
        std::swap(lies.width, lies.height);
    }
    return lies;
}

}  // namespace imagemill::image
