#include "image/memory.h"

#include <algorithm>

#include "image/limits.h"

namespace imagemill::image {
namespace {

// Figures measured with libvips 8.18 and libjpeg-turbo 2.1, in bytes.
constexpr std::int64_t kProgram = 40'000'000;  // Beside any render.
constexpr std::int64_t kLaneBase = 4'000'000;
constexpr std::int64_t kLibvipsBase = 16'000'000;  // The library itself, loaded and relocated.
constexpr std::int64_t kStreamBase = 16'000'000;   // Its threads and buffers, where it decodes.
constexpr std::int64_t kAvifEncoder = 8'000'000;   // Beside what its pixels take.
constexpr double kFileBytes = 0.3;                 // Of an output pixel, in the file.
constexpr std::int64_t kRowsInFlight = 160;        // Of the source, in a stream through a resize.

std::int64_t area(Size size) {
    return std::int64_t{size.width} * size.height;
}

std::int64_t scaled(std::int64_t value, double by) {
    return static_cast<std::int64_t>(static_cast<double>(value) * by);
}

// Of an output pixel in its encoder, with the file that it makes.
double bytes_to_encode(Format format, const Plan& plan, bool has_alpha) {
    switch (format) {
        case Format::jpeg:
            return 4;  // Coefficients, for tables made to fit.
        case Format::png:
            return plan.progressive.value_or(false) ? 6 : 2;
        case Format::webp:
            return has_alpha ? 27 : 10;
        case Format::avif:
            return has_alpha ? 58 : 34;
        case Format::gif:
            return 30;
        default:
            return 4;
    }
}

double bytes_to_encode(const Plan& plan, bool has_alpha) {
    return std::max(bytes_to_encode(plan.format_opaque, plan, has_alpha),
                    bytes_to_encode(plan.format_alpha, plan, has_alpha));
}

// Of several frames all lie ready; the encoder takes them one by one.
std::int64_t estimate_output(const Plan& plan, const Info& source, double pixel_bytes) {
    const double in_encoder = bytes_to_encode(plan, source.has_alpha);
    const std::int64_t frame = area(plan.size);
    const bool is_avif = plan.format_opaque == Format::avif || plan.format_alpha == Format::avif;
    const std::int64_t base = is_avif ? kAvifEncoder : 0;
    if (plan.frames == 1) return base + scaled(frame, pixel_bytes + in_encoder);
    return scaled(frame, in_encoder) + scaled(frame * plan.frames, 2 * pixel_bytes);
}

std::vector<View> views_of(const Job& job) {
    std::vector<View> views;
    for (const Plan& plan : job.plans) {
        if (std::ranges::find(views, plan.view) == views.end()) views.push_back(plan.view);
    }
    return views;
}

// The picture as libvips decodes it: of a JPEG and a WebP a part of each side, of an SVG the
// drawing.
std::int64_t decoded_pixels(const Job& job) {
    const Size size = job.decode.size;
    if (job.source.format == Format::jpeg) {
        return area(size) * job.decode.eighths * job.decode.eighths / 64;
    }
    const std::int64_t pixels = pixels_of(size.width, size.height, job.decode.frames);
    return scaled(pixels, job.decode.scale * job.decode.scale);
}

// Several views, or one that does not serve the placeholder, have the pixels kept.
bool is_kept(const Job& job, const std::vector<View>& views) {
    const View& sample = job.decode.sample;
    const bool serves = std::ranges::any_of(views, [&sample](const View& view) {
        return view.part == sample.part && view.turn == sample.turn && view.color == sample.color &&
               view.size.width >= sample.size.width && view.size.height >= sample.size.height;
    });
    return views.size() > 1 || !serves || job.decode.frames > 1;
}

// Beside the pixels it gives.
double bytes_to_decode(Format format) {
    switch (format) {
        case Format::webp:
            return 5;  // Planes, while they become red, green and blue.
        case Format::avif:
        case Format::heic:
            return 12.5;  // Planes of up to 12 bits, and tiles.
        case Format::gif:
            return 1;  // Its own palette's indices.
        default:
            return 0;
    }
}

bool is_finished_by_libvips(const Plan& plan) {
    return plan.format_opaque != Format::jpeg || !plan.cut_at || plan.blur != 0 ||
           plan.sharpen != 0;
}

// A step after the view makes a picture of its own.
bool changes(const Plan& plan, const Info& source) {
    return plan.frames > 1 || plan.cuts() || plan.pads() || plan.blur != 0 || plan.sharpen != 0 ||
           source.has_alpha;
}

std::int64_t rounded_up(std::int64_t bytes, std::int64_t unit) {
    return (bytes + unit - 1) / unit;
}

Result<void> check_render(std::int64_t estimate, std::int64_t bytes_max) {
    if (estimate <= bytes_max) return {};
    const auto megabytes = [](std::int64_t bytes) {
        return std::to_string(rounded_up(bytes, 1'000'000)) + " MB";
    };
    return Error{.code = Code::too_large,
                 .message = "The picture would take about " + megabytes(estimate) +
                            " of memory to render; at most " + megabytes(bytes_max) +
                            " are allowed (IMAGEMILL_MAX_MEMORY).",
                 .exceeded = Exceeded{"IMAGEMILL_MAX_MEMORY", bytes_max, estimate}};
}

// In the megabytes that Lambda counts in. Above them the kernel would end the process without a
// word.
Result<void> check_function(std::int64_t bytes, std::int64_t megabytes_max) {
    const std::int64_t megabytes = rounded_up(bytes, 1 << 20);
    if (megabytes_max == 0 || megabytes <= megabytes_max) return {};
    return Error{.code = Code::too_large,
                 .message = "The picture, its file and the program would take about " +
                            std::to_string(megabytes) + " MB of memory; the function has " +
                            std::to_string(megabytes_max) +
                            " MB (AWS_LAMBDA_FUNCTION_MEMORY_SIZE).",
                 .exceeded = Exceeded{"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes_max, megabytes}};
}

}  // namespace

std::int64_t estimate_lane(const Job& job, const JpegHeader& header, const JpegSizes& sizes) {
    constexpr int kOwnSizeMax = 6;
    const Storage storage = read_storage(job.input, job.source);
    const std::int64_t blocks = storage.samples / 64;
    std::int64_t shares = 0;
    for (int i = 0; i < header.components; ++i) {
        shares += std::int64_t{header.sampling_x[i]} * header.sampling_y[i];
    }
    const std::int64_t luma = header.components == 1
                                  ? blocks
                                  : blocks * header.sampling_x[0] * header.sampling_y[0] / shares;
    const auto coefficients = [&](int size) {
        if (!storage.has_scans) return 0;
        return sizes.luma > kOwnSizeMax ? 128 : 8 + 2 * size * size;  // libjpeg keeps all 64.
    };
    const std::int64_t chroma = blocks - luma;
    const std::int64_t planes =
        luma * sizes.luma * sizes.luma + chroma * sizes.chroma * sizes.chroma;
    const std::int64_t decoding =
        luma * coefficients(sizes.luma) + chroma * coefficients(sizes.chroma);
    const bool hands_over = std::ranges::any_of(job.plans, is_finished_by_libvips);
    const double pixel_bytes = hands_over ? 7 : 2;  // Planes and a raster, or planes alone.
    std::int64_t most = decoding;
    std::int64_t files = 0;
    for (const Plan& plan : job.plans) {
        most = std::max(most, estimate_output(plan, job.source, pixel_bytes));
        files += scaled(area(plan.size), kFileBytes);
    }
    return kLaneBase + (hands_over ? kLibvipsBase : 0) + planes + most + files;
}

std::int64_t estimate_libvips(const Job& job) {
    const Storage storage = read_storage(job.input, job.source);
    const double pixel_bytes = storage.bands * (storage.bits / 8.0);
    const std::vector<View> views = views_of(job);
    const std::int64_t pixels = decoded_pixels(job);
    std::int64_t decoded = 0;
    if (storage.has_scans) decoded += storage.samples * 2;
    if (storage.is_whole) {
        decoded += scaled(pixels, pixel_bytes + bytes_to_decode(job.source.format));
    }
    if (is_kept(job, views)) decoded += scaled(pixels, pixel_bytes);
    // Weighed by an alpha of more than 8 bits, samples are floats, in several steps.
    const bool has_floats = job.source.has_alpha && storage.bits > 8;
    const double row_bytes = has_floats ? storage.bands * 12 : pixel_bytes;
    decoded += scaled(job.decode.size.width, row_bytes * kRowsInFlight);
    std::int64_t seen = 0;
    for (const View& view : views) {
        seen += area(view.size) * storage.bands * (view.turn.is_none() ? 1 : 2);
    }
    std::int64_t most = 0;
    std::int64_t files = 0;
    for (const Plan& plan : job.plans) {
        const int bands = changes(plan, job.source) ? storage.bands : 0;
        most = std::max(most, estimate_output(plan, job.source, bands));
        files += scaled(area(plan.size) * plan.frames, kFileBytes);
    }
    return kLibvipsBase + kStreamBase + decoded + seen + most + files;
}

Result<void> check_memory(const Job& job, std::int64_t estimate) {
    TRY(check_render(estimate, job.limits.memory_max));
    const auto input = static_cast<std::int64_t>(job.input.size());
    return check_function(estimate + input + kProgram, job.limits.function_megabytes);
}

}  // namespace imagemill::image
