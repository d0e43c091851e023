#include "image/lane/lane.h"

#include <algorithm>
#include <array>

#include "image/lane/drawing.h"
#include "image/lane/icc.h"
#include "image/lane/jpeg_decode.h"
#include "image/lane/jpeg_encode.h"
#include "image/lane/ycc.h"
#include "image/memory.h"
#include "image/quality.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

// One of the planes a picture is drawn from.
struct Layer {
    const Plane& source;
    int scale = 1;  // Canvas pixels a sample, across and down.
    std::uint8_t background = 0;
};

bool takes(const JpegHeader& header) {
    if (!header.ycc_or_grey) return false;
    if (header.components == 1) return true;
    const bool chroma_is_single = header.sampling_x[1] == 1 && header.sampling_y[1] == 1 &&
                                  header.sampling_x[2] == 1 && header.sampling_y[2] == 1;
    return chroma_is_single && header.sampling_x[0] <= 2 && header.sampling_y[0] <= 2;
}

bool is_grey(const Color& color) {
    return color.red == color.green && color.green == color.blue;
}

// libjpeg-turbo has no trellis quantisation, which much effort asks for.
bool is_little_effort(const Plan& plan) {
    return plan.effort.value_or(0) < kTrellisEffort;
}

// What the largest view would be of the whole picture, as stored.
JpegNeed need_of(const Job& job, const JpegHeader& header) {
    JpegNeed need{.chroma_share = 2};
    const auto cover = [&](const View& view) {
        const Size lying = turned(view.size, inverse(view.turn));
        const auto whole = [](std::int64_t stored, int size, int part) {
            return static_cast<int>((stored * size + part - 1) / part);
        };
        need.width = std::max(need.width, whole(header.width, lying.width, view.part.width));
        need.height = std::max(need.height, whole(header.height, lying.height, view.part.height));
    };
    cover(job.decode.sample);
    for (const Plan& plan : job.plans) {
        cover(plan.view);
        if (plan.format_opaque != Format::jpeg) need.chroma_share = 1;
    }
    return need;
}

class LaneRendering final {
  public:
    LaneRendering(const Job& job, const JpegHeader& header, Planes decoded)
        : job_(job),
          decoded_(std::move(decoded)),
          stored_{header.width, header.height},
          profile_(header.icc_profile),
          is_srgb_(profile_.empty() || is_srgb_profile(profile_)) {}

    Result<Work> run(Stopwatch& watch) {
        Work work;
        for (const Plan& plan : job_.plans) {
            work.outputs.push_back(TRY(writes(plan) ? write(plan, watch, work.timings)
                                                    : hand_over(plan, watch, work.timings)));
        }
        work.sample = take_sample();
        work.timings.resize_us += watch.lap();
        return work;
    }

  private:
    // What the lane encodes itself, from planes to planes.
    bool writes(const Plan& plan) const {
        const Color around = plan.background.value_or(Color{});
        const bool pads_in_grey = !plan.pads() || (around.alpha == 255 && is_grey(around));
        const bool can_pad =
            decoded_.planes.size() == 1 ? pads_in_grey : !plan.pads() || around.alpha == 255;
        return plan.format_opaque == Format::jpeg && plan.cut_at && can_pad && plan.blur == 0 &&
               plan.sharpen == 0 && is_little_effort(plan) &&
               (is_srgb_ || plan.view.color == ColorSpace::keep);
    }

    Result<Output> write(const Plan& plan, Stopwatch& watch, Timings& timings) {
        Planes canvas = draw_canvas(plan);
        timings.resize_us += watch.lap();
        Output output{.bytes = {},
                      .format = Format::jpeg,
                      .width = plan.size.width,
                      .height = plan.size.height};
        const bool keeps = plan.view.color == ColorSpace::keep;
        const JpegOptions options{
            .quality = plan.quality,
            .progressive = plan.progressive.value_or(false),
            .optimize = plan.effort.value_or(kOptimizeEffort) >= kOptimizeEffort,
            .icc_profile = keeps ? Bytes(profile_) : Bytes()};
        const auto encode_at = [&](int quality) -> Result<Buffer> {
            JpegOptions tried = options;
            tried.quality = quality;
            Buffer file = TRY(encode_jpeg(canvas, tried, job_.stop));
            return embed(std::move(file), Format::jpeg, plan.size, plan.carried);
        };
        FittedFile fitted = TRY(fit_quality(plan, Format::jpeg, encode_at, job_.stop));
        output.bytes = std::move(fitted.bytes);
        output.quality = fitted.quality;
        timings.encode_us += watch.lap();
        return output;
    }

