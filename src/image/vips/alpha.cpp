#include "image/vips/alpha.h"

#include "image/vips/alpha_rows.h"
#include "image/vips/color.h"

namespace imagemill::image {
namespace {

using ChangeRow = void (*)(const AlphaRow&);

// libvips asks for any part of `out`, on a thread of its own, with its region of the source.
int change_rows(VipsRegion* out, void* of_source, void*, void* row, gboolean*) {
    auto* source = static_cast<VipsRegion*>(of_source);
    const VipsRect& part = out->valid;
    if (vips_region_prepare(source, &part) != 0) return -1;
    const auto change = *static_cast<const ChangeRow*>(row);
    const int bands = out->im->Bands;
    const auto length = static_cast<std::size_t>(part.width) * static_cast<std::size_t>(bands);
    for (int y = part.top; y < part.top + part.height; ++y) {
        change({.source = {VIPS_REGION_ADDR(source, part.left, y), length},
                .target = VIPS_REGION_ADDR(out, part.left, y),
                .bands = bands});
    }
    return 0;
}

// A step of libvips' pipeline that is ours: rows are changed when they are asked for. `change`
// outlives the picture.
Result<Picture> change_by_row(const Picture& picture, const ChangeRow& change,
                              std::string_view step, Watch& watch) {
    Picture out(vips_image_new());
    vips_object_local(out.get(), picture.get());
    g_object_ref(picture.get());
    void* row = const_cast<ChangeRow*>(&change);  // NOLINT: it comes back as it was.
    const bool fails =
        vips_image_pipelinev(out.get(), VIPS_DEMAND_STYLE_THINSTRIP, picture.get(), nullptr) != 0 ||
        vips_image_generate(out.get(), vips_start_one, change_rows, vips_stop_one, picture.get(),
                            row) != 0;
    if (fails) return taken(-1, nullptr, step, watch);
    return out;
}

bool has_byte_pixels(const Picture& picture) {
    const int bands = vips_image_get_bands(picture.get());
    return vips_image_get_format(picture.get()) == VIPS_FORMAT_UCHAR && (bands == 2 || bands == 4);
}

constexpr ChangeRow kMultiply = multiply_row, kDivide = divide_row;

}  // namespace

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

// In the picture's own bits: a resize of floats takes three times as long, and what is lost is less
// than one step of what is seen.
Result<Picture> multiply_by_alpha(const Picture& picture, Watch& watch) {
    constexpr std::string_view kStep = "multiplied by its alpha";
    if (has_byte_pixels(picture)) return change_by_row(picture, kMultiply, kStep, watch);
    VipsImage* out = nullptr;
    const int status = vips_premultiply(picture.get(), &out, nullptr);
    const Picture multiplied = TRY(taken(status, out, kStep, watch));
    out = nullptr;
    const int cast =
        vips_cast(multiplied.get(), &out, vips_image_get_format(picture.get()), nullptr);
    return taken(cast, out, kStep, watch);
}

Result<Picture> divide_by_alpha(const Picture& picture, VipsBandFormat format, Watch& watch) {
    constexpr std::string_view kStep = "divided by its alpha";
    if (has_byte_pixels(picture)) return change_by_row(picture, kDivide, kStep, watch);
    VipsImage* out = nullptr;
    int status = vips_unpremultiply(picture.get(), &out, nullptr);
    const Picture divided = TRY(taken(status, out, kStep, watch));
    out = nullptr;  // To the nearest: the cast cuts off what is behind the point.
    status = vips_linear1(divided.get(), &out, 1, 0.5, nullptr);
    const Picture lifted = TRY(taken(status, out, kStep, watch));
    out = nullptr;
    status = vips_cast(lifted.get(), &out, format, nullptr);
    return taken(status, out, kStep, watch);
}

Result<Picture> flatten(const Picture& picture, const Color& background, Watch& watch) {
    const Picture holding = TRY(able_to_hold(picture, background, watch));
    const Numbers numbers = to_numbers(background, vips_image_get_bands(holding.get()) - 1);
    VipsImage* out = nullptr;
    const int status = vips_flatten(holding.get(), &out, "background", numbers.get(), nullptr);
    return taken(status, out, "laid on its background", watch);
}

Result<Picture> drop_alpha(const Picture& picture, Watch& watch) {
    if (!has_alpha(picture)) return share(picture);
    VipsImage* out = nullptr;
    const int status = vips_extract_band(picture.get(), &out, 0, "n",
                                         vips_image_get_bands(picture.get()) - 1, nullptr);
    return taken(status, out, "freed of its alpha", watch);
}

Result<Picture> add_alpha(const Picture& picture, Watch& watch) {
    if (has_alpha(picture)) return share(picture);
    VipsImage* out = nullptr;
    const int status = vips_addalpha(picture.get(), &out, nullptr);
    return taken(status, out, "given an alpha", watch);
}

}  // namespace imagemill::image
