#include "image/vips/alpha.h"

#include "image/vips/color.h"

namespace imagemill::image {
namespace {

// To the nearest: libvips cuts off what is behind the point.
Result<Picture> rounded(const Picture& picture, VipsBandFormat format, Watch& watch) {
    const gboolean is_byte = format == VIPS_FORMAT_UCHAR;
    VipsImage* out = nullptr;
    int status = vips_linear1(picture.get(), &out, 1, 0.5, "uchar", is_byte, nullptr);
    Picture lifted = TRY(taken(status, out, "rounded", watch));
    if (is_byte) return lifted;
    out = nullptr;
    status = vips_cast(lifted.get(), &out, format, nullptr);
    return taken(status, out, "rounded", watch);
}

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
// than one step of what is seen. Cut off, not rounded, which costs as much again at full size;
// where the alpha is 255, nothing is lost.
Result<Picture> multiply_by_alpha(const Picture& picture, Watch& watch) {
    VipsImage* out = nullptr;
    const int status = vips_premultiply(picture.get(), &out, nullptr);
    const Picture multiplied = TRY(taken(status, out, "multiplied by its alpha", watch));
    out = nullptr;
    const int cast =
        vips_cast(multiplied.get(), &out, vips_image_get_format(picture.get()), nullptr);
    return taken(cast, out, "multiplied by its alpha", watch);
}

Result<Picture> divide_by_alpha(const Picture& picture, VipsBandFormat format, Watch& watch) {
    VipsImage* out = nullptr;
    const int status = vips_unpremultiply(picture.get(), &out, nullptr);
    const Picture divided = TRY(taken(status, out, "divided by its alpha", watch));
    return rounded(divided, format, watch);
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
