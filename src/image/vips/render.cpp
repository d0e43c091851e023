// The module's one way in. Executes const Plans: what to do was decided before.
#include <algorithm>
#include <exception>

#include "image/vips/alpha.h"
#include "image/vips/color.h"
#include "image/vips/decode.h"
#include "image/vips/encode.h"
#include "image/vips/film_palette.h"
#include "image/vips/transform.h"
#include "image/vips_module.h"

namespace imagemill::image {
namespace {

bool covers(Size a, Size b) {
    return a.width >= b.width && a.height >= b.height;
}

Result<Picture> pad_if_needed(const Picture& picture, const Plan& plan, Watch& watch) {
    if (!plan.pads()) return share(picture);
    const bool shows_through = plan.background && plan.background->alpha != 255;
    if (!shows_through || plan.format_alpha == Format::jpeg) return pad(picture, plan, watch);
    const Picture with_alpha = TRY(add_alpha(picture, watch));
    return pad(with_alpha, plan, watch);
}

// What is left when the cut is made.
Result<Output> finish_still(const Picture& shown, const Plan& plan, const Job& job, Watch& watch) {
    Picture picture = TRY(to_memory(shown, job, watch));
    if (has_alpha(picture) && is_opaque(picture)) picture = TRY(drop_alpha(picture, watch));
    picture = TRY(soften(picture, plan.blur, watch));
    picture = TRY(sharpen(picture, plan.sharpen, watch));
    picture = TRY(pad_if_needed(picture, plan, watch));

    const Format format = has_alpha(picture) ? plan.format_alpha : plan.format_opaque;
    if (format == Format::jpeg && has_alpha(picture)) {
        picture = TRY(flatten(picture, plan.background.value_or(Color{}), watch));
    }
    return encode(picture, format, plan, {}, watch);
}

class Rendering final {
  public:
    explicit Rendering(const Job& job) : job_(job), watch_(job.stop) {}

    Result<Work> run() {
        Stopwatch stopwatch;
        TRY(start_vips());
        TRY(watch_.check());
        decoded_ = TRY(open_picture(job_, watch_));
        if (is_read_again()) {
            decoded_.picture = TRY(to_memory(decoded_.picture, job_, watch_));
            // Every GIF comes with an alpha; most need none, and resizes are a third cheaper then.
            if (decoded_.frames > 1 && is_opaque(decoded_.picture)) {
                decoded_.picture = TRY(drop_alpha(decoded_.picture, watch_));
            }
        }
        Work work;
        for (const Plan& plan : job_.plans) {
            if (plan.frames == 1) TRY(first_frame(plan.view));
        }
        work.timings.decode_us = stopwatch.lap();
        for (const Plan& plan : job_.plans) {
            work.outputs.push_back(TRY(plan.frames > 1 ? render_frames(plan) : render_still(plan)));
        }
        work.timings.encode_us = stopwatch.lap();
        work.sample = TRY(take_sample());
        work.timings.resize_us = stopwatch.lap();
        return work;
    }

  private:
    // The first frame as one view shows it, kept: renditions that differ in format alone share it.
    struct Seen {
        View view;
        Picture picture;
    };

    // Pixels stream from the decoder through one resize, unless several want them.
    bool is_read_again() const {
        std::vector<View> views;
        for (const Plan& plan : job_.plans) {
            if (std::ranges::find(views, plan.view) == views.end()) views.push_back(plan.view);
        }
        const bool sample_is_free =
            std::ranges::any_of(views, [this](const View& view) { return serves_sample(view); });
        return decoded_.frames > 1 || views.size() + (sample_is_free ? 0 : 1) > 1;
    }

    bool serves_sample(const View& view) const {
        const View& sample = job_.decode.sample;
        return view.part == sample.part && view.turn == sample.turn && view.color == sample.color &&
               covers(view.size, sample.size);
    }

    Result<Picture> raw_frame(int index) {
        const Size whole = size_of(decoded_.picture);
        return cut(decoded_.picture, {0, index * decoded_.frame_height},
                   {whole.width, decoded_.frame_height}, watch_);
    }

    Result<Picture> first_frame(const View& view) {
        const auto kept = std::ranges::find(seen_, view, &Seen::view);
        if (kept != seen_.end()) return share(kept->picture);
        const Picture raw = TRY(raw_frame(0));
        Picture picture = TRY(show(raw, view, job_, watch_));
        seen_.push_back({view, share(picture)});
        return picture;
    }

