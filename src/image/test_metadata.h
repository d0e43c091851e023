// test_metadata: Exif blocks, XMP packets and files that hold them, made by hand for the tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "image/probe/byte_reader.h"

namespace imagemill::image::test {

struct ExifTag {
    std::uint16_t tag = 0;
    std::string value = {};
    std::uint16_t type = 2;  // ASCII; of others the value is raw.
};
struct ExifBlock {
    Endian endian = Endian::big;
    std::vector<ExifTag> image = {};
    std::vector<ExifTag> camera = {};
    std::vector<ExifTag> position = {};
    bool thumbnail = false;
};
std::string exif_of(const ExifBlock& block);

// A packet with these properties.
std::string xmp_of(std::string_view properties);

std::string jpeg_segment(int marker, std::string_view body);
std::string exif_segment(std::string_view block);
std::string xmp_segment(std::string_view packet);
// Segments before a frame and no pixels.
std::string jpeg_with(const std::vector<std::string>& segments);
// The same segments in a real file.
std::string insert_segments(std::string_view jpeg, const std::vector<std::string>& segments);

std::string gif_with(std::string_view extension);
std::string gif_xmp(std::string_view packet);

struct HeifItem {
    std::string type;
    std::string data;
    std::size_t pieces = 1;
};
std::string heif_with(const std::vector<HeifItem>& items);

}  // namespace imagemill::image::test
