#include "image/lane/jpeg_decode.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>

#include "image/lane/inverse_dct.h"
#include "image/lane/jpeg_baseline.h"
#include "image/lane/jpeg_error.h"
#include "image/lane/jpeg_progressive.h"

namespace imagemill::image {
namespace {

constexpr int kRowsMax = 4 * DCTSIZE;  // Of one component in one row of MCUs.

// Asked by libjpeg while it reads all scans of a file before the first row.
struct Progress {
    jpeg_progress_mgr manager{};  // First: libjpeg hands this address back.
    const Stop& stop;
    bool has_stopped = false;
    bool has_too_many_scans = false;

    explicit Progress(const Stop& asked) : stop(asked) { manager.progress_monitor = look; }

    static void look(j_common_ptr info) {
        auto& progress = *reinterpret_cast<Progress*>(info->progress);
        const auto& decompressor = *reinterpret_cast<jpeg_decompress_struct*>(info);
        progress.has_too_many_scans = decompressor.input_scan_number > kJpegScansMax;
        progress.has_stopped = progress.stop && progress.stop();
        if (progress.has_too_many_scans || progress.has_stopped) info->err->error_exit(info);
    }
};

// Owns the decompressor; each method is one leg between two returns from libjpeg.
class Decoder final {
  public:
    Decoder(Bytes input, const Stop& stop) : progress_(stop) {
        info_.err = &handler_.manager;
        if (setjmp(handler_.target) != 0) {
            failed_ = true;
            return;
        }
        jpeg_create_decompress(&info_);
        info_.progress = &progress_.manager;
        jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(input.data()), input.size());
    }
    ~Decoder() { jpeg_destroy_decompress(&info_); }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    jpeg_decompress_struct& info() { return info_; }

    Result<void> read_header() {
        if (failed_) return handler_.error();
        if (setjmp(handler_.target) != 0) return handler_.error();
        jpeg_save_markers(&info_, JPEG_APP0 + 2, 0xFFFF);
        jpeg_read_header(&info_, TRUE);
        return {};
    }

    Result<Buffer> icc_profile() {
        if (setjmp(handler_.target) != 0) return handler_.error();
        JOCTET* data = nullptr;
        unsigned int length = 0;
        Buffer profile;
        if (jpeg_read_icc_profile(&info_, &data, &length) == TRUE) {
            const auto* bytes = reinterpret_cast<const std::byte*>(data);
            profile.assign(bytes, bytes + length);
            std::free(data);
        }
        return profile;
    }

    Result<void> start(int size) {
        if (setjmp(handler_.target) != 0) return error();
        info_.scale_num = static_cast<unsigned>(size);
        info_.scale_denom = DCTSIZE;
        info_.raw_data_out = TRUE;
        info_.do_fancy_upsampling = FALSE;
        jpeg_start_decompress(&info_);
        return {};
    }
    Error error() const {
        if (progress_.has_stopped) return Error{Code::timeout, "The decoding was stopped."};
        if (progress_.has_too_many_scans) return too_many_jpeg_scans();
        return handler_.error();
    }

    // One row of MCUs into rows that the caller has set.
    Result<void> read(JSAMPIMAGE rows, int lines) {
        if (setjmp(handler_.target) != 0) return error();
        jpeg_read_raw_data(&info_, rows, static_cast<JDIMENSION>(lines));
        if (handler_.ends_early) return jpeg_ends_early();
        return {};
    }

