#include "image/vips/color.h"

#include <array>

#include "base/bytes.h"
#include "image/vips/alpha.h"

namespace imagemill::image {
namespace {

bool is_cmyk(const Picture& picture) {
    return vips_image_get_interpretation(picture.get()) == VIPS_INTERPRETATION_CMYK;
}

Result<Picture> without_profile(const Picture& picture, Watch& watch) {
    VipsImage* out = nullptr;
    const int status = vips_copy(picture.get(), &out, nullptr);
    Picture copy = TRY(taken(status, out, "copied", watch));
    vips_image_remove(copy.get(), VIPS_META_ICC_NAME);
    return copy;
}

// The first band alone, and the alpha if there is one.
Result<Picture> one_colour(const Picture& picture, Watch& watch) {
    VipsImage* out = nullptr;
    int status = vips_extract_band(picture.get(), &out, 0, nullptr);
    const Picture first = TRY(taken(status, out, "reduced to grey", watch));
    out = nullptr;
    status = vips_copy(first.get(), &out, "interpretation", VIPS_INTERPRETATION_B_W, nullptr);
    Picture grey = TRY(taken(status, out, "taken for grey", watch));
    if (!has_alpha(picture)) return grey;

    const int last = vips_image_get_bands(picture.get()) - 1;
    out = nullptr;
    status = vips_extract_band(picture.get(), &out, last, nullptr);
    const Picture alpha = TRY(taken(status, out, "parted from its alpha", watch));
    out = nullptr;
    status = vips_bandjoin2(grey.get(), alpha.get(), &out, nullptr);
    return taken(status, out, "joined with its alpha", watch);
}

// By the picture's own profile; nothing where there is none or it cannot be used.
Picture convert_by_profile(const Picture& picture) {
    if (!has_profile(picture) && !is_cmyk(picture)) return nullptr;
    VipsImage* out = nullptr;
    const int status = vips_icc_transform(picture.get(), &out, "srgb", "embedded", TRUE,
                                          "input_profile", is_cmyk(picture) ? "cmyk" : "srgb",
                                          "intent", VIPS_INTENT_PERCEPTUAL, "depth", 8, nullptr);
    if (status == 0) return Picture(out);
    vips_error_clear();
    return nullptr;
}

// A TIFF may carry more bands; the one after the colours is the alpha.
Result<Picture> at_most_one_extra(Picture picture, Watch& watch) {
    const int most = is_grey(picture) ? 2 : 4;
    if (vips_image_get_bands(picture.get()) <= most) return picture;
    VipsImage* out = nullptr;
    const int status = vips_extract_band(picture.get(), &out, 0, "n", most, nullptr);
    return taken(status, out, "reduced to its colours", watch);
}

Result<Picture> to_eight_bits(const Picture& picture, VipsInterpretation meaning, Watch& watch) {
    VipsImage* out = nullptr;
    int status = vips_colourspace(picture.get(), &out, meaning, nullptr);
    const Picture colours = TRY(taken(status, out, "converted to 8-bit colours", watch));
    out = nullptr;
    status = vips_cast(colours.get(), &out, VIPS_FORMAT_UCHAR, nullptr);
    return at_most_one_extra(TRY(taken(status, out, "converted to 8 bits", watch)), watch);
}

}  // namespace

bool is_grey(const Picture& picture) {
    const VipsInterpretation meaning = vips_image_get_interpretation(picture.get());
    return meaning == VIPS_INTERPRETATION_B_W || meaning == VIPS_INTERPRETATION_GREY16;
}

Result<Picture> convert(const Picture& picture, ColorSpace color, Watch& watch) {
    const bool keeps = color == ColorSpace::keep && !is_cmyk(picture);
    const bool grey = is_grey(picture);
    const VipsInterpretation meaning = grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    if (keeps) return to_eight_bits(picture, meaning, watch);

    Picture converted = convert_by_profile(picture);
    if (converted && grey) converted = TRY(one_colour(converted, watch));
    const Picture& source = converted ? converted : picture;
    const Picture colours = TRY(to_eight_bits(source, meaning, watch));
    if (!has_profile(colours)) return share(colours);
    return without_profile(colours, watch);
}

Result<Picture> to_rgb(const Picture& picture, Watch& watch) {
    const Picture converted = TRY(convert(picture, ColorSpace::srgb, watch));
    if (!is_grey(converted)) return share(converted);
    return to_eight_bits(converted, VIPS_INTERPRETATION_sRGB, watch);
}

Result<Picture> able_to_hold(const Picture& picture, const Color& color, Watch& watch) {
    const bool color_is_grey = color.red == color.green && color.green == color.blue;
    if (!is_grey(picture) || color_is_grey) return share(picture);
    // Its own profile, if it kept one, means nothing to RGB.
    return to_rgb(picture, watch);
}

bool has_profile(const Picture& picture) {
    return vips_image_get_typeof(picture.get(), VIPS_META_ICC_NAME) != 0;
}

// ICC.1:2022, 7.2.6: the header names the colour space.
bool profile_fits(const Picture& picture) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    if (!has_profile(picture) ||
        vips_image_get_blob(picture.get(), VIPS_META_ICC_NAME, &bytes, &size) != 0) {
        return false;
    }
    constexpr std::size_t kHeader = 128, kSpace = 16;
    if (size < kHeader) return false;
    const Bytes profile(static_cast<const std::byte*>(bytes), size);
    return as_text(profile.subspan(kSpace, 4)) == (is_grey(picture) ? "GRAY" : "RGB ");
}

Numbers to_numbers(const Color& color, int bands) {
    const auto number = [](std::uint8_t value) { return static_cast<double>(value); };
    std::array<double, 4> values{number(color.red), number(color.green), number(color.blue),
                                 number(color.alpha)};
    if (bands <= 2) values[1] = number(color.alpha);
    return Numbers(vips_array_double_new(values.data(), bands));
}

}  // namespace imagemill::image
