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

struct Done {
    Work work;
    Lane lane = Lane::libvips;
};

// The JPEG lane goes first: where it takes the job, libvips may not even be loaded.
Result<Done> render_job(const Job& job, Lane lane) {
    if (lane != Lane::libvips) {
        auto in_lane = TRY(render_in_lane(job));
        if (in_lane) return Done{*std::move(in_lane), Lane::jpeg};
        if (lane == Lane::jpeg) {
            return Error{Code::unsupported, "The JPEG lane does not take this picture."};
        }
    }
    const VipsModule* vips = TRY(vips_module());
    return Done{TRY(vips->render(job)), Lane::libvips};
}

}  // namespace

Result<Rendered> render(Bytes input, std::span<const Spec> specs, const RenderOptions& options) {
    const Info source = TRY(probe(input, options.limits));
    const Layout layout = TRY(lay_out(source, specs, options.limits));
    const Job job{.input = input,
                  .source = source,
                  .plans = layout.plans,
                  .decode = layout.decode,
                  .limits = options.limits,
                  .stop = options.stop};
    Done done = TRY(render_job(job, options.lane));
    return Rendered{.source = source,
                    .outputs = std::move(done.work.outputs),
                    .placeholder = {.thumbhash = format_base64(thumbhash(done.work.sample)),
                                    .color = dominant_color(done.work.sample)},
                    .lane = done.lane,
                    .stripped = {},
                    .timings = done.work.timings};
}

Result<void> load_engine() {
    TRY(vips_module());
    return {};
}

}  // namespace imagemill::image
