#include "image/lane/lane.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "image/lane/icc.h"
#include "image/lane/jpeg_decode.h"
#include "image/lane/jpeg_encode.h"
#include "image/lane/orientation.h"
#include "image/lane/resample.h"

namespace imagemill::image {
namespace {

// Part of the displayed, scaled picture, in its pixels; chroma's may begin or end between two.
struct Part {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
};

// One of the planes a picture is drawn from.
struct Layer {
    const Plane& source;
    int scale = 1;  // Canvas pixels a sample, across and down.
    std::uint8_t background = 0;
};

bool takes(const JpegHeader& header) {
    if (!header.ycc_or_grey) return false;
    if (!header.icc_profile.empty() && !is_srgb_profile(header.icc_profile)) return false;
    if (header.components == 1) return true;
    const bool chroma_is_single = header.sampling_x[1] == 1 && header.sampling_y[1] == 1 &&
                                  header.sampling_x[2] == 1 && header.sampling_y[2] == 1;
    return chroma_is_single && header.sampling_x[0] <= 2 && header.sampling_y[0] <= 2;
}

bool takes(const Plan& plan) {
    const bool background_shows = plan.background && plan.background->alpha != 255;
    return plan.format_opaque == Format::jpeg && plan.frames == 1 && plan.cut_at &&
           !(plan.pads() && background_shows);
}

// JFIF 1.02, 7: full-range BT.601.
std::array<std::uint8_t, 3> to_ycc(const Color& color) {
    const double r = color.red, g = color.green, b = color.blue;
    const auto round = [](double value) {
        return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
    };
    return {round(0.299 * r + 0.587 * g + 0.114 * b),
            round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b),
            round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b)};
}

void append_rgba(Buffer& rgba, double y, double cb, double cr) {
    const auto add = [&](double value) {
        rgba.push_back(static_cast<std::byte>(std::clamp(value + 0.5, 0.0, 255.0)));
    };
    add(y + 1.402 * (cr - 128));
    add(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128));
    add(y + 1.772 * (cb - 128));
    rgba.push_back(std::byte{255});
}

void mirror(double& a, double& b, double length) {
    const double first = length - b;
    b = length - a;
    a = first;
}

class LaneRendering final {
  public:
    LaneRendering(const Job& job, Planes decoded)
        : job_(job), decoded_(std::move(decoded)), turn_(turn_of(job.source.orientation)) {}

    Result<Work> run() {
        Work work;
        for (const Plan& plan : job_.plans) work.outputs.push_back(TRY(render(plan)));
        work.sample = take_sample();
        return work;
    }

  private:
    Result<Output> render(const Plan& plan) {
        const bool is_grey = decoded_.planes.size() == 1;
        const int sampling = is_grey ? 1 : 2;
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
            draw({decoded_.planes[i], scale, background[i]}, plan, plane);
            canvas.planes.push_back(std::move(plane));
        }
        Output output{.bytes = {},
                      .format = Format::jpeg,
                      .width = plan.size.width,
                      .height = plan.size.height,
                      .quality = plan.quality};
        output.bytes = TRY(encode_jpeg(canvas, {.quality = plan.quality}, job_.stop));
        return output;
    }

    // With room up to whole MCUs, which the encoder fills.
    static Plane make_output_plane(Size size, int scale, int sampling) {
        const auto ceil_divide = [](int value, int by) { return (value + by - 1) / by; };
        return make_plane(ceil_divide(size.width, scale), ceil_divide(size.height, scale),
                          encoded_length(size.width, sampling) / scale,
                          encoded_length(size.height, sampling) / scale);
    }

    // The cut of the scaled picture into its place on the canvas. A chroma sample belongs to
    // `scale` canvas pixels, so the part it shows is wherever those pixels are.
    void draw(const Layer& layer, const Plan& plan, Plane& canvas) {
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
        resize(layer.source, plan.scaled, part, drawn);
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

    // `part` of the picture as displayed at size `scaled`.
    void resize(const Plane& source, Size scaled, Part part, const PlaneView& target) {
        double width = scaled.width;
        double height = scaled.height;
        if (turn_.swaps) {
            std::swap(width, height);
            std::swap(part.x0, part.y0);
            std::swap(part.x1, part.y1);
        }
        if (turn_.mirrors_x) mirror(part.x0, part.x1, width);
        if (turn_.mirrors_y) mirror(part.y0, part.y1, height);
        const double step_x = source.extent_x / width;
        const double step_y = source.extent_y / height;
        const Window window{.x = part.x0 * step_x,
                            .y = part.y0 * step_y,
                            .width = (part.x1 - part.x0) * step_x,
                            .height = (part.y1 - part.y0) * step_y};
        if (turn_.is_none()) return resample(source, window, target);
        const int stored_width = turn_.swaps ? target.height : target.width;
        const int stored_height = turn_.swaps ? target.width : target.height;
        Plane stored = make_plane(stored_width, stored_height, stored_width, stored_height);
        const PlaneView view = view_of(stored, 0, 0, stored_width, stored_height);
        resample(source, window, view);
        turn(view, turn_, target);
    }

    // The whole picture, small, for the placeholder.
    Pixels take_sample() {
        const Size size = job_.decode.sample;
        const Part whole{.x1 = double(size.width), .y1 = double(size.height)};
        std::vector<Plane> small;
        for (const Plane& plane : decoded_.planes) {
            small.push_back(make_plane(size.width, size.height, size.width, size.height));
            resize(plane, size, whole, view_of(small.back(), 0, 0, size.width, size.height));
        }
        Pixels pixels{.size = size, .rgba = {}};
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                const bool is_grey = small.size() == 1;
                append_rgba(pixels.rgba, small[0].row(y)[x], is_grey ? 128 : small[1].row(y)[x],
                            is_grey ? 128 : small[2].row(y)[x]);
            }
        }
        return pixels;
    }

    const Job& job_;
    const Planes decoded_;
    const Turn turn_;
};

}  // namespace

Result<std::optional<Work>> render_in_lane(const Job& job) {
    const bool takes_all =
        job.source.format == Format::jpeg &&
        std::ranges::all_of(job.plans, [](const Plan& plan) { return takes(plan); });
    if (!takes_all) return std::optional<Work>();
    const JpegHeader header = TRY(read_jpeg_header(job.input));
    if (!takes(header)) return std::optional<Work>();
    Planes decoded = TRY(decode_jpeg(job.input, job.decode.shrink, job.stop));
    return std::optional(TRY(LaneRendering(job, std::move(decoded)).run()));
}

}  // namespace imagemill::image
