#include "image/vips/transform.h"

#include <algorithm>
#include <cmath>

#include "image/vips/alpha.h"
#include "image/vips/color.h"
#include "image/vips/decode.h"

namespace imagemill::image {
namespace {

Result<Picture> resize_bands(const Picture& picture, Size size, Watch& watch) {
    const Size source = size_of(picture);
    const double across = static_cast<double>(size.width) / source.width;
    const double down = static_cast<double>(size.height) / source.height;
    VipsImage* out = nullptr;
    const int status = vips_resize(picture.get(), &out, across, "vscale", down, "kernel",
                                   VIPS_KERNEL_LANCZOS3, nullptr);
    return taken(status, out, "resized", watch);
}

Result<Picture> turn(const Picture& picture, int orientation, Watch& watch) {
    VipsImage* out = nullptr;
    int status = vips_copy(picture.get(), &out, nullptr);
    const Picture copy = TRY(taken(status, out, "copied", watch));
    vips_image_set_int(copy.get(), VIPS_META_ORIENTATION, orientation);
    out = nullptr;
    status = vips_autorot(copy.get(), &out, nullptr);
    return taken(status, out, "turned", watch);
}

}  // namespace

// The view's part in the pixels that the decoder gave, which may be a scaled picture.
Rect part_of(const Picture& picture, const View& view, Size stored) {
    const Size given = size_of(picture);
    const double across = static_cast<double>(given.width) / stored.width;
    const double down = static_cast<double>(given.height) / stored.height;
    const auto at = [](double value) { return static_cast<int>(std::lround(value)); };
    const Point from{std::min(at(view.part.x * across), given.width - 1),
                     std::min(at(view.part.y * down), given.height - 1)};
    const Point to{
        std::clamp(at((view.part.x + view.part.width) * across), from.x + 1, given.width),
        std::clamp(at((view.part.y + view.part.height) * down), from.y + 1, given.height)};
    return {from.x, from.y, to.x - from.x, to.y - from.y};
}

Result<Picture> show(const Picture& picture, const View& view, const Job& job, Watch& watch) {
    const View& whole = job.decode.sample;
    const Rect part = part_of(picture, view, {whole.part.width, whole.part.height});
    const Picture seen = TRY(cut(picture, {part.x, part.y}, {part.width, part.height}, watch));
    const Picture resized = TRY(resize(seen, turned(view.size, inverse(view.turn)), watch));
    const Picture converted = TRY(convert(resized, view.color, watch));
    Picture pixels = TRY(to_memory(converted, job, watch));
    if (!view.turn.is_none()) {
        const Picture upright = TRY(turn(pixels, orientation_of(view.turn), watch));
        pixels = TRY(to_memory(upright, job, watch));
    }
    if (size_of(pixels) == view.size) return pixels;
    return Error{.code = Code::internal, .message = "The picture was resized to a wrong size."};
}

Result<Picture> borrow(const Raster& raster, Watch& watch) {
    VipsImage* out =
        vips_image_new_from_memory(raster.samples.get(), raster.size_bytes(), raster.size.width,
                                   raster.size.height, raster.bands, VIPS_FORMAT_UCHAR);
    const Picture plain = TRY(taken(out == nullptr ? -1 : 0, out, "taken over", watch));
    out = nullptr;
    const VipsInterpretation meaning =
        raster.bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    const int status = vips_copy(plain.get(), &out, "interpretation", meaning, nullptr);
    Picture picture = TRY(taken(status, out, "taken over", watch));
    if (!raster.icc_profile.empty()) {
        vips_image_set_blob_copy(picture.get(), VIPS_META_ICC_NAME, raster.icc_profile.data(),
                                 raster.icc_profile.size());
    }
    return picture;
}

Result<Picture> soften(const Picture& picture, double sigma, Watch& watch) {
    if (sigma == 0) return share(picture);
    const auto soften_bands = [&](const Picture& bands) {
        VipsImage* out = nullptr;
        const int status = vips_gaussblur(bands.get(), &out, sigma, nullptr);
        return taken(status, out, "blurred", watch);
    };
    return premultiplied(picture, soften_bands, watch);
}

Result<Picture> sharpen(const Picture& picture, double sigma, Watch& watch) {
    if (sigma == 0) return share(picture);
    // Not by colours weighed with their alpha: that would sharpen the alpha's edge into them. What
    // lies under transparent pixels may brighten an edge a little; libvips bounds by how much.
    VipsImage* out = nullptr;
    const int status = vips_sharpen(picture.get(), &out, "sigma", sigma, nullptr);
    return taken(status, out, "sharpened", watch);
}

Result<Picture> resize(const Picture& picture, Size size, Watch& watch) {
    if (size_of(picture) == size) return share(picture);
    return premultiplied(
        picture, [&](const Picture& bands) { return resize_bands(bands, size, watch); }, watch);
}

Result<Point> find_cut(const Picture& picture, const Plan& plan, Watch& watch) {
    if (plan.cut_at) return *plan.cut_at;
    const VipsInteresting interesting =
        plan.gravity == Gravity::attention ? VIPS_INTERESTING_ATTENTION : VIPS_INTERESTING_ENTROPY;
    VipsImage* out = nullptr;
    const int status = vips_smartcrop(picture.get(), &out, plan.cut.width, plan.cut.height,
                                      "interesting", interesting, nullptr);
    const Picture found = TRY(taken(status, out, "searched for what matters", watch));
    // A cut remembers where its own origin was.
    const int x = -vips_image_get_xoffset(found.get());
    const int y = -vips_image_get_yoffset(found.get());
    return Point{std::clamp(x, 0, plan.view.size.width - plan.cut.width),
                 std::clamp(y, 0, plan.view.size.height - plan.cut.height)};
}

Result<Picture> cut(const Picture& picture, Point at, Size size, Watch& watch) {
    if (size_of(picture) == size) return share(picture);
    VipsImage* out = nullptr;
    const int status =
        vips_extract_area(picture.get(), &out, at.x, at.y, size.width, size.height, nullptr);
    return taken(status, out, "cut", watch);
}

Result<Picture> pad(const Picture& picture, const Plan& plan, Watch& watch) {
    const Color none = has_alpha(picture) ? Color{0, 0, 0, 0} : Color{};
    const Color color = plan.background.value_or(none);
    const Picture holding = TRY(able_to_hold(picture, color, watch));
    const Numbers numbers = to_numbers(color, vips_image_get_bands(holding.get()));
    VipsImage* out = nullptr;
    const int status = vips_embed(holding.get(), &out, plan.place.x, plan.place.y, plan.size.width,
                                  plan.size.height, "extend", VIPS_EXTEND_BACKGROUND, "background",
                                  numbers.get(), nullptr);
    return taken(status, out, "padded", watch);
}

Result<Picture> stack(std::span<const Picture> frames, Watch& watch) {
    if (frames.size() == 1) return share(frames.front());
    std::vector<VipsImage*> images;
    for (const Picture& frame : frames) images.push_back(frame.get());
    VipsImage* out = nullptr;
    const int status =
        vips_arrayjoin(images.data(), &out, static_cast<int>(images.size()), "across", 1, nullptr);
    return taken(status, out, "stacked", watch);
}

}  // namespace imagemill::image
