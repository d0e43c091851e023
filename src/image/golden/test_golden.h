// test_golden: the files that are compared with, and how near one picture is to another, by the
// measures of bench/fidelity.py.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "image/test_pictures.h"

namespace imagemill::image::test {

Buffer golden(std::string_view file_name);

// Peak signal to noise over all values, in dB: 99 where they are equal, 0 where the shapes differ.
double psnr(const Grid& a, const Grid& b);
// Structural similarity of luma in Gaussian windows of 11×11: 1 where they are equal, 0 where the
// shapes differ.
double ssim(const Grid& a, const Grid& b);

}  // namespace imagemill::image::test
