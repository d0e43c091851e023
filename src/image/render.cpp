#include "base/encodings.h"
#include "image/carried.h"
#include "image/heif_module.h"
#include "image/image.h"
#include "image/lane/lane.h"
#include "image/memory.h"
#include "image/plan.h"
#include "image/reader.h"
#include "image/stripped.h"
#include "image/thumbhash.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

struct Layout {
    std::vector<Plan> plans;
    DecodePlan decode;
};

Result<Layout> lay_out(const Info& source, const FoundMetadata& found, std::span<const Spec> specs,
                       const Limits& limits) {
    Layout layout;
    for (const Spec& spec : specs) {
        Plan one = TRY(plan(source, spec, limits));
        one.carried = carry(found, {spec.metadata, one.size, spec.color});
        layout.plans.push_back(std::move(one));
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
    TRY(check_memory(job, estimate_libvips(job)));
    const VipsModule* vips = TRY(vips_module());
    Stopwatch watch;
    const auto raster = TRY(read_raster(job));
    const std::int64_t read_us = watch.lap();
    Job rest = job;
    if (raster) rest.raster = &*raster;
    Done done{TRY(vips->render(rest)), Lane::libvips};
    done.work.timings.decode_us += read_us;
    return done;
}

}  // namespace

Result<Rendered> render(Bytes input, std::span<const Spec> specs, const RenderOptions& options) {
    const Info source = TRY(probe(input, options.limits));
    const FoundMetadata found = find_metadata(input, source.format);
    const Layout layout = TRY(lay_out(source, found, specs, options.limits));
    const Job job{.input = input,
                  .source = source,
                  .plans = layout.plans,
                  .decode = layout.decode,
                  .limits = options.limits,
                  .stop = options.stop};
    Done done = TRY(render_job(job, options.lane));
    std::vector<std::string> stripped = find_stripped(found, done.work.outputs);
    return Rendered{.source = source,
                    .outputs = std::move(done.work.outputs),
                    .placeholder = {.thumbhash = format_base64(thumbhash(done.work.sample)),
                                    .color = dominant_color(done.work.sample)},
                    .lane = done.lane,
                    .stripped = std::move(stripped),
                    .timings = done.work.timings};
}

}  // namespace imagemill::image