    Result<Output> render_still(const Plan& plan) {
        Picture picture = TRY(first_frame(plan.view));
        const Point at = TRY(find_cut(picture, plan, watch_));
        picture = TRY(cut(picture, at, plan.cut, watch_));
        return finish_still(picture, plan, job_, watch_);
    }

    // An animation keeps its alpha and its format; all frames are cut alike.
    Result<Output> render_frames(const Plan& plan) {
        std::vector<Picture> frames;
        std::optional<Point> at = plan.cut_at;
        for (int index = 0; index < decoded_.frames; ++index) {
            const Picture raw = TRY(raw_frame(index));
            Picture frame = TRY(show(raw, plan.view, job_, watch_));
            if (!at) at = TRY(find_cut(frame, plan, watch_));
            frame = TRY(cut(frame, *at, plan.cut, watch_));
            frame = TRY(soften(frame, plan.blur, watch_));
            frame = TRY(sharpen(frame, plan.sharpen, watch_));
            frame = TRY(pad_if_needed(frame, plan, watch_));
            frames.push_back(TRY(to_memory(frame, job_, watch_)));
        }
        TRY(watch_.check());
        const bool is_gif = plan.format_alpha == Format::gif;
        const Timing timing{.frames = decoded_.frames,
                            .delays_ms = decoded_.delays_ms,
                            .loop = decoded_.loop,
                            .one_palette = is_gif && one_palette_serves(frames)};
        const Picture whole = TRY(stack(frames, watch_));
        return encode(whole, plan.format_alpha, plan, timing, watch_);
    }

    // From the smallest picture at hand that is large enough.
    Result<Pixels> take_sample() {
        View from = job_.decode.sample;
        const Size size = from.size;
        for (const Seen& seen : seen_) {
            if (!serves_sample(seen.view)) continue;
            if (from.size == size || covers(from.size, seen.view.size)) from = seen.view;
        }
        const Picture source = TRY(first_frame(from));
        const Picture small = TRY(resize(source, size, watch_));
        const Picture rgb = TRY(to_rgb(small, watch_));
        const Picture rgba = TRY(add_alpha(rgb, watch_));
        const Picture pixels = TRY(to_memory(rgba, job_, watch_));
        const auto* bytes = reinterpret_cast<const std::byte*>(VIPS_IMAGE_ADDR(pixels.get(), 0, 0));
        const std::size_t length = VIPS_IMAGE_SIZEOF_IMAGE(pixels.get());
        return Pixels{.size = size, .rgba = Buffer(bytes, bytes + length)};
    }

    const Job& job_;
    Watch watch_;  // Before the pictures: they must not outlive it.
    Decoded decoded_;
    std::vector<Seen> seen_;
};

// A raster of another lane, whose colours are still the source's.
Result<Output> finish_raster(const Raster& raster, const Plan& plan, const Job& job) {
    TRY(start_vips());
    Watch watch(job.stop);
    TRY(watch.check());
    Picture picture = TRY(borrow(raster, watch));
    picture = TRY(convert(picture, plan.view.color, watch));
    const Point at = TRY(find_cut(picture, plan, watch));
    picture = TRY(cut(picture, at, plan.cut, watch));
    return finish_still(picture, plan, job, watch);
}

// Nothing throws across the seam.
template <typename Call>
auto guard(const Call& call) -> decltype(call()) {
    try {
        return call();
    } catch (const std::exception& exception) {
        return Error{.code = Code::internal,
                     .message = std::string("Rendering failed: ") + exception.what() + "."};
    }
}

Result<Work> render_pixels(const Job& job) {
    return guard([&job] { return Rendering(job).run(); });
}

Result<Output> finish_pixels(const Raster& raster, const Plan& plan, const Job& job) {
    return guard([&] { return finish_raster(raster, plan, job); });
}

}  // namespace
}  // namespace imagemill::image

extern "C" __attribute__((visibility("default"))) const imagemill::image::VipsModule*
imagemill_vips_module() {
    using namespace imagemill::image;  // NOLINT: in the one function outside.
    static constexpr VipsModule kModule{kVipsModuleVersion, render_pixels, finish_pixels};
    return &kModule;
}
