#include "image/lane/test_jpeg.h"

#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <random>

#include "base/check.h"

namespace imagemill::image {
namespace {

int channels_of(JpegColors colors) {
    if (colors == JpegColors::grey) return 1;
    return colors == JpegColors::ycc ? 3 : 4;
}

double smooth(double u, double v, int channel) {
    const double wave = 20 * std::sin(9 * u * std::numbers::pi) * std::cos(7 * v);
    const double values[4] = {40 + 160 * u + wave, 60 + 130 * v - wave,
                              200 - 90 * u - 70 * v + wave, 255 - 60 * u};
    return values[channel];
}

double noisy(int x, int y, int channel, std::mt19937& random) {
    const int tile = (x / 16 * 7 + y / 16 * 3) % 5;
    const int gradient = tile == 0 ? 0 : x + y;
    const int noise = tile < 2 ? 0 : static_cast<int>(random() % (2U << tile)) * 9;
    return 60 + 40 * channel + gradient + noise;
}

void fill_row(const TestJpeg& options, int y, std::mt19937& random,
              std::vector<std::uint8_t>& row) {
    const int channels = channels_of(options.colors);
    const auto sample = [&](int x, int channel) -> double {
        switch (options.picture) {
            case JpegPicture::smooth:
                return smooth(static_cast<double>(x) / options.width,
                              static_cast<double>(y) / options.height, channel);
            case JpegPicture::constant:
                return options.color[static_cast<std::size_t>(channel)];
            case JpegPicture::halves:
                return 2 * x < options.width ? 255 : 0;
            case JpegPicture::noisy:
                return noisy(x, y, channel, random);
        }
        return 0;
    };
    for (int x = 0; x < options.width; ++x) {
        for (int c = 0; c < channels; ++c) {
            row[static_cast<std::size_t>(x * channels + c)] =
                static_cast<std::uint8_t>(std::clamp(sample(x, c), 0.0, 255.0));
        }
    }
}

void set_colors(jpeg_compress_struct& info, const TestJpeg& options) {
    info.input_components = channels_of(options.colors);
    info.in_color_space = info.input_components == 1   ? JCS_GRAYSCALE
                          : info.input_components == 3 ? JCS_RGB
                                                       : JCS_CMYK;
    jpeg_set_defaults(&info);
    if (options.colors == JpegColors::ycck) jpeg_set_colorspace(&info, JCS_YCCK);
    if (options.colors != JpegColors::ycc) return;
    info.comp_info[0].h_samp_factor = options.sampling_x;
    info.comp_info[0].v_samp_factor = options.sampling_y;
}

void write_exif(jpeg_compress_struct& info, int orientation) {
    const unsigned char exif[] = {'E',  'x',
                                  'i',  'f',
                                  0,    0,
                                  'M',  'M',
                                  0,    42,
                                  0,    0,
                                  0,    8,
                                  0,    1,
                                  0x01, 0x12,
                                  0,    3,
                                  0,    0,
                                  0,    1,
                                  0,    static_cast<unsigned char>(orientation),
                                  0,    0,
                                  0,    0,
                                  0,    0};
    jpeg_write_marker(&info, JPEG_APP0 + 1, exif, sizeof exif);
}

}  // namespace

std::string TestJpeg::name() const {
    return std::to_string(width) + "x" + std::to_string(height) +
           (colors == JpegColors::grey ? " grey" : "") + (progressive ? " progressive" : "") +
           " sampling " + std::to_string(sampling_x) + "x" + std::to_string(sampling_y) +
           " restart " + std::to_string(restart_mcus) + " quality " + std::to_string(quality);
}

Buffer make_test_jpeg(const TestJpeg& options) {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(options.width);
    info.image_height = static_cast<JDIMENSION>(options.height);
    set_colors(info, options);
    jpeg_set_quality(&info, options.quality, TRUE);
    if (options.progressive) jpeg_simple_progression(&info);
    info.optimize_coding = options.optimise ? TRUE : FALSE;
    info.restart_in_rows = options.restart_rows;
    info.restart_interval = static_cast<unsigned>(options.restart_mcus);
    jpeg_start_compress(&info, TRUE);
    if (options.orientation != 1) write_exif(info, options.orientation);
    std::mt19937 random(1);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(options.width) * 4);
    for (int y = 0; y < options.height; ++y) {
        fill_row(options, y, random, row);
        JSAMPROW pointer = row.data();
        jpeg_write_scanlines(&info, &pointer, 1);
    }
    jpeg_finish_compress(&info);
    const auto* start = reinterpret_cast<const std::byte*>(bytes);
    Buffer file(start, start + size);
    jpeg_destroy_compress(&info);
    std::free(bytes);
    return file;
}

Rgb decode_rgb(Bytes jpeg) {
    jpeg_decompress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&info, TRUE);
    info.out_color_space = JCS_RGB;
    jpeg_start_decompress(&info);
    Rgb rgb{.width = static_cast<int>(info.output_width),
            .height = static_cast<int>(info.output_height),
            .samples =
                std::vector<std::uint8_t>(std::size_t{info.output_width} * info.output_height * 3)};
    while (info.output_scanline < info.output_height) {
        JSAMPROW row =
            rgb.samples.data() + std::size_t{info.output_scanline} * info.output_width * 3;
        jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    return rgb;
}

double psnr(const Rgb& a, const Rgb& b) {
    CHECK(a.width == b.width && a.height == b.height);
    double sum = 0;
    for (std::size_t i = 0; i < a.samples.size(); ++i) {
        const double difference = double(a.samples[i]) - b.samples[i];
        sum += difference * difference;
    }
    if (sum == 0) return 99;
    return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.samples.size()) / sum);
}

}  // namespace imagemill::image
