// test_reference: JPEG files full of detail, and what a scaled decode of one should give: the
// coefficients as libjpeg reads them, through the inverse DCT in floating point.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace imagemill::image {

struct NoisyJpeg {
    int width = 67;
    int height = 45;
    bool grey = false;
    bool progressive = false;
    int sampling_x = 2;  // Luma samples a chroma sample, across and down.
    int sampling_y = 2;
    int restart_mcus = 0;
    int quality = 85;
    bool optimise = false;
    unsigned seed = 1;

    std::string name() const;
};
// Flat stretches, gradients and noise of every strength.
Buffer make_noisy_jpeg(const NoisyJpeg& options);

// Every kind the lane takes, in odd sizes, with and without restarts.
std::vector<NoisyJpeg> noisy_kinds();

struct ReferencePlane {
    int width = 0;  // Whole blocks.
    int height = 0;
    std::vector<double> samples;
};
// `size`×`size` samples a block.
std::vector<ReferencePlane> reference_planes(Bytes jpeg, int size);

}  // namespace imagemill::image
