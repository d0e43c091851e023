#include "image/vips/picture.h"

#include <algorithm>

#include "base/encodings.h"

namespace imagemill::image {
namespace {

// One line of words, whatever libvips collected.
std::string take_vips_message() {
    const std::unique_ptr<char, decltype(&g_free)> text(vips_error_buffer_copy(), g_free);
    vips_error_clear();
    std::string message = text ? text.get() : "";
    while (!message.empty() && message.back() == '\n') message.pop_back();
    std::ranges::replace(message, '\n', ';');
    return printable(message, 300);  // A decoder may quote the file.
}

Error timeout() {
    return {.code = Code::timeout,
            .message = "The picture took too long, so its rendering was stopped."};
}

}  // namespace

void Watch::over(const Picture& picture) {
    if (!stop_) return;
    vips_image_set_progress(picture.get(), TRUE);
    g_signal_connect(picture.get(), "eval", G_CALLBACK(&Watch::on_eval), this);
}

void Watch::on_eval(VipsImage* image, VipsProgress*, Watch* watch) {
    if (watch->asks()) vips_image_set_kill(image, TRUE);
}

bool Watch::asks() {
    // Frames of C lie between here and the render: nothing may be thrown through them.
    stopped_ = stopped_ || [this]() noexcept { return stop_ && stop_(); }();
    return stopped_;
}

Result<void> Watch::check() {
    if (asks()) return timeout();
    return {};
}

Error Watch::failure(Code code, std::string sentence) {
    const std::string detail = take_vips_message();
    if (stopped_) return timeout();
    // In libvips' own voice, before all else: a file may have the words in it, too.
    if (detail.starts_with("vips_tracked: out of memory")) {
        return {
            .code = Code::unavailable,
            .message = "There was not enough memory for the picture (libvips: " + detail + ")."};
    }
    if (detail.empty()) return {.code = code, .message = std::move(sentence) + "."};
    return {.code = code, .message = std::move(sentence) + " (libvips: " + detail + ")."};
}

Result<Picture> taken(int status, VipsImage* out, std::string_view step, Watch& watch) {
    if (status == 0) return Picture(out);
    return watch.failure(Code::internal, "The picture could not be " + std::string(step));
}

}  // namespace imagemill::image
