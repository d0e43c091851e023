// exif: the entries of an Exif block, which is a TIFF structure: what a camera and its owner wrote.
//
// Shapes:  Borrows the block. Entries are in the order of the file; values lie in the block's byte
//          order, of exactly count × the type's width bytes. What points outside is left out.
// Threads: plain values.
// Cost:    a walk over at most four directories of at most kExifEntriesMax entries; memory by the
//          entries, never by what a field claims.
// Source:  Exif 2.32, 4.6 (directories, tags); TIFF 6.0, section 2; the BigTIFF proposal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "image/probe/byte_reader.h"

namespace imagemill::image {

inline constexpr std::size_t kExifEntriesMax = 1'000;  // Of one directory; Exif knows about 150.

namespace tag {
inline constexpr std::uint16_t kImageDescription = 0x010e;
inline constexpr std::uint16_t kMake = 0x010f;
inline constexpr std::uint16_t kModel = 0x0110;
inline constexpr std::uint16_t kStripOffsets = 0x0111;
inline constexpr std::uint16_t kOrientation = 0x0112;
inline constexpr std::uint16_t kSoftware = 0x0131;
inline constexpr std::uint16_t kDateTime = 0x0132;
inline constexpr std::uint16_t kArtist = 0x013b;
inline constexpr std::uint16_t kHostComputer = 0x013c;
inline constexpr std::uint16_t kThumbnailOffset = 0x0201;
inline constexpr std::uint16_t kXmp = 0x02bc;
inline constexpr std::uint16_t kCopyright = 0x8298;
inline constexpr std::uint16_t kIptc = 0x83bb;
inline constexpr std::uint16_t kPhotoshop = 0x8649;
inline constexpr std::uint16_t kCameraDirectory = 0x8769;
inline constexpr std::uint16_t kPositionDirectory = 0x8825;
inline constexpr std::uint16_t kDateTimeOriginal = 0x9003;
inline constexpr std::uint16_t kDateTimeDigitized = 0x9004;
inline constexpr std::uint16_t kMakerNote = 0x927c;
inline constexpr std::uint16_t kUserComment = 0x9286;
inline constexpr std::uint16_t kWindowsTitle = 0x9c9b;
inline constexpr std::uint16_t kWindowsComment = 0x9c9c;
inline constexpr std::uint16_t kWindowsAuthor = 0x9c9d;
inline constexpr std::uint16_t kWindowsKeywords = 0x9c9e;
inline constexpr std::uint16_t kWindowsSubject = 0x9c9f;
inline constexpr std::uint16_t kColorSpace = 0xa001;
inline constexpr std::uint16_t kPixelWidth = 0xa002;
inline constexpr std::uint16_t kPixelHeight = 0xa003;
inline constexpr std::uint16_t kInteroperability = 0xa005;
inline constexpr std::uint16_t kOwnerName = 0xa430;
inline constexpr std::uint16_t kBodySerialNumber = 0xa431;
inline constexpr std::uint16_t kLensMake = 0xa433;
inline constexpr std::uint16_t kLensModel = 0xa434;
inline constexpr std::uint16_t kLensSerialNumber = 0xa435;
inline constexpr std::uint16_t kCameraSerialNumber = 0xc62f;  // DNG's.
}  // namespace tag

inline constexpr std::uint16_t kAsciiType = 2;
inline constexpr std::uint16_t kShortType = 3;
inline constexpr std::uint16_t kLongType = 4;

struct ExifEntry {
    std::uint16_t tag = 0;
    std::uint16_t type = 0;
    std::uint32_t count = 0;
    Bytes value = {};
};

struct Exif {
    Endian endian = Endian::big;
    std::vector<ExifEntry> image = {};     // The first directory.
    std::vector<ExifEntry> camera = {};    // Exif's own.
    std::vector<ExifEntry> position = {};  // GPS.
    bool has_thumbnail = false;            // The second directory; of a TIFF file, its second page.
};

// Nothing where the bytes do not start as TIFF does.
std::optional<Exif> parse_exif(Bytes block);

const ExifEntry* find_entry(const std::vector<ExifEntry>& entries, std::uint16_t tag);
// Text without the blanks and zeros at its end that cameras pad with; empty for other types.
std::string_view text_of(const ExifEntry& entry);
// Bytes of one value; 0 for types that nobody knows.
std::size_t width_of_type(std::uint16_t type);

}  // namespace imagemill::image
