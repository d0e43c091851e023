// facts: what metadata says of people and places, by kind.
//
// Shapes:  A set of kinds. Blank values say nothing: cameras write a Copyright of spaces.
// Threads: pure functions.
// Cost:    one pass over the block. What breaks its format says what stands before the break.
// Source:  Exif 2.32, 4.6.4 to 4.6.6; XMP 1.0 part 2 (ISO 16684-1); IPTC-NAA IIM 4.2, chapter 6.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace imagemill::image {

enum class Fact { location, serial_number, camera, author, time, description, thumbnail };
inline constexpr std::size_t kFactCount = static_cast<std::size_t>(Fact::thumbnail) + 1;

using Facts = std::bitset<kFactCount>;

inline Facts only(Fact fact) {
    return Facts().set(static_cast<std::size_t>(fact));
}

std::string_view name_of(Fact fact);  // "serial_number"
std::vector<std::string> names_of(const Facts& facts);

enum class ExifHome {
    block,      // Of its own, in some picture.
    tiff_file,  // The file itself is the structure: a second directory is a page.
};
Facts facts_of_exif(Bytes block, ExifHome home);
Facts facts_of_xmp(std::string_view packet);

// IPTC's own records, and who made the picture by them.
struct IptcSays {
    Facts facts = {};
    std::string author = {};
    std::string rights = {};
};
IptcSays read_iptc(Bytes records);

}  // namespace imagemill::image
