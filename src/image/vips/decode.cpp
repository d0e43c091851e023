#include "image/vips/decode.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "image/limits.h"
#include "image/vips/transform.h"

namespace imagemill::image {
namespace {

constexpr std::array kAllowed{
    "VipsForeignLoadJpegBuffer",  "VipsForeignLoadPngBuffer",  "VipsForeignLoadWebpBuffer",
    "VipsForeignLoadNsgifBuffer", "VipsForeignLoadHeifBuffer", "VipsForeignLoadTiffBuffer",
    "VipsForeignLoadSvgBuffer",   "VipsForeignSaveJpegBuffer", "VipsForeignSavePngBuffer",
    "VipsForeignSaveWebpBuffer",  "VipsForeignSaveHeifBuffer", "VipsForeignSaveCgifBuffer",
};

// Libraries below warn on stderr about pictures; what matters comes back as an error.
void ignore_log(const char*, GLogLevelFlags, const char*, void*) {}

bool start() {
    if (vips_init("imagemill") != 0) return false;
    g_log_set_default_handler(ignore_log, nullptr);
    // One picture, one core: parallelism is across pictures. Nothing is asked for twice.
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeign", TRUE);
    for (const char* name : kAllowed) vips_operation_block_set(name, FALSE);
    return true;
}

int draw_svg(const Job& job, void* bytes, double scale, VipsImage** out) {
    return vips_svgload_buffer(bytes, job.input.size(), out, "scale", scale, "access",
                               VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
}

// Drawn so large that its longer side, where rounding weighs least, is as planned.
int load_svg(const Job& job, void* bytes, VipsImage** out) {
    const bool by_width = job.source.width >= job.source.height;
    const int wanted = by_width ? job.decode.size.width : job.decode.size.height;
    const int natural = by_width ? job.source.width : job.source.height;
    const double scale = static_cast<double>(wanted) / natural;
    if (draw_svg(job, bytes, scale, out) != 0) return -1;

    // libvips has 72 px to the inch where CSS has 96, and fonts of its own for em: what it made of
    // the scale says how to correct it.
    const int found = by_width ? vips_image_get_width(*out) : vips_image_get_height(*out);
    if (std::abs(found - wanted) <= 1) return 0;
    g_object_unref(*out);
    *out = nullptr;
    return draw_svg(job, bytes, scale * wanted / found, out);
}

// libjpeg's own scales.
int jpeg_shrink(const Job& job) {
    int shrink = 8;
    while (job.decode.eighths * shrink > 8) shrink /= 2;
    return shrink;
}

// Every loader is named, so none is guessed from the bytes a second time.
int load(const Job& job, VipsImage** out) {
    // libvips takes pointers to mutable bytes and only reads them.
    void* bytes = const_cast<std::byte*>(job.input.data());  // NOLINT
    const std::size_t size = job.input.size();
    const VipsAccess access = VIPS_ACCESS_SEQUENTIAL;
    const VipsFailOn fail_on = VIPS_FAIL_ON_ERROR;
    const int pages = job.decode.frames > 1 ? -1 : 1;
    switch (job.source.format) {
        case Format::jpeg:
            return vips_jpegload_buffer(bytes, size, out, "shrink", jpeg_shrink(job), "access",
                                        access, "fail_on", fail_on, nullptr);
        case Format::png:
            return vips_pngload_buffer(bytes, size, out, "access", access, "fail_on", fail_on,
                                       nullptr);
        case Format::webp:
            return vips_webpload_buffer(bytes, size, out, "n", pages, "scale", job.decode.scale,
                                        "access", access, "fail_on", fail_on, nullptr);
        case Format::gif:
            return vips_gifload_buffer(bytes, size, out, "n", pages, "access", access, "fail_on",
                                       fail_on, nullptr);
        case Format::avif:
            return vips_heifload_buffer(bytes, size, out, "access", access, "fail_on", fail_on,
                                        nullptr);
        case Format::tiff:
            return vips_tiffload_buffer(bytes, size, out, "access", access, "fail_on", fail_on,
                                        nullptr);
        case Format::svg:
            return load_svg(job, bytes, out);
        case Format::heic:
        case Format::bmp:
            break;
    }
    return -1;
}

void read_timing(VipsImage* image, Decoded& decoded) {
    int* delays = nullptr;
    int count = 0;
    if (vips_image_get_typeof(image, "delay") != 0 &&
        vips_image_get_array_int(image, "delay", &delays, &count) == 0) {
        decoded.delays_ms.assign(delays, delays + count);
    }
    if (vips_image_get_typeof(image, "loop") != 0) {
        vips_image_get_int(image, "loop", &decoded.loop);
    }
}

// As its makers write it, for sentences.
std::string_view written_name(Format format) {
    switch (format) {
        case Format::jpeg:
            return "JPEG";
        case Format::png:
            return "PNG";
        case Format::webp:
            return "WebP";
        case Format::gif:
            return "GIF";
        case Format::avif:
            return "AVIF";
        case Format::tiff:
            return "TIFF";
        case Format::svg:
            return "SVG";
        case Format::heic:
            return "HEIC";
        case Format::bmp:
            return "BMP";
    }
    return "picture";
}

// A decoder may find another size than the header promised; the limits hold for it too.
Result<void> check_decoded(const Decoded& decoded, const Job& job) {
    double shrink = 1;
    if (job.source.format == Format::jpeg) shrink = jpeg_shrink(job);
    if (job.source.format == Format::webp) shrink = 1 / job.decode.scale;
    const auto full = [shrink](int length) {
        return static_cast<int>(std::min((length - 1) * shrink + 1, 2e9));
    };
    const Info found{.format = job.source.format,
                     .width = full(size_of(decoded.picture).width),
                     .height = full(decoded.frame_height),
                     .frames = decoded.frames};
    return check_limits(found, job.limits);
}

}  // namespace

Result<void> start_vips() {
    static const bool started = start();
    if (started) return {};
    return Error{.code = Code::unavailable, .message = "The image library libvips did not start."};
}

Result<Decoded> open_picture(const Job& job, Watch& watch) {
    if (job.raster != nullptr) {
        Picture picture = TRY(borrow(*job.raster, watch));
        const int height = size_of(picture).height;
        return Decoded{.picture = std::move(picture), .frame_height = height};
    }
    VipsImage* out = nullptr;
    if (load(job, &out) != 0) return decode_failure(job, watch);
    Decoded decoded{.picture = Picture(out)};
    if (job.decode.frames > 1) {
        decoded.frames = vips_image_get_n_pages(out);
        read_timing(out, decoded);
    }
    decoded.frame_height = size_of(decoded.picture).height / decoded.frames;
    TRY(check_decoded(decoded, job));
    watch.over(decoded.picture);
    return decoded;
}

Result<Picture> to_memory(const Picture& picture, const Job& job, Watch& watch) {
    VipsImage* memory = vips_image_copy_memory(picture.get());
    if (memory == nullptr) return decode_failure(job, watch);
    return Picture(memory);
}

Error decode_failure(const Job& job, Watch& watch) {
    return watch.failure(Code::corrupt, "The " + std::string(written_name(job.source.format)) +
                                            " is damaged or ends early: its header can be read, "
                                            "but its pixels cannot");
}

}  // namespace imagemill::image