  private:
    JpegErrorHandler handler_;
    Progress progress_;
    jpeg_decompress_struct info_{};
    bool failed_ = false;
};

int ceil_divide(int value, int divisor) {
    return (value + divisor - 1) / divisor;
}

// The plane of a component: how much of it is picture, and room for whole MCUs.
Plane plane_of(const jpeg_decompress_struct& info, const jpeg_component_info& component) {
    const int scale = component.DCT_scaled_size;
    const int mcus_x =
        ceil_divide(static_cast<int>(info.image_width), info.max_h_samp_factor * DCTSIZE);
    const int mcus_y =
        ceil_divide(static_cast<int>(info.image_height), info.max_v_samp_factor * DCTSIZE);
    const double extent_x = double(info.image_width) * component.h_samp_factor * scale /
                            (info.max_h_samp_factor * DCTSIZE);
    const double extent_y = double(info.image_height) * component.v_samp_factor * scale /
                            (info.max_v_samp_factor * DCTSIZE);
    Plane plane = make_plane(
        static_cast<int>(std::ceil(extent_x)), static_cast<int>(std::ceil(extent_y)),
        mcus_x * component.h_samp_factor * scale, mcus_y * component.v_samp_factor * scale);
    plane.extent_x = extent_x;
    plane.extent_y = extent_y;
    return plane;
}

Result<void> read_rows(Decoder& decoder, Planes& planes, const Stop& stop) {
    jpeg_decompress_struct& info = decoder.info();
    std::array<std::array<JSAMPROW, kRowsMax>, 3> rows;
    std::array<JSAMPARRAY, 3> image{rows[0].data(), rows[1].data(), rows[2].data()};
    const int lines = info.max_v_samp_factor * info.min_DCT_scaled_size;
    const int mcus =
        ceil_divide(static_cast<int>(info.image_height), info.max_v_samp_factor * DCTSIZE);
    for (int mcu = 0; mcu < mcus; ++mcu) {
        for (std::size_t i = 0; i < planes.planes.size(); ++i) {
            const jpeg_component_info& component = info.comp_info[i];
            const int height = component.v_samp_factor * component.DCT_scaled_size;
            for (int row = 0; row < height; ++row) {
                rows[i][static_cast<std::size_t>(row)] = planes.planes[i].row(mcu * height + row);
            }
        }
        TRY(decoder.read(image.data(), lines));
        if (stop && stop()) return Error{Code::timeout, "The decoding was stopped."};
    }
    return {};
}

// The smallest size at which `length` samples become enough for `wanted` ones. Not just as many:
// cut off at so few coefficients a picture aliases, and the resize that follows cannot help it.
// With a quarter to spare, it is as near to the ideal as one that is decoded whole.
int choose_size(std::int64_t length, std::int64_t wanted) {
    int size = 1;
    while (size < DCTSIZE && length * size * 4 < wanted * DCTSIZE * 5) ++size;
    return size;
}

}  // namespace

Result<JpegHeader> read_jpeg_header(Bytes input) {
    const Stop never;
    Decoder decoder(input, never);
    TRY(decoder.read_header());
    const jpeg_decompress_struct& info = decoder.info();
    JpegHeader header{.width = static_cast<int>(info.image_width),
                      .height = static_cast<int>(info.image_height),
                      .components = info.num_components,
                      .progressive = info.progressive_mode == TRUE};
    header.ycc_or_grey = (info.num_components == 1 && info.jpeg_color_space == JCS_GRAYSCALE) ||
                         (info.num_components == 3 && info.jpeg_color_space == JCS_YCbCr);
    for (int i = 0; i < std::min(3, info.num_components); ++i) {
        header.sampling_x[i] = info.comp_info[i].h_samp_factor;
        header.sampling_y[i] = info.comp_info[i].v_samp_factor;
    }
    header.icc_profile = TRY(decoder.icc_profile());
    return header;
}

JpegSizes choose_jpeg_sizes(const JpegHeader& header, const JpegNeed& need) {
    const auto choose = [&](int component, int share) {
        const int x = header.sampling_x[component];
        const int y = header.sampling_y[component];
        const int size_x =
            choose_size(std::int64_t{header.width} * x * share,
                        std::int64_t{need.width} * std::ranges::max(header.sampling_x));
        const int size_y =
            choose_size(std::int64_t{header.height} * y * share,
                        std::int64_t{need.height} * std::ranges::max(header.sampling_y));
        return std::max(size_x, size_y);
    };
    if (header.components == 1) return {.luma = choose(0, 1), .chroma = 1};
    return {.luma = choose(0, 1),
            .chroma = std::max(choose(1, need.chroma_share), choose(2, need.chroma_share))};
}

Result<Planes> decode_jpeg(Bytes input, const JpegSizes& sizes, const Stop& stop) {
    JpegSizes chosen = sizes;
    // Sharper than size 6 is libjpeg's whole decode, which is the faster one there.
    if (chosen.luma <= kSizeMax) chosen.chroma = std::min(chosen.chroma, kSizeMax);
    Decoder decoder(input, stop);
    TRY(decoder.read_header());
    CHECK(decoder.info().num_components <= 3);
    if (chosen.luma <= kSizeMax) {
        auto planes = decoder.info().progressive_mode == TRUE
                          ? TRY(decode_progressive(input, chosen, stop))
                          : TRY(decode_baseline(input, chosen, stop));
        if (planes) return *std::move(planes);
    }
    // Sizes that are no power of two have no fast inverse DCT in libjpeg.
    TRY(decoder.start(static_cast<int>(std::bit_ceil(static_cast<unsigned>(chosen.luma)))));
    const jpeg_decompress_struct& info = decoder.info();
    Planes planes;
    for (int i = 0; i < info.num_components; ++i) {
        planes.planes.push_back(plane_of(info, info.comp_info[i]));
    }
    TRY(read_rows(decoder, planes, stop));
    return planes;
}

}  // namespace imagemill::image
