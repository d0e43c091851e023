// planes: a picture as JPEG stores it: one plane of bytes for Y, and for colour Cb and Cr, each
// with a size of its own.
//
// Shapes:  `stride` is at least `width` plus kPlanePadding: kernels may read that far past a row.
//          `extent` is how much of the plane the picture covers, in samples: a scaled decode of an
//          odd size ends in the middle of one.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace imagemill::image {

constexpr int kPlanePadding = 64;

struct Plane {
    int width = 0;
    int height = 0;
    int stride = 0;
    double extent_x = 0;
    double extent_y = 0;
    // Not a vector: pixels are written before they are read, so nothing clears them first.
    std::unique_ptr<std::uint8_t[]> samples = nullptr;

    std::uint8_t* row(int y) { return samples.get() + std::ptrdiff_t{y} * stride; }
    const std::uint8_t* row(int y) const { return samples.get() + std::ptrdiff_t{y} * stride; }
};

// Room for more than the picture: whole blocks. Samples are not set.
Plane make_plane(int width, int height, int width_allocated, int height_allocated);

// A part of a plane, to be written.
struct PlaneView {
    std::uint8_t* samples = nullptr;
    int width = 0;
    int height = 0;
    int stride = 0;

    std::uint8_t* row(int y) const { return samples + std::ptrdiff_t{y} * stride; }
};
PlaneView view_of(Plane& plane, int x, int y, int width, int height);

// Y alone, or Y, Cb, Cr. How many luma samples share a chroma sample, across and down.
struct Planes {
    std::vector<Plane> planes;
    int sampling_x = 1;
    int sampling_y = 1;
};

}  // namespace imagemill::image
