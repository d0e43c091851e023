#include <algorithm>
#include <array>

#include "image/byte_writer.h"
#include "image/carried.h"
#include "image/probe/exif.h"

namespace imagemill::image {
namespace {

// Of the first directory: the tags that Exif gives it, but for those that describe the source's
// samples, and Windows' own. All others may hold places in the file.
constexpr std::array<std::uint16_t, 18> kKept{
    0x010d,  // DocumentName
    tag::kImageDescription,
    tag::kMake,
    tag::kModel,
    0x011a,  // XResolution
    0x011b,  // YResolution
    0x0128,  // ResolutionUnit
    tag::kSoftware,
    tag::kDateTime,
    tag::kArtist,
    tag::kHostComputer,
    0x4746,  // Rating
    tag::kCopyright,
    tag::kWindowsTitle,
    tag::kWindowsComment,
    tag::kWindowsAuthor,
    tag::kWindowsKeywords,
    tag::kWindowsSubject,
};
// Of Exif's own: what is written anew or would not hold.
constexpr std::array<std::uint16_t, 4> kDropped{tag::kMakerNote, tag::kInteroperability,
                                                tag::kPixelWidth, tag::kPixelHeight};

struct Written {
    std::uint16_t tag = 0;
    std::uint16_t type = 0;
    std::uint32_t count = 0;
    Buffer value = {};
};
using Directory = std::vector<Written>;

Written number(Endian endian, std::uint16_t tag, std::uint16_t type, int value) {
    ByteWriter writer(endian);
    type == kShortType ? writer.u16(static_cast<std::uint64_t>(value))
                       : writer.u32(static_cast<std::uint64_t>(value));
    return {.tag = tag, .type = type, .count = 1, .value = std::move(writer).take()};
}

Written text(std::uint16_t tag, std::string_view value) {
    Buffer bytes = to_buffer(value);
    bytes.push_back(std::byte{0});
    const auto count = static_cast<std::uint32_t>(bytes.size());
    return {.tag = tag, .type = kAsciiType, .count = count, .value = std::move(bytes)};
}

Written copy(const ExifEntry& entry) {
    return {.tag = entry.tag,
            .type = entry.type,
            .count = entry.count,
            .value = Buffer(entry.value.begin(), entry.value.end())};
}

// As TIFF wants them: by tag, each once.
void sort(Directory& directory) {
    std::ranges::stable_sort(directory, {}, &Written::tag);
    const auto same = [](const Written& a, const Written& b) { return a.tag == b.tag; };
    directory.erase(std::unique(directory.begin(), directory.end(), same), directory.end());
}

std::size_t size_of(const Directory& directory) {
    std::size_t size = 2 + directory.size() * 12 + 4;
    for (const Written& entry : directory) {
        if (entry.value.size() > 4) size += entry.value.size() + entry.value.size() % 2;
    }
    return size;
}

// The entries, then the values that do not fit in theirs.
void write(const Directory& directory, std::size_t at, ByteWriter& writer) {
    writer.u16(directory.size());
    std::size_t place = at + 2 + directory.size() * 12 + 4;
    for (const Written& entry : directory) {
        writer.u16(entry.tag).u16(entry.type).u32(entry.count);
        if (entry.value.size() <= 4) {
            writer.bytes(entry.value).zeros(4 - entry.value.size());
            continue;
        }
        writer.u32(place);
        place += entry.value.size() + entry.value.size() % 2;
    }
    writer.u32(0);  // No thumbnail follows.
    for (const Written& entry : directory) {
        if (entry.value.size() > 4) writer.bytes(entry.value).zeros(entry.value.size() % 2);
    }
}

struct Block {
    Endian endian = Endian::big;
    Directory image = {};
    Directory camera = {};
    Directory position = {};
};

Buffer format(Block block) {
    constexpr std::size_t kHead = 8;
    // Places are known once the pointers themselves are counted.
    const auto point = [&block](std::uint16_t tag, const Directory& to) {
        if (!to.empty()) block.image.push_back(number(block.endian, tag, kLongType, 0));
    };
    point(tag::kCameraDirectory, block.camera);
    point(tag::kPositionDirectory, block.position);
    for (Directory* directory : {&block.image, &block.camera, &block.position}) sort(*directory);
    const std::size_t camera_at = kHead + size_of(block.image);
    const std::size_t position_at = camera_at + (block.camera.empty() ? 0 : size_of(block.camera));
    for (Written& entry : block.image) {
        const bool is_camera = entry.tag == tag::kCameraDirectory;
        if (!is_camera && entry.tag != tag::kPositionDirectory) continue;
        const std::size_t at = is_camera ? camera_at : position_at;
        entry = number(block.endian, entry.tag, kLongType, static_cast<int>(at));
    }
    ByteWriter writer(block.endian);
    writer.text(block.endian == Endian::big ? "MM" : "II").u16(42).u32(kHead);
    write(block.image, kHead, writer);
    if (!block.camera.empty()) write(block.camera, camera_at, writer);
    if (!block.position.empty()) write(block.position, position_at, writer);
    return std::move(writer).take();
}

std::size_t size_of(const std::vector<ExifEntry>& entries) {
    std::size_t size = 0;
    for (const ExifEntry& entry : entries) size += entry.value.size() + 13;
    return size;
}

// Classic TIFF, which Exif is, has no 64-bit types.
bool is_classic(const ExifEntry& entry) {
    return entry.type <= 12;
}

}  // namespace

Buffer format_copyright(std::string_view author, std::string_view rights) {
    Block block;
    if (!author.empty()) block.image.push_back(text(tag::kArtist, author));
    if (!rights.empty()) block.image.push_back(text(tag::kCopyright, rights));
    if (block.image.empty() || author.size() + rights.size() > kCarriedBytesMax) return {};
    return format(std::move(block));
}

Buffer rewrite_exif(Bytes bytes, const CarryPlan& plan) {
    const auto exif = parse_exif(bytes);
    if (!exif) return {};
    // A hostile block may point at the same bytes a thousand times.
    const std::size_t size = size_of(exif->image) + size_of(exif->camera) + size_of(exif->position);
    std::size_t carried = 0;
    const Endian endian = exif->endian;
    Block block{.endian = endian};
    for (const ExifEntry& entry : exif->image) {
        const bool is_kept = std::ranges::find(kKept, entry.tag) != kKept.end();
        if (!is_kept || !is_classic(entry) || carried > kCarriedBytesMax) continue;
        carried += entry.value.size();
        block.image.push_back(copy(entry));
    }
    for (const ExifEntry& entry : exif->camera) {
        const bool is_dropped = std::ranges::find(kDropped, entry.tag) != kDropped.end();
        if (is_dropped || !is_classic(entry) || carried > kCarriedBytesMax) continue;
        const bool is_srgb = entry.tag == tag::kColorSpace && plan.color == ColorSpace::srgb;
        carried += entry.value.size();
        block.camera.push_back(is_srgb ? number(endian, entry.tag, kShortType, 1) : copy(entry));
    }
    for (const ExifEntry& entry : exif->position) {
        if (!is_classic(entry) || carried > kCarriedBytesMax) continue;
        carried += entry.value.size();
        block.position.push_back(copy(entry));
    }
    if (size == 0 || carried > kCarriedBytesMax) return {};
    if (block.image.empty() && block.camera.empty() && block.position.empty()) return {};
    block.image.push_back(number(endian, tag::kOrientation, kShortType, 1));
    if (!block.camera.empty()) {
        block.camera.push_back(number(endian, tag::kPixelWidth, kLongType, plan.size.width));
        block.camera.push_back(number(endian, tag::kPixelHeight, kLongType, plan.size.height));
    }
    return format(std::move(block));
}

}  // namespace imagemill::image
