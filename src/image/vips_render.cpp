// The module's one way in. Executes const Plans: what to do was decided before.
#include <algorithm>
#include <exception>

#include "image/vips_decode.h"
#include "image/vips_encode.h"
#include "image/vips_module.h"
#include "image/vips_transform.h"

namespace imagemill::image {
namespace {

bool covers(Size a, Size b) {
    return a.width >= b.width && a.height >= b.height;
}

class Rendering final {
  public:
    explicit Rendering(const Job& job) : job_(job), watch_(job.stop) {}

    Result<Work> run() {
        TRY(start_vips());
        TRY(watch_.check());
        decoded_ = TRY(open_picture(job_, watch_));
        if (is_read_again()) {
            decoded_.picture = TRY(to_memory(decoded_.picture, job_, watch_));
        }
        Work work;
        for (const Plan& plan : job_.plans) {
            work.outputs.push_back(TRY(plan.frames > 1 ? render_frames(plan) : render_still(plan)));
        }
        work.sample = TRY(take_sample());
        return work;
    }

  private:
    // The first frame at one size, kept: renditions that differ in format alone share it.
    struct Scaled {
        Size size;
        Picture picture;
    };

    // Pixels stream from the decoder through one resize, unless several want them.
    bool is_read_again() const {
        std::vector<Size> sizes;
        for (const Plan& plan : job_.plans) {
            if (std::ranges::find(sizes, plan.scaled) == sizes.end()) sizes.push_back(plan.scaled);
        }
        const bool sample_is_free = std::ranges::any_of(
            sizes, [this](Size size) { return covers(size, job_.decode.sample); });
        return decoded_.frames > 1 || sizes.size() + (sample_is_free ? 0 : 1) > 1;
    }

    Result<Picture> raw_frame(int index) {
        const Size whole = size_of(decoded_.picture);
        return cut(decoded_.picture, {0, index * decoded_.frame_height},
                   {whole.width, decoded_.frame_height}, watch_);
    }

    Result<Picture> first_frame(Size size) {
        const auto kept = std::ranges::find(scaled_, size, &Scaled::size);
        if (kept != scaled_.end()) return share(kept->picture);
        const Picture raw = TRY(raw_frame(0));
        Picture picture = TRY(upright_srgb(raw, size, job_, watch_));
        scaled_.push_back({size, share(picture)});
        return picture;
    }

    Result<Output> render_still(const Plan& plan) {
        Picture picture = TRY(first_frame(plan.scaled));
        const Point at = TRY(find_cut(picture, plan, watch_));
        picture = TRY(cut(picture, at, plan.cut, watch_));
        picture = TRY(to_memory(picture, job_, watch_));
        if (has_alpha(picture) && is_opaque(picture)) picture = TRY(drop_alpha(picture, watch_));
        picture = TRY(pad_if_needed(picture, plan));

        const Format format = has_alpha(picture) ? plan.format_alpha : plan.format_opaque;
        if (format == Format::jpeg && has_alpha(picture)) {
            picture = TRY(flatten(picture, plan.background.value_or(Color{}), watch_));
        }
        return encode(picture, format, plan, {}, watch_);
    }

    // An animation keeps its alpha and its format; all frames are cut alike.
    Result<Output> render_frames(const Plan& plan) {
        std::vector<Picture> frames;
        std::optional<Point> at = plan.cut_at;
        for (int index = 0; index < decoded_.frames; ++index) {
            const Picture raw = TRY(raw_frame(index));
            Picture frame = TRY(upright_srgb(raw, plan.scaled, job_, watch_));
            if (!at) at = TRY(find_cut(frame, plan, watch_));
            frame = TRY(cut(frame, *at, plan.cut, watch_));
            frame = TRY(pad_if_needed(frame, plan));
            frames.push_back(TRY(to_memory(frame, job_, watch_)));
        }
        const Picture whole = TRY(stack(frames, watch_));
        return encode(
            whole, plan.format_alpha, plan,
            {.frames = decoded_.frames, .delays_ms = decoded_.delays_ms, .loop = decoded_.loop},
            watch_);
    }

    Result<Picture> pad_if_needed(const Picture& picture, const Plan& plan) {
        if (!plan.pads()) return share(picture);
        const bool shows_through = plan.background && plan.background->alpha != 255;
        if (!shows_through || plan.format_alpha == Format::jpeg) return pad(picture, plan, watch_);
        const Picture with_alpha = TRY(add_alpha(picture, watch_));
        return pad(with_alpha, plan, watch_);
    }

    // From the smallest picture at hand that is large enough.
    Result<Pixels> take_sample() {
        const Size size = job_.decode.sample;
        Size from = size;
        for (const Scaled& scaled : scaled_) {
            if (!covers(scaled.size, size)) continue;
            if (from == size || covers(from, scaled.size)) from = scaled.size;
        }
        const Picture source = TRY(first_frame(from));
        const Picture small = TRY(resize(source, size, watch_));
        const Picture rgba = TRY(add_alpha(small, watch_));
        const Picture pixels = TRY(to_memory(rgba, job_, watch_));
        const auto* bytes = reinterpret_cast<const std::byte*>(VIPS_IMAGE_ADDR(pixels.get(), 0, 0));
        const std::size_t length = VIPS_IMAGE_SIZEOF_IMAGE(pixels.get());
        return Pixels{.size = size, .rgba = Buffer(bytes, bytes + length)};
    }

    const Job& job_;
    Watch watch_;  // Before the pictures: they must not outlive it.
    Decoded decoded_;
    std::vector<Scaled> scaled_;
};

Result<Work> render_pixels(const Job& job) {
    try {
        return Rendering(job).run();
    } catch (const std::exception& exception) {
        return Error{.code = Code::internal,
                     .message = std::string("Rendering failed: ") + exception.what() + "."};
    }
}

}  // namespace
}  // namespace imagemill::image

extern "C" __attribute__((visibility("default"))) const imagemill::image::VipsModule*
imagemill_vips_module() {
    using namespace imagemill::image;  // NOLINT: in the one function outside.
    static constexpr VipsModule kModule{kVipsModuleVersion, render_pixels};
    return &kModule;
}
