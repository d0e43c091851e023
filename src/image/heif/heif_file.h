// heif_file: what a HEIC file says of its main picture: where its tiles lie, how they are put
// together, turned and coloured. Our own walk, so that no decoder sees the container.
//
// Shapes:  Every Bytes lies in the file, borrowed. Tiles are HEVC stills of one size, row by row,
//          each in one piece or several.
// Units:   Pixels as stored; `part` is cut before `turn` turns it.
// Errors:  corrupt      a box ends early, or what it says cannot be.
//          unsupported  a film, layers laid over each other, data in another file, and what else
//                       no camera writes.
//          too_large    the whole picture or a tile passes the limits.
// Threads: pure functions.
// Cost:    O(header). Allocation: a few words for each item of the file, 1,000 at most, and for
//          each piece, 1,000 at most.
// Source:  ISO/IEC 14496-12 (iinf, iloc, iref), ISO/IEC 23008-12 (pitm, iprp, grid, irot, imir,
//          auxC), ISO/IEC 14496-15 8.3.3.1 (hvcC), ISO/IEC 23091-2 (the numbers of nclx).
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/heif/heif_items.h"
#include "image/image.h"
#include "image/turn.h"

namespace imagemill::image {

struct HeifTiles {
    Size size;  // Of the whole; tiles may jut out at the right and at the bottom.
    Size tile;
    int columns = 1;
    int rows = 1;
    Bytes config = {};  // hvcC: the decoder's parameters, the same for all.
    std::vector<HeifPieces> tiles = {};
};

// As coded in nclx; 2 says nothing.
struct HeifColor {
    int primaries = 2;
    int transfer = 2;
    int matrix = 2;
    bool full_range = false;
};

struct HeifFile {
    HeifTiles color;
    std::optional<HeifTiles> alpha;
    Rect part;
    Turn turn;
    Bytes icc_profile = {};
    std::optional<HeifColor> nclx;
};

Result<HeifFile> parse_heif(Bytes input, const Limits& limits);

}  // namespace imagemill::image
