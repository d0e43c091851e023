#include "base/encodings.h"
#include "image/image.h"
#include "image/lane/lane.h"
#include "image/plan.h"
#include "image/thumbhash.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

struct Layout {
    std::vector<Plan> plans;
    DecodePlan decode;
};

Result<Layout> lay_out(const Info& source, std::span<const Spec> specs, const Limits& limits) {
    Layout layout;
    for (const Spec& spec : specs) {
        layout.plans.push_back(TRY(plan(source, spec, limits)));
    }
    layout.decode = plan_decode(source, layout.plans, limits);
    return layout;
}

Result<Work> render_with_vips(const Job& job) {
    const VipsModule* vips = TRY(vips_module());
    return vips->render(job);
}

}  // namespace

// The lane goes first: where it takes the job, libvips is never loaded.
Result<Rendered> render(Bytes input, std::span<const Spec> specs, const Limits& limits,
                        const Stop& stop) {
    const Info source = TRY(probe(input, limits));
    const Layout layout = TRY(lay_out(source, specs, limits));
    const Job job{.input = input,
                  .source = source,
                  .plans = layout.plans,
                  .decode = layout.decode,
                  .limits = limits,
                  .stop = stop};
    auto in_lane = TRY(render_in_lane(job));
    Work work = in_lane ? *std::move(in_lane) : TRY(render_with_vips(job));

    Rendered rendered{.source = source, .outputs = std::move(work.outputs), .placeholder = {}};
    rendered.placeholder.thumbhash = format_base64(thumbhash(work.sample));
    rendered.placeholder.color = dominant_color(work.sample);
    return rendered;
}

Result<void> load_engine() {
    TRY(vips_module());
    return {};
}

}  // namespace imagemill::image
