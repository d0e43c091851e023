// libvips by its C interface: the calls its own documentation recommends, one thread, no cache.
#include <vips/vips.h>

#include <memory>

#include "line_worker.h"

namespace imagemill::bench {
namespace {

struct Unref {
    void operator()(VipsImage* image) const { g_object_unref(image); }
};

// Where nothing else is asked for, libvips' own defaults: they are the engine's, but for PNG's.
std::string target_of(const Task& task) {
    const std::string quality = "Q=" + std::to_string(task.quality);
    if (task.format == "jpeg") return ".jpg[" + quality + ",optimize_coding=true,keep=none]";
    if (task.format == "webp") return ".webp[" + quality + ",keep=none]";
    if (task.format == "gif") return ".gif[keep=none]";
    if (task.format == "avif") return ".avif[" + quality + ",keep=none]";
    return task.effort ? ".png[compression=6,filter=all,keep=none]" : ".png[keep=none]";
}

Error failure() {
    Error error{Code::corrupt, vips_error_buffer()};
    vips_error_clear();
    return error;
}

Result<Done> work(const Task& task) {
    Done done;
    const bool may_move = task.format == "gif" || task.format == "webp";
    for (const int box : task.boxes) {
        VipsImage* image = nullptr;
        // The loader takes only as many bytes as it is told; it never writes to them.
        void* input = const_cast<std::byte*>(task.input.data());  // NOLINT
        const std::string_view magic = as_text(task.input.first(4));
        const bool moves = may_move && (magic.starts_with("GIF") || magic == "RIFF");
        if (vips_thumbnail_buffer(input, task.input.size(), &image, box, "height", box, "size",
                                  VIPS_SIZE_DOWN, "option_string", moves ? "n=-1" : "",
                                  nullptr) != 0) {
            return failure();
        }
        const std::unique_ptr<VipsImage, Unref> owner(image);
        void* bytes = nullptr;
        std::size_t size = 0;
        if (vips_image_write_to_buffer(image, target_of(task).c_str(), &bytes, &size, nullptr) !=
            0) {
            return failure();
        }
        const auto* begin = static_cast<const std::byte*>(bytes);
        done.outputs.emplace_back(begin, begin + size);
        g_free(bytes);
    }
    return done;
}

}  // namespace
}  // namespace imagemill::bench

int main(int, char** argv) {
    if (VIPS_INIT(argv[0]) != 0) return 1;
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    return imagemill::bench::work_by_line(imagemill::bench::work);
}
