// test_heic: HEIC files for the tests. What an encoder must make was made once, by libheif's
// heif-enc with x265, and is kept here as base64; containers are written by hand around it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/turn.h"

namespace imagemill::image::test {

// The picture is test::quarters in all of them.
enum class HeicSample {
    quarters,     // 64x64, 4:2:0, full range.
    odd,          // 33x21, 4:4:4.
    alpha,        // As quarters; the left half is transparent.
    deep,         // As quarters, 10 bits.
    video_range,  // As quarters, in video range.
};
Buffer heic(HeicSample sample);

// A file around the sample's one tile, so often.
struct HeicLayout {
    int columns = 1;  // More than one tile: a grid.
    int rows = 1;
    Size size{64, 64};                         // Of the whole.
    std::vector<std::string> properties = {};  // More boxes, in this order, of the whole picture.
    std::size_t pieces = 1;                    // That each tile lies in, and what says the grid.
};
std::string heic_grid(const HeicLayout& layout);

}  // namespace imagemill::image::test
