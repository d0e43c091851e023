#include "image/vips/transform.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "image/vips/decode.h"

namespace imagemill::image {
namespace {

Result<Picture> finish(int status, VipsImage* out, std::string_view step, Watch& watch) {
    if (status == 0) return Picture(out);
    return watch.failure(Code::internal, "The picture could not be " + std::string(step));
}

Result<Picture> resize_bands(const Picture& picture, Size size, Watch& watch) {
    const Size source = size_of(picture);
    const double across = static_cast<double>(size.width) / source.width;
    const double down = static_cast<double>(size.height) / source.height;
    VipsImage* out = nullptr;
    const int status = vips_resize(picture.get(), &out, across, "vscale", down, "kernel",
                                   VIPS_KERNEL_LANCZOS3, nullptr);
    return finish(status, out, "resized", watch);
}

// What lies under transparent pixels must not bleed into the others.
Result<Picture> resize_premultiplied(const Picture& picture, Size size, Watch& watch) {
    const VipsBandFormat format = vips_image_get_format(picture.get());
    VipsImage* out = nullptr;
    int status = vips_premultiply(picture.get(), &out, nullptr);
    const Picture multiplied = TRY(finish(status, out, "multiplied by its alpha", watch));
    const Picture resized = TRY(resize_bands(multiplied, size, watch));
    out = nullptr;
    status = vips_unpremultiply(resized.get(), &out, nullptr);
    const Picture divided = TRY(finish(status, out, "divided by its alpha", watch));
    out = nullptr;
    status = vips_cast(divided.get(), &out, format, nullptr);
    return finish(status, out, "rounded", watch);
}

bool has_profile(const Picture& picture) {
    return vips_image_get_typeof(picture.get(), VIPS_META_ICC_NAME) != 0;
}

// By the picture's own profile; nothing where there is none or it cannot be used, which is common
// and no reason to refuse a picture.
Picture convert_by_profile(const Picture& picture) {
    const bool is_cmyk = vips_image_get_interpretation(picture.get()) == VIPS_INTERPRETATION_CMYK;
    if (!has_profile(picture) && !is_cmyk) return nullptr;
    VipsImage* out = nullptr;
    const int status = vips_icc_transform(picture.get(), &out, "srgb", "embedded", TRUE,
                                          "input_profile", is_cmyk ? "cmyk" : "srgb", "intent",
                                          VIPS_INTENT_PERCEPTUAL, "depth", 8, nullptr);
    if (status == 0) return Picture(out);
    vips_error_clear();
    return nullptr;
}

// A TIFF may carry more bands; the fourth is the alpha.
Result<Picture> at_most_four_bands(Picture picture, Watch& watch) {
    if (vips_image_get_bands(picture.get()) <= 4) return picture;
    VipsImage* out = nullptr;
    const int status = vips_extract_band(picture.get(), &out, 0, "n", 4, nullptr);
    return finish(status, out, "reduced to four bands", watch);
}

Result<Picture> turn(const Picture& picture, int orientation, Watch& watch) {
    VipsImage* out = nullptr;
    int status = vips_copy(picture.get(), &out, nullptr);
    const Picture copy = TRY(finish(status, out, "copied", watch));
    vips_image_set_int(copy.get(), VIPS_META_ORIENTATION, orientation);
    out = nullptr;
    status = vips_autorot(copy.get(), &out, nullptr);
    return finish(status, out, "turned", watch);
}

std::array<double, 4> as_doubles(const Color& color) {
    return {double(color.red), double(color.green), double(color.blue), double(color.alpha)};
}

struct UnrefArea {
    void operator()(VipsArrayDouble* array) const { vips_area_unref(VIPS_AREA(array)); }
};
using Numbers = std::unique_ptr<VipsArrayDouble, UnrefArea>;

Numbers to_numbers(const Color& color, int bands) {
    const std::array<double, 4> values = as_doubles(color);
    return Numbers(vips_array_double_new(values.data(), bands));
}

}  // namespace

Result<Picture> convert(const Picture& picture, ColorSpace color, Watch& watch) {
    const bool is_cmyk = vips_image_get_interpretation(picture.get()) == VIPS_INTERPRETATION_CMYK;
    Picture converted =
        color == ColorSpace::srgb || is_cmyk ? convert_by_profile(picture) : nullptr;
    const Picture& source = converted ? converted : picture;
    VipsImage* out = nullptr;
    int status = vips_colourspace(source.get(), &out, VIPS_INTERPRETATION_sRGB, nullptr);
    const Picture rgb = TRY(finish(status, out, "converted to RGB", watch));
    out = nullptr;
    status = vips_cast(rgb.get(), &out, VIPS_FORMAT_UCHAR, nullptr);
    return at_most_four_bands(TRY(finish(status, out, "converted to 8 bits", watch)), watch);
}

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
    const Picture plain = TRY(finish(out == nullptr ? -1 : 0, out, "taken over", watch));
    out = nullptr;
    const VipsInterpretation meaning =
        raster.bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    const int status = vips_copy(plain.get(), &out, "interpretation", meaning, nullptr);
    Picture picture = TRY(finish(status, out, "taken over", watch));
    if (!raster.icc_profile.empty()) {
        vips_image_set_blob_copy(picture.get(), VIPS_META_ICC_NAME, raster.icc_profile.data(),
                                 raster.icc_profile.size());
    }
    return picture;
}

