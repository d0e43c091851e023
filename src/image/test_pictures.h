// test_pictures: pictures as plain arrays of bytes, written to and read from real files by libvips,
// so that tests can say what pixels went in and what came out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "image/image.h"
#include "image/plan.h"

namespace imagemill::image::test {

struct Grid {
    int width = 0;
    int height = 0;
    int bands = 3;
    std::vector<std::uint8_t> values = {};

    std::uint8_t& at(int x, int y, int band);
    int at(int x, int y, int band) const;
};

// Every pixel by its place.
using Paint = std::function<Color(int x, int y)>;
Grid paint(Size size, int bands, const Paint& paint);
Grid constant(Size size, int bands, Color color);
// Four coloured quarters, all different: shows every turn and mirror.
Grid quarters(Size size);
// What a camera held in this orientation stores for a picture that is to look like `upright`.
Grid stored_as(const Grid& upright, int orientation);

struct WriteOptions {
    int orientation = 1;
    int quality = 95;
    std::string profile = {};        // A name that libvips knows: "p3", "srgb", "cmyk".
    std::string profile_bytes = {};  // Embedded as they are; takes the place of a print profile.
    std::string xmp = {};
    int frames = 1;  // Frames lie one below the other.
    std::vector<int> delays_ms = {};
    int loop = 0;
    bool wide = false;  // PNG: 16 bits.
    bool cmyk = false;  // JPEG, with libvips's own print profile.
    bool progressive = false;
};
// JPEG without subsampling; WebP and AVIF without loss; GIF of few colours.
Buffer write(const Grid& grid, Format format, const WriteOptions& options = {});

struct Read {
    Grid grid;
    int frames = 1;
    std::vector<int> delays_ms = {};
    int loop = -1;
    std::vector<std::string> fields = {};  // Names of its metadata.
};
Read read(Bytes file, Format format);

// The greatest difference of any value; 256 where the shapes differ.
int difference(const Grid& a, const Grid& b);

}  // namespace imagemill::image::test
