// The engine as `bootstrap` and `imagemill process` call it.
#include "image/image.h"
#include "line_worker.h"

namespace imagemill::bench {
namespace {

Result<std::vector<Buffer>> work(const Task& task) {
    const auto format = image::format_named(task.format);
    if (!format) return Error{Code::invalid_argument, "There is no format " + task.format + "."};
    std::vector<image::Spec> specs;
    for (const int box : task.boxes) {
        image::Spec spec;
        spec.width = spec.height = box;
        spec.choice = image::FormatChoice::named;
        spec.format = *format;
        spec.quality = task.quality;
        specs.push_back(spec);
    }
    auto rendered = TRY(image::render(task.input, specs, {}));
    std::vector<Buffer> outputs;
    for (image::Output& output : rendered.outputs) outputs.push_back(std::move(output.bytes));
    return outputs;
}

}  // namespace
}  // namespace imagemill::bench

int main() {
    return imagemill::bench::work_by_line(imagemill::bench::work);
}
