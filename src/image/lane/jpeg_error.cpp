#include "image/lane/jpeg_error.h"

#include <jerror.h>

#include <string>

namespace imagemill::image {
namespace {

JpegErrorHandler& handler_of(j_common_ptr info) {
    return *reinterpret_cast<JpegErrorHandler*>(info->err);
}

[[noreturn]] void on_error(j_common_ptr info) {
    JpegErrorHandler& handler = handler_of(info);
    info->err->format_message(info, handler.message);
    std::longjmp(handler.target, 1);
}

// Warnings are counted; only the one that means missing pixels is acted on.
void on_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    ++info->err->num_warnings;
    if (info->err->msg_code == JWRN_JPEG_EOF) handler_of(info).ends_early = true;
}

void print_nothing(j_common_ptr) {}

}  // namespace

JpegErrorHandler::JpegErrorHandler() : manager(), message() {
    jpeg_std_error(&manager);
    manager.error_exit = on_error;
    manager.emit_message = on_message;
    manager.output_message = print_nothing;
}

Error JpegErrorHandler::error() const {
    return {Code::corrupt, std::string("The JPEG file is damaged: ") + message + "."};
}

Error jpeg_ends_early() {
    return {Code::corrupt, "The JPEG file ends too early: a part of the picture is missing."};
}

Error too_many_jpeg_scans() {
    return {Code::corrupt, "The JPEG file has more than " + std::to_string(kJpegScansMax) +
                               " scans; no encoder writes so many."};
}

}  // namespace imagemill::image
