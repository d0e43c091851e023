// test_reference: what a scaled decode of a JPEG should give: the coefficients as libjpeg reads
// them, through the inverse DCT in floating point.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "image/lane/test_jpeg.h"

namespace imagemill::image {

// Every kind the lane takes, in odd sizes, with and without restarts.
std::vector<TestJpeg> noisy_kinds();

struct ReferencePlane {
    int width = 0;  // Whole blocks.
    int height = 0;
    std::vector<double> samples;
};
// `size`×`size` samples a block.
std::vector<ReferencePlane> reference_planes(Bytes jpeg, int size);

}  // namespace imagemill::image
