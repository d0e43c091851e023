// tiff_directory: the first directory of a TIFF structure, which is also how Exif is stored.
//
// Shapes:  Both byte orders, classic TIFF (42) and BigTIFF (43). Borrows the bytes.
// Threads: plain value.  Cost: a look-up walks the entries; no allocation.
// Source:  TIFF 6.0, section 2; Exif 2.32, 4.5.2.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "image/probe/byte_reader.h"

namespace imagemill::image {

class TiffDirectory final {
  public:
    // Nothing where the bytes do not start as TIFF does or end before the directory.
    static std::optional<TiffDirectory> parse(Bytes block);

    // The first value of an entry of whole numbers (BYTE, SHORT, LONG, LONG8).
    std::optional<std::uint64_t> value(std::uint16_t tag) const;

  private:
    TiffDirectory(Bytes block, Bytes entries, Endian endian, bool big)
        : block_(block), entries_(entries), endian_(endian), big_(big) {}

    Bytes block_;
    Bytes entries_;
    Endian endian_;
    bool big_;
};

// 1 to 8 of an Exif block, which is a TIFF structure; 1 where it says nothing sensible.
int exif_orientation(Bytes block);

}  // namespace imagemill::image
