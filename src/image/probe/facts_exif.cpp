#include <algorithm>
#include <array>

#include "image/probe/exif.h"
#include "image/probe/facts.h"

namespace imagemill::image {
namespace {

struct Row {
    std::uint16_t tag;
    Fact fact;
};

// Of the first directory and of Exif's own alike: writers do not agree on which.
constexpr std::array kRows{
    Row{tag::kBodySerialNumber, Fact::serial_number},
    Row{tag::kLensSerialNumber, Fact::serial_number},
    Row{tag::kCameraSerialNumber, Fact::serial_number},
    Row{tag::kMake, Fact::camera},
    Row{tag::kModel, Fact::camera},
    Row{tag::kHostComputer, Fact::camera},  // Phones write their model here too.
    Row{tag::kLensMake, Fact::camera},
    Row{tag::kLensModel, Fact::camera},
    Row{tag::kMakerNote, Fact::camera},
    Row{tag::kArtist, Fact::author},
    Row{tag::kCopyright, Fact::author},
    Row{tag::kOwnerName, Fact::author},
    Row{tag::kWindowsAuthor, Fact::author},
    Row{tag::kDateTime, Fact::time},
    Row{tag::kDateTimeOriginal, Fact::time},
    Row{tag::kDateTimeDigitized, Fact::time},
    Row{tag::kImageDescription, Fact::description},
    Row{tag::kUserComment, Fact::description},
    Row{tag::kWindowsTitle, Fact::description},
    Row{tag::kWindowsComment, Fact::description},
    Row{tag::kWindowsKeywords, Fact::description},
    Row{tag::kWindowsSubject, Fact::description},
};

// GPS tags that say where; a version alone or a status does not. Latitude, longitude, altitude,
// the same of the destination, the area's name.
constexpr std::array<std::uint16_t, 6> kPlaces{0x02, 0x04, 0x06, 0x14, 0x16, 0x1c};
constexpr std::array<std::uint16_t, 2> kPositionTimes{0x07, 0x1d};

bool is_blank(Bytes value) {
    return std::ranges::all_of(
        value, [](std::byte byte) { return byte == std::byte{0} || byte == std::byte{' '}; });
}

bool says_something(const ExifEntry& entry) {
    constexpr std::size_t kCharacterCode = 8;  // Exif 2.32, 4.6.5: UserComment begins with one.
    if (entry.tag != tag::kUserComment) return !is_blank(entry.value);
    return entry.value.size() > kCharacterCode && !is_blank(entry.value.subspan(kCharacterCode));
}

void add(const std::vector<ExifEntry>& entries, Facts& facts) {
    for (const ExifEntry& entry : entries) {
        const auto row = std::ranges::find(kRows, entry.tag, &Row::tag);
        if (row != kRows.end() && says_something(entry)) facts |= only(row->fact);
    }
}

}  // namespace

Facts facts_of_exif(Bytes block, ExifHome home) {
    Facts facts;
    const auto exif = parse_exif(block);
    if (!exif) return facts;
    add(exif->image, facts);
    add(exif->camera, facts);
    for (const ExifEntry& entry : exif->position) {
        if (std::ranges::find(kPlaces, entry.tag) != kPlaces.end()) facts |= only(Fact::location);
        if (std::ranges::find(kPositionTimes, entry.tag) != kPositionTimes.end()) {
            facts |= only(Fact::time);
        }
    }
    if (exif->has_thumbnail && home == ExifHome::block) facts |= only(Fact::thumbnail);
    return facts;
}

}  // namespace imagemill::image
