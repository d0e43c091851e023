// jpeg_decode: a JPEG file into planes, scaled down in the decoder.
//
// Shapes:  A block of 8×8 gives size×size samples, size being 1..8: JpegSizes has it for luma and
//          for chroma. Planes may come out larger than their share; their `extent` tells.
// Errors:  corrupt  damaged or cut short.
//          timeout  `stop` said so, between two rows of blocks.
// Cost:    Time: entropy decoding of the whole file, the inverse DCT of what is kept. Memory: the
//          planes; a progressive file's coefficients on top (those that are kept, up to size 6).
// Source:  Up to size 6 jpeg_baseline.h and jpeg_progressive.h; else, and for files that are not
//          flawless or of a rare kind, libjpeg-turbo, raw data.
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

struct JpegSizes {
    int luma = 8;
    int chroma = 8;
};

// What of a picture, in stored orientation, is wanted: its luma at this size at least; chroma at
// least at this over `chroma_share`, 2 for an output with subsampled chroma.
struct JpegNeed {
    int width = 0;
    int height = 0;
    int chroma_share = 1;
};
JpegSizes choose_jpeg_sizes(const JpegHeader& header, const JpegNeed& need);

Result<Planes> decode_jpeg(Bytes input, const JpegSizes& sizes, const Stop& stop);

}  // namespace imagemill::image
