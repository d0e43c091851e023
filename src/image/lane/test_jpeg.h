// test_jpeg: JPEG files for tests, made with libjpeg as cameras and editors make them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace imagemill::image {

struct TestJpeg {
    int width = 64;
    int height = 48;
    bool grey = false;
    bool progressive = false;
    int sampling_x = 2;  // Luma samples a chroma sample, across and down.
    int sampling_y = 2;
    int restart_rows = 0;
    int quality = 90;
    int orientation = 1;
    // One colour; or white left of the middle and black right of it; else a smooth picture that
    // differs in all corners.
    bool constant = false;
    bool halves = false;
};

Buffer make_test_jpeg(const TestJpeg& options);

// Decoded by libjpeg the ordinary way: rows of RGB.
struct Rgb {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> samples;
};
Rgb decode_rgb(Bytes jpeg);

// Peak signal to noise, in dB; 99 where they are equal.
double psnr(const Rgb& a, const Rgb& b);

}  // namespace imagemill::image
