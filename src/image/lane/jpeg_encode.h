// jpeg_encode: planes into a JPEG file. No colour conversion, no subsampling: the planes are what
// the file holds.
//
// Errors:  timeout  `stop` said so, between two rows of blocks.
// Source:  libjpeg-turbo, raw data; Huffman tables by T.81 K.2.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/lane/planes.h"

namespace imagemill::image {

struct JpegOptions {
    int quality = 75;
    bool progressive = false;
    bool optimize = true;    // Huffman tables made for this picture; progressive ones always are.
    Bytes icc_profile = {};  // Embedded where there is one.
};

// A side of the luma plane in whole MCUs: what must have been allocated; chroma's, by its sampling.
int encoded_length(int length, int sampling);

// What is past the planes' size, up to whole MCUs, is filled here.
Result<Buffer> encode_jpeg(Planes& planes, const JpegOptions& options, const Stop& stop);

}  // namespace imagemill::image