Result<Picture> soften(const Picture& picture, double sigma, Watch& watch) {
    if (sigma == 0) return share(picture);
    VipsImage* out = nullptr;
    const int status = vips_gaussblur(picture.get(), &out, sigma, nullptr);
    return finish(status, out, "blurred", watch);
}

Result<Picture> sharpen(const Picture& picture, double sigma, Watch& watch) {
    if (sigma == 0) return share(picture);
    VipsImage* out = nullptr;
    const int status = vips_sharpen(picture.get(), &out, "sigma", sigma, nullptr);
    return finish(status, out, "sharpened", watch);
}

Result<Picture> resize(const Picture& picture, Size size, Watch& watch) {
    if (size_of(picture) == size) return share(picture);
    return has_alpha(picture) ? resize_premultiplied(picture, size, watch)
                              : resize_bands(picture, size, watch);
}

Result<Point> find_cut(const Picture& picture, const Plan& plan, Watch& watch) {
    if (plan.cut_at) return *plan.cut_at;
    const VipsInteresting interesting =
        plan.gravity == Gravity::attention ? VIPS_INTERESTING_ATTENTION : VIPS_INTERESTING_ENTROPY;
    VipsImage* out = nullptr;
    const int status = vips_smartcrop(picture.get(), &out, plan.cut.width, plan.cut.height,
                                      "interesting", interesting, nullptr);
    const Picture found = TRY(finish(status, out, "searched for what matters", watch));
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
    return finish(status, out, "cut", watch);
}

Result<Picture> pad(const Picture& picture, const Plan& plan, Watch& watch) {
    const Color none = has_alpha(picture) ? Color{0, 0, 0, 0} : Color{};
    const Color color = plan.background.value_or(none);
    const Numbers numbers = to_numbers(color, vips_image_get_bands(picture.get()));
    VipsImage* out = nullptr;
    const int status = vips_embed(picture.get(), &out, plan.place.x, plan.place.y, plan.size.width,
                                  plan.size.height, "extend", VIPS_EXTEND_BACKGROUND, "background",
                                  numbers.get(), nullptr);
    return finish(status, out, "padded", watch);
}

Result<Picture> flatten(const Picture& picture, const Color& background, Watch& watch) {
    const Numbers numbers = to_numbers(background, 3);
    VipsImage* out = nullptr;
    const int status = vips_flatten(picture.get(), &out, "background", numbers.get(), nullptr);
    return finish(status, out, "laid on its background", watch);
}

Result<Picture> drop_alpha(const Picture& picture, Watch& watch) {
    VipsImage* out = nullptr;
    const int status = vips_extract_band(picture.get(), &out, 0, "n", 3, nullptr);
    return finish(status, out, "freed of its alpha", watch);
}

Result<Picture> add_alpha(const Picture& picture, Watch& watch) {
    if (has_alpha(picture)) return share(picture);
    VipsImage* out = nullptr;
    const int status = vips_addalpha(picture.get(), &out, nullptr);
    return finish(status, out, "given an alpha", watch);
}

Result<Picture> stack(std::span<const Picture> frames, Watch& watch) {
    if (frames.size() == 1) return share(frames.front());
    std::vector<VipsImage*> images;
    for (const Picture& frame : frames) images.push_back(frame.get());
    VipsImage* out = nullptr;
    const int status =
        vips_arrayjoin(images.data(), &out, static_cast<int>(images.size()), "across", 1, nullptr);
    return finish(status, out, "stacked", watch);
}

bool has_alpha(const Picture& picture) {
    return vips_image_hasalpha(picture.get()) != FALSE;
}

bool is_opaque(const Picture& picture) {
    if (!has_alpha(picture)) return true;
    const Size size = size_of(picture);
    const auto bands = static_cast<std::size_t>(vips_image_get_bands(picture.get()));
    const auto length = static_cast<std::size_t>(size.width) * bands;
    for (int y = 0; y < size.height; ++y) {
        const VipsPel* row = VIPS_IMAGE_ADDR(picture.get(), 0, y);
        for (std::size_t at = bands - 1; at < length; at += bands) {
            if (row[at] != 255) return false;
        }
    }
    return true;
}

}  // namespace imagemill::image
