// test_jpeg: JPEG files for tests, made with libjpeg as cameras and editors make them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace imagemill::image {

enum class JpegColors { ycc, grey, cmyk, ycck };  // The last two as Adobe has them: 255 is no ink.

enum class JpegPicture {
    smooth,    // No corner is like another: a mirrored or turned one shows.
    constant,  // `color` alone.
    halves,    // White left of the middle, black right of it.
    noisy,     // By tiles of 16: flat, a gradient, or noise of every strength on it.
};

struct TestJpeg {
    int width = 67;
    int height = 45;
    JpegColors colors = JpegColors::ycc;
    bool progressive = false;
    int sampling_x = 2;  // Luma samples a chroma sample, across and down.
    int sampling_y = 2;
    int restart_rows = 0;
    int restart_mcus = 0;
    int quality = 90;
    bool optimise = false;
    int orientation = 1;
    JpegPicture picture = JpegPicture::smooth;
    std::array<std::uint8_t, 4> color = {90, 120, 150, 180};

    std::string name() const;
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
