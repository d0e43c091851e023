// carried: what of a source's metadata goes along into an output, and how it is put there.
//
// Shapes:  Blocks as a file holds them; empty for none. Exif without a container's prefix.
//          `copyright`: a new Exif with Artist and Copyright alone; where the source's Exif does
//          not name them, its XMP, IPTC or PNG texts do.
//          `all`: Exif and XMP, made true for the output: orientation 1, the output's size, its
//          colour space. Left out: thumbnails, a MakerNote (places in it would no longer hold),
//          IPTC, comments, XMP beyond its first packet and tags that are not Exif's own.
// Errors:  none: a block that is damaged, or larger than kCarriedBytesMax, is not carried.
// Threads: pure functions.
// Source:  as probe/metadata.h.
#pragma once

#include "base/bytes.h"
#include "image/image.h"
#include "image/probe/metadata.h"
#include "image/turn.h"

namespace imagemill::image {

inline constexpr std::size_t kCarriedBytesMax = 1'000'000;  // Of one block.

struct Carried {
    Buffer exif = {};
    Buffer xmp = {};

    bool empty() const { return exif.empty() && xmp.empty(); }
};

struct CarryPlan {
    Metadata metadata = Metadata::strip;
    Size size = {};
    ColorSpace color = ColorSpace::srgb;
};
Carried carry(const FoundMetadata& found, const CarryPlan& plan);

// carried_exif.cpp
Buffer format_copyright(std::string_view author, std::string_view rights);
// The block as `all` has it; empty where it is no Exif or is too large.
Buffer rewrite_exif(Bytes block, const CarryPlan& plan);

// carried_xmp.cpp
Buffer rewrite_xmp(Bytes packet, const CarryPlan& plan);
// The text of a property, its items joined by "; "; empty where there is none.
std::string text_of_xmp(std::string_view packet, std::string_view local_name);

// Into a file without metadata, as our encoders write it. What the format has no place for, or no
// room, is left out: JPEG holds 65,533 bytes a segment, GIF none of it.
Buffer embed(Buffer file, Format format, Size size, const Carried& carried);

// carried_avif.cpp: false where the file is not as our encoder writes them; it is as it was then.
bool embed_in_avif(Buffer& file, const Carried& carried);

}  // namespace imagemill::image
