// bmp_header: how a BMP stores its pixels.
//
// Shapes:  Every Bytes lies in the file, borrowed.
// Errors:  corrupt      the header is cut short or says what cannot be.
//          unsupported  JPEG, PNG or Huffman inside a BMP.
// Threads: pure functions.
// Source:  Microsoft, "Bitmap Storage", BITMAPINFOHEADER and BITMAPV5HEADER; IBM, OS/2 2.0
//          BITMAPINFOHEADER2.
#pragma once

#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/turn.h"

namespace imagemill::image {

enum class BmpCoding { plain, rle4, rle8, masks };

struct BmpHeader {
    Size size;
    bool top_down = false;
    int bits = 24;  // Of a pixel: 1, 2, 4, 8, 16, 24, 32.
    BmpCoding coding = BmpCoding::plain;
    std::array<std::uint32_t, 4> masks = {};  // Red, green, blue, alpha; of 16 and 32 bits.
    Bytes palette = {};
    std::size_t entry_bytes = 4;  // Of the palette: blue, green, red, and one of no use.
    Bytes pixels = {};            // To the end of the file.
    Bytes icc_profile = {};

    bool has_alpha() const { return masks[3] != 0; }
};

Result<BmpHeader> parse_bmp_header(Bytes input);

}  // namespace imagemill::image
