#include "image/lane/jpeg_encode.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include "image/lane/jpeg_error.h"

namespace imagemill::image {
namespace {

// Owns the compressor and the memory it writes to.
class Encoder final {
  public:
    Encoder() {
        info_.err = &handler_.manager;
        if (setjmp(handler_.target) != 0) {
            failed_ = true;
            return;
        }
        jpeg_create_compress(&info_);
        jpeg_mem_dest(&info_, &bytes_, &size_);
    }
    ~Encoder() {
        jpeg_destroy_compress(&info_);
        std::free(bytes_);
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;

    jpeg_compress_struct& info() { return info_; }

    Result<void> start(const Planes& planes, const JpegOptions& options) {
        if (failed_) return handler_.error();
        if (setjmp(handler_.target) != 0) return handler_.error();
        const int count = static_cast<int>(planes.planes.size());
        info_.image_width = static_cast<JDIMENSION>(planes.planes[0].width);
        info_.image_height = static_cast<JDIMENSION>(planes.planes[0].height);
        info_.input_components = count;
        info_.in_color_space = count == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
        jpeg_set_defaults(&info_);
        jpeg_set_quality(&info_, options.quality, TRUE);
        if (options.progressive) jpeg_simple_progression(&info_);
        info_.optimize_coding = options.optimize ? TRUE : FALSE;
        info_.raw_data_in = TRUE;
        info_.comp_info[0].h_samp_factor = planes.sampling_x;
        info_.comp_info[0].v_samp_factor = planes.sampling_y;
        jpeg_start_compress(&info_, TRUE);
        if (!options.icc_profile.empty()) {
            jpeg_write_icc_profile(&info_,
                                   reinterpret_cast<const JOCTET*>(options.icc_profile.data()),
                                   static_cast<unsigned>(options.icc_profile.size()));
        }
        return {};
    }

    Result<void> write(JSAMPIMAGE rows, int lines) {
        if (setjmp(handler_.target) != 0) return handler_.error();
        jpeg_write_raw_data(&info_, rows, static_cast<JDIMENSION>(lines));
        return {};
    }

    Result<void> finish() {
        if (setjmp(handler_.target) != 0) return handler_.error();
        jpeg_finish_compress(&info_);
        return {};
    }

    Buffer take() const {
        const auto* bytes = reinterpret_cast<const std::byte*>(bytes_);
        return {bytes, bytes + size_};
    }

  private:
    JpegErrorHandler handler_;
    jpeg_compress_struct info_{};
    unsigned char* bytes_ = nullptr;
    unsigned long size_ = 0;
    bool failed_ = false;
};

int round_up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

// Repeats the last column and row up to whole MCUs: the cheapest continuation to encode.
void fill_up(Plane& plane, int width, int height) {
    for (int y = 0; y < plane.height; ++y) {
        std::uint8_t* row = plane.row(y);
        std::memset(row + plane.width, row[plane.width - 1],
                    static_cast<std::size_t>(width - plane.width));
    }
    for (int y = plane.height; y < height; ++y) {
        std::memcpy(plane.row(y), plane.row(plane.height - 1), static_cast<std::size_t>(width));
    }
}

}  // namespace

int encoded_length(int length, int sampling) {
    return round_up(length, sampling * DCTSIZE);
}

Result<Buffer> encode_jpeg(Planes& planes, const JpegOptions& options, const Stop& stop) {
    const int lines = planes.sampling_y * DCTSIZE;
    const int width = encoded_length(planes.planes[0].width, planes.sampling_x);
    const int height = encoded_length(planes.planes[0].height, planes.sampling_y);
    for (std::size_t i = 0; i < planes.planes.size(); ++i) {
        fill_up(planes.planes[i], i == 0 ? width : width / planes.sampling_x,
                i == 0 ? height : height / planes.sampling_y);
    }
    Encoder encoder;
    TRY(encoder.start(planes, options));
    std::array<std::array<JSAMPROW, 2 * DCTSIZE>, 3> rows{};
    std::array<JSAMPARRAY, 3> image{rows[0].data(), rows[1].data(), rows[2].data()};
    for (int y = 0; y < height; y += lines) {
        for (std::size_t i = 0; i < planes.planes.size(); ++i) {
            const int count = i == 0 ? lines : DCTSIZE;
            const int first = i == 0 ? y : y / planes.sampling_y;
            for (int row = 0; row < count; ++row) {
                rows[i][static_cast<std::size_t>(row)] = planes.planes[i].row(first + row);
            }
        }
        TRY(encoder.write(image.data(), lines));
        if (stop && stop()) return Error{Code::timeout, "The encoding was stopped."};
    }
    TRY(encoder.finish());
    return encoder.take();
}

}  // namespace imagemill::image
