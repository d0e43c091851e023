// The engine as `bootstrap` and `imagemill process` call it.
#include "base/heap.h"
#include "image/image.h"
#include "line_worker.h"

namespace imagemill::bench {
namespace {

Result<Done> work(const Task& task) {
    const auto format = image::format_named(task.format);
    if (!format) return Error{Code::invalid_argument, "There is no format " + task.format + "."};
    std::vector<image::Spec> specs;
    for (const int box : task.boxes) {
        image::Spec spec;
        spec.width = spec.height = box;
        spec.choice = image::FormatChoice::named;
        spec.format = *format;
        spec.quality = task.quality;
        spec.effort = task.effort;
        specs.push_back(spec);
    }
    auto rendered = TRY(image::render(task.input, specs, {}));
    Done done;
    for (image::Output& output : rendered.outputs) done.outputs.push_back(std::move(output.bytes));
    done.stages_us = {{"decode", rendered.timings.decode_us},
                      {"resize", rendered.timings.resize_us},
                      {"encode", rendered.timings.encode_us}};
    return done;
}

}  // namespace
}  // namespace imagemill::bench

int main() {
    imagemill::prepare_heap();
    return imagemill::bench::work_by_line(imagemill::bench::work);
}
