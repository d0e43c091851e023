// turn: the eight ways to turn a picture over right angles, as a swap of the axes and two mirrors.
//
// Shapes:  A Turn mirrors along the axes of what it is given, then swaps them. then(a, b) does a
//          first.
// Threads: pure functions.
// Source:  Exif 2.32, tag 0x0112.
#pragma once

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

struct Turn {
    bool mirrors_x = false;
    bool mirrors_y = false;
    bool swaps = false;

    bool is_none() const { return !mirrors_x && !mirrors_y && !swaps; }
    friend bool operator==(const Turn&, const Turn&) = default;
};

Turn turn_of(int exif_orientation);  // 1..8: how the stored picture becomes the displayed one.
int orientation_of(const Turn& turn);
Turn turn_by(int degrees);  // 0, 90, 180, 270, clockwise.
Turn turn_by(Flip flip);
Turn then(const Turn& first, const Turn& second);
Turn inverse(const Turn& turn);

Size turned(Size size, const Turn& turn);
// Where a part of a picture of `whole` size lies when that is turned.
Rect turned(const Rect& part, Size whole, const Turn& turn);

}  // namespace imagemill::image
