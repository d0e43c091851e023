// jpeg_error: where libjpeg jumps when it gives up.
//
// Shapes:  if (setjmp(handler.target) != 0) return handler.error(); stands at the top of every
// function
//          that calls libjpeg; nothing with a destructor may be born between there and the calls.
#pragma once

#include <jpeglib.h>

#include <csetjmp>
#include <cstdio>

#include "base/result.h"

namespace imagemill::image {

struct JpegErrorHandler {
    jpeg_error_mgr manager;  // First: libjpeg hands this address back.
    std::jmp_buf target;
    char message[JMSG_LENGTH_MAX];
    bool ends_early = false;  // The file stopped in the middle.

    JpegErrorHandler();
    JpegErrorHandler(const JpegErrorHandler&) = delete;
    JpegErrorHandler& operator=(const JpegErrorHandler&) = delete;

    Error error() const;
};

Error jpeg_ends_early();

// A file of a megabyte can hold 100,000 scans, each of them as much work as a whole picture.
constexpr int kJpegScansMax = 1'000;
Error too_many_jpeg_scans();

}  // namespace imagemill::image
