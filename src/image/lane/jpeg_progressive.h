// jpeg_progressive: a progressive JPEG, decoded only as far as a smaller picture needs.
//
// Shapes:  `size` is 1, 2 or 4: each block of 8×8 gives size×size samples. Of each block only the
//          size×size coefficients of lowest frequency are kept; of the others a bit each, that they
//          are not zero: refinement scans cannot be read without it. Their correction bits are
//          skipped in bulk.
// Errors:  corrupt  damaged or cut short.
//          timeout  `stop` said so, between two rows of blocks.
// Cost:    Time: about half of a whole decode at size 2. Memory: 8 bytes a block and 2 a kept
//          coefficient (of 128 a block for a whole decode).
// Source:  ITU T.81 G.1.2 and G.2; the inverse DCT is that of `size` points (A.3.3), which shows
// the
//          block's own low frequencies at a lower sampling rate.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/lane/planes.h"

namespace imagemill::image {

Result<Planes> decode_progressive(Bytes input, int size, const Stop& stop);

}  // namespace imagemill::image
