// original: a source as the console shows it: for the browser to draw, and for nothing else.
//
// Shapes:  200 with the bytes, their type told by how they begin: JPEG, PNG, GIF, WebP, AVIF and
//          BMP; not what was said of them when they came. As a page of its own it would be a
//          download without rights (Content-Disposition, CSP sandbox).
// Errors:  as problem+json: 403 where the browser says that it is asked for as something else than
//          a picture; 413 over kOriginalBytesMax; 415 of another type: SVG and what browsers do not
//          draw.
// Threads: a pure function, but for reading the file.
// Source:  Fetch Metadata Request Headers (Sec-Fetch-Dest), MIME Sniffing 6.1.
#pragma once

#include "http/message.h"
#include "local/storage/disk_store.h"

namespace imagemill::local {

inline constexpr std::int64_t kOriginalBytesMax = 20'000'000;

http::Response show_original(const http::Request& request, OpenedObject opened);

}  // namespace imagemill::local