    // libvips does what is left: it finds the cut where pixels must, pads, converts, encodes.
    Result<Output> hand_over(const Plan& plan, Stopwatch& watch, Timings& timings) {
        const VipsModule* vips = TRY(vips_module());
        Plan rest = plan;
        Rect part{0, 0, plan.view.size.width, plan.view.size.height};
        if (plan.cut_at) {
            part = {plan.cut_at->x, plan.cut_at->y, plan.cut.width, plan.cut.height};
            rest.view.size = plan.cut;
            rest.cut_at = Point{};
        }
        Raster raster = draw_raster(decoded_, stored_, plan.view, part);
        raster.icc_profile = profile_;
        timings.resize_us += watch.lap();
        Output output = TRY(vips->finish(raster, rest, job_));
        timings.encode_us += watch.lap();
        return output;
    }

    Planes draw_canvas(const Plan& plan) {
        const int sampling = decoded_.planes.size() == 1 ? 1 : 2;
        Planes canvas{.planes = {}, .sampling_x = sampling, .sampling_y = sampling};
        const auto background = to_ycc(plan.background.value_or(Color{}));
        for (std::size_t i = 0; i < decoded_.planes.size(); ++i) {
            const int scale = i == 0 ? 1 : sampling;
            Plane plane = make_output_plane(plan.size, scale, sampling);
            if (plan.pads()) {
                for (int y = 0; y < plane.height; ++y) {
                    std::fill_n(plane.row(y), plane.width, background[i]);
                }
            }
            draw_layer({decoded_.planes[i], scale, background[i]}, plan, plane);
            canvas.planes.push_back(std::move(plane));
        }
        return canvas;
    }

    // With room up to whole MCUs, which the encoder fills.
    static Plane make_output_plane(Size size, int scale, int sampling) {
        const auto ceil_divide = [](int value, int by) { return (value + by - 1) / by; };
        return make_plane(ceil_divide(size.width, scale), ceil_divide(size.height, scale),
                          encoded_length(size.width, sampling) / scale,
                          encoded_length(size.height, sampling) / scale);
    }

    // The cut of the view into its place on the canvas. A chroma sample belongs to
    // `scale` canvas pixels, so the part it shows is wherever those pixels are.
    void draw_layer(const Layer& layer, const Plan& plan, Plane& canvas) {
        const int scale = layer.scale;
        const int left = plan.place.x / scale;
        const int top = plan.place.y / scale;
        const int right = (plan.place.x + plan.cut.width + scale - 1) / scale;
        const int bottom = (plan.place.y + plan.cut.height + scale - 1) / scale;
        const double shift_x = plan.cut_at->x - plan.place.x;
        const double shift_y = plan.cut_at->y - plan.place.y;
        const Part part{.x0 = left * scale + shift_x,
                        .y0 = top * scale + shift_y,
                        .x1 = right * scale + shift_x,
                        .y1 = bottom * scale + shift_y};
        const PlaneView drawn = view_of(canvas, left, top, right - left, bottom - top);
        draw(layer.source, stored_, plan.view, part, drawn);
        if (plan.pads() && scale == 2) soften_edges(plan, drawn, layer.background);
    }

    // A chroma sample that belongs half to the picture and half to what is around it is their mean.
    static void soften_edges(const Plan& plan, const PlaneView& drawn, std::uint8_t background) {
        const auto mix = [background](std::uint8_t& sample) {
            sample = static_cast<std::uint8_t>((sample + background + 1) / 2);
        };
        const auto mix_column = [&](int x) {
            for (int y = 0; y < drawn.height; ++y) mix(drawn.row(y)[x]);
        };
        const auto mix_row = [&](int y) {
            for (int x = 0; x < drawn.width; ++x) mix(drawn.row(y)[x]);
        };
        const int right = plan.place.x + plan.cut.width;
        const int bottom = plan.place.y + plan.cut.height;
        if (plan.place.x % 2 != 0) mix_column(0);
        if (right % 2 != 0 && right < plan.size.width) mix_column(drawn.width - 1);
        if (plan.place.y % 2 != 0) mix_row(0);
        if (bottom % 2 != 0 && bottom < plan.size.height) mix_row(drawn.height - 1);
    }

    // The whole picture, small, for the placeholder.
    Pixels take_sample() {
        const View& view = job_.decode.sample;
        const Raster raster =
            draw_raster(decoded_, stored_, view, {0, 0, view.size.width, view.size.height});
        return to_pixels(raster);
    }

    const Job& job_;
    const Planes decoded_;
    const Size stored_;
    const Buffer& profile_;
    const bool is_srgb_;
};

}  // namespace

Result<std::optional<Work>> render_in_lane(const Job& job) {
    if (job.source.format != Format::jpeg) return std::optional<Work>();
    Stopwatch watch;
    const JpegHeader header = TRY(read_jpeg_header(job.input));
    if (!takes(header)) return std::optional<Work>();
    const JpegSizes sizes = choose_jpeg_sizes(header, need_of(job, header));
    TRY(check_memory(job, estimate_lane(job, header, sizes)));
    Planes decoded = TRY(decode_jpeg(job.input, sizes, job.stop));
    const std::int64_t decode_us = watch.lap();
    Work work = TRY(LaneRendering(job, header, std::move(decoded)).run(watch));
    work.timings.decode_us = decode_us;
    return std::optional(std::move(work));
}

}  // namespace imagemill::image
