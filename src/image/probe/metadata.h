// metadata: where a file keeps what it says beside its pixels.
//
// Shapes:  Borrows the file, or what it holds itself. Exif without the prefix that containers put
//          before it. A TIFF file is such a structure itself.
// Errors:  none: what is damaged or lies outside is not there.
// Threads: pure functions.
// Cost:    a walk over the container's segments; only JPEG's extended XMP and Photoshop's resources
//          are put together from their pieces, and up to 4 MB of HEIC's and AVIF's.
// Source:  JPEG: Exif 2.32, 4.7.2; XMP part 3 (APP1, extended); Photoshop file formats (APP13).
//          PNG third edition, 11.3.3 (text), 11.3.4.5 (eXIf). RFC 9649, 2.7.1.5 (EXIF, XMP).
//          GIF89a, 24 and 26. ISO/IEC 23008-12, A.2 (Exif), A.3 (XMP).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "image/image.h"
#include "image/probe/facts.h"

namespace imagemill::image {

struct FoundMetadata {
    Bytes exif = {};
    ExifHome home = ExifHome::block;
    Bytes xmp = {};
    // What is known and never comes along: comments, texts, IPTC, thumbnails, the rest of an XMP.
    Facts elsewhere = {};
    std::string author = {};  // By IPTC or a text, for pictures whose Exif and XMP are silent.
    std::string rights = {};

    // What lay in pieces, put together; so this can be moved and not copied.
    std::vector<std::unique_ptr<const Buffer>> joined = {};

    Facts facts() const;
};

FoundMetadata find_metadata(Bytes input, Format format);

// One for each container.
FoundMetadata find_jpeg_metadata(Bytes input);
FoundMetadata find_png_metadata(Bytes input);
FoundMetadata find_webp_metadata(Bytes input);
FoundMetadata find_gif_metadata(Bytes input);
FoundMetadata find_heif_metadata(Bytes input);  // AVIF and HEIC.
FoundMetadata find_tiff_metadata(Bytes input);

// Photoshop's image resources: IPTC and a thumbnail are among them.
void read_photoshop(Bytes resources, FoundMetadata& found);

inline constexpr std::string_view kExifPrefix("Exif\0\0", 6);
inline constexpr std::string_view kXmpPrefix("http://ns.adobe.com/xap/1.0/\0", 29);
inline constexpr std::string_view kPngXmpKeyword = "XML:com.adobe.xmp";

// The first of each is the file's; of others it is known what they say. Some writers put JPEG's
// prefix before the block in other containers too.
void add_exif(Bytes block, FoundMetadata& found);
void add_xmp(Bytes packet, FoundMetadata& found);

}  // namespace imagemill::image
