#include "image/vips/encode.h"

#include <algorithm>

#include "image/quality.h"
#include "image/vips/color.h"

namespace imagemill::image {
namespace {

struct Encoded {
    void* bytes = nullptr;
    std::size_t size = 0;
};

// 0..9 onto min..max, ends to ends.
int map_effort(int effort, int min, int max) {
    return min + (effort * (max - min) + 4) / 9;
}

// What of its fields a bare copy has left is to be written, which is the profile at most.
constexpr VipsForeignKeep kKeep = VIPS_FOREIGN_KEEP_ICC;

// libjpeg knows no effort: little leaves the standard tables, much scans progressively and tries
// where to round (trellis), which takes several times as long.
int save_jpeg(VipsImage* image, const Plan& plan, Encoded& out) {
    const int effort = plan.effort.value_or(kOptimizeEffort);
    const gboolean optimises = effort >= kOptimizeEffort;
    const gboolean searches = effort >= kTrellisEffort;
    const gboolean progressive = plan.progressive.value_or(searches != FALSE);
    return vips_jpegsave_buffer(image, &out.bytes, &out.size, "Q", plan.quality, "optimize_coding",
                                optimises, "interlace", progressive, "trellis_quant", searches,
                                "overshoot_deringing", searches, "keep", kKeep, nullptr);
}

// One filter and quick compression cost what none and thorough compression cost, for files of
// little more than half the size; choosing a filter for each row is worth its time only to those
// who ask for it.
int save_png(VipsImage* image, const Plan& plan, Encoded& out) {
    constexpr int kQuick = 2, kChoosingEffort = 5;
    const int compression = plan.effort ? map_effort(*plan.effort, 1, 9) : kQuick;
    const bool chooses = plan.effort.value_or(0) >= kChoosingEffort;
    const int filter = chooses ? VIPS_FOREIGN_PNG_FILTER_ALL : VIPS_FOREIGN_PNG_FILTER_UP;
    const gboolean interlaced = plan.progressive.value_or(false);
    return vips_pngsave_buffer(image, &out.bytes, &out.size, "compression", compression, "filter",
                               filter, "interlace", interlaced, "keep", kKeep, nullptr);
}

int save_webp(VipsImage* image, const Plan& plan, Encoded& out) {
    const int effort = plan.effort ? map_effort(*plan.effort, 0, 6) : 4;
    return vips_webpsave_buffer(image, &out.bytes, &out.size, "Q", plan.quality, "effort", effort,
                                "keep", kKeep, nullptr);
}

int save_avif(VipsImage* image, const Plan& plan, Encoded& out) {
    const int effort = plan.effort.value_or(4);
    return vips_heifsave_buffer(image, &out.bytes, &out.size, "Q", plan.quality, "effort", effort,
                                "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "bitdepth", 8,
                                "keep", kKeep, nullptr);
}

// libvips chooses colours for every frame and mostly throws them away, as those of the first are as
// good; above 255 it lets them be from the start.
int save_gif(VipsImage* image, const Plan& plan, const Timing& timing, Encoded& out) {
    const int effort = plan.effort ? map_effort(*plan.effort, 1, 10) : 7;
    const double palette_error = timing.one_palette ? 256 : 3;
    return vips_gifsave_buffer(image, &out.bytes, &out.size, "effort", effort,
                               "interpalette_maxerror", palette_error, "keep",
                               VIPS_FOREIGN_KEEP_NONE, nullptr);
}

int save(VipsImage* image, Format format, const Plan& plan, const Timing& timing, Encoded& out) {
    switch (format) {
        case Format::jpeg:
            return save_jpeg(image, plan, out);
        case Format::png:
            return save_png(image, plan, out);
        case Format::webp:
            return save_webp(image, plan, out);
        case Format::avif:
            return save_avif(image, plan, out);
        case Format::gif:
            return save_gif(image, plan, timing, out);
        case Format::tiff:
        case Format::svg:
        case Format::heic:
        case Format::bmp:
            break;
    }
    return -1;
}

void write_timing(VipsImage* image, int frame_height, const Timing& timing) {
    vips_image_set_int(image, VIPS_META_PAGE_HEIGHT, frame_height);
    vips_image_set_int(image, VIPS_META_N_PAGES, timing.frames);
    vips_image_set_int(image, "loop", timing.loop);
    if (timing.delays_ms.empty()) return;
    std::vector<int> delays = timing.delays_ms;
    delays.resize(static_cast<std::size_t>(timing.frames), delays.back());
    vips_image_set_array_int(image, "delay", delays.data(), timing.frames);
}

// Nothing of the source's metadata comes along but what the colours mean; what an animation needs
// is written anew.
Result<Picture> bare_copy(const Picture& picture, int frame_height, const Timing& timing,
                          Watch& watch) {
    VipsImage* out = nullptr;
    if (vips_copy(picture.get(), &out, nullptr) != 0) {
        return watch.failure(Code::internal, "The picture could not be copied");
    }
    Picture copy(out);
    const std::unique_ptr<gchar*, decltype(&g_strfreev)> names(vips_image_get_fields(out),
                                                               g_strfreev);
    const bool keeps_profile = profile_fits(copy);
    for (gchar** name = names.get(); name != nullptr && *name != nullptr; ++name) {
        if (keeps_profile && std::string_view(*name) == VIPS_META_ICC_NAME) continue;
        vips_image_remove(out, *name);
    }
    if (timing.frames > 1) write_timing(out, frame_height, timing);
    return copy;
}

}  // namespace

Result<Output> encode(const Picture& picture, Format format, const Plan& plan, const Timing& timing,
                      Watch& watch) {
    TRY(watch.check());
    const Size size{size_of(picture).width, size_of(picture).height / timing.frames};
    const Picture bare = TRY(bare_copy(picture, size.height, timing, watch));
    watch.over(bare);
    const auto encode_at = [&](int quality) -> Result<Buffer> {
        TRY(watch.check());
        Plan tried = plan;
        tried.quality = quality;
        Encoded encoded;
        const int status = save(bare.get(), format, tried, timing, encoded);
        const std::unique_ptr<void, decltype(&g_free)> owner(encoded.bytes, g_free);
        if (status != 0) {
            return watch.failure(Code::internal, "The picture could not be written as " +
                                                     std::string(name_of(format)));
        }
        const auto* bytes = static_cast<const std::byte*>(encoded.bytes);
        return embed(Buffer(bytes, bytes + encoded.size), format, size, plan.carried);
    };
    FittedFile file = TRY(fit_quality(plan, format, encode_at, {}));
    TRY(watch.check());
    return Output{.bytes = std::move(file.bytes),
                  .format = format,
                  .width = size.width,
                  .height = size.height,
                  .frames = timing.frames,
                  .quality = file.quality};
}

}  // namespace imagemill::image
