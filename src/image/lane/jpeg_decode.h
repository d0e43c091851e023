// jpeg_decode: a JPEG file into planes, scaled down in the decoder.
//
// Shapes:  `shrink` is 1, 2, 4 or 8. Chroma planes may come out larger than their share: where the
//          decoder can scale them by less at no cost, it does; `extent` tells.
// Errors:  corrupt  damaged or cut short.
//          timeout  `stop` said so, between two rows of blocks.
// Cost:    Time: entropy decoding of the whole file, the inverse DCT of what is kept. Memory: the
// planes;
//          a progressive file's coefficients on top (those that are kept, where shrink > 1).
// Source:  libjpeg-turbo, raw data; progressive files with shrink > 1: jpeg_progressive.h.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/lane/planes.h"

namespace imagemill::image {

// What the lane must know of a file before it takes it.
struct JpegHeader {
    int width = 0;
    int height = 0;
    int components = 0;
    bool progressive = false;
    bool ycc_or_grey = false;  // Y or Y, Cb, Cr; not CMYK, YCCK or RGB.
    int sampling_x[3] = {1, 1, 1};
    int sampling_y[3] = {1, 1, 1};
    Buffer icc_profile = {};  // Empty for none.
};

Result<JpegHeader> read_jpeg_header(Bytes input);

Result<Planes> decode_jpeg(Bytes input, int shrink, const Stop& stop);

}  // namespace imagemill::image
