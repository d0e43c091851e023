#include "image/lane/test_reference.h"

#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <random>

namespace imagemill::image {
namespace {

// By tiles of 16: flat, a gradient, or noise on it.
void fill_row(const NoisyJpeg& options, int y, std::mt19937& random, std::vector<JSAMPLE>& row) {
    const int channels = options.grey ? 1 : 3;
    for (int x = 0; x < options.width; ++x) {
        const int tile = (x / 16 * 7 + y / 16 * 3) % 5;
        const int strength = tile < 2 ? 0 : 1 << (tile + 3);
        const int gradient = tile == 0 ? 0 : x + y;
        for (int c = 0; c < channels; ++c) {
            const int noise = strength == 0 ? 0 : static_cast<int>(random() % (2U << tile)) * 9;
            row[static_cast<std::size_t>(x * channels + c)] =
                static_cast<JSAMPLE>(std::clamp(60 + 40 * c + gradient + noise, 0, 255));
        }
    }
}

double weight(int size, int x, int k) {
    const double angle = (2 * x + 1) * k * std::numbers::pi / (2 * size);
    return k == 0 ? std::sqrt(0.125) : 0.5 * std::cos(angle);
}

void put_block(const JCOEF* block, const UINT16* quantiser, int size, ReferencePlane& plane,
               int left, int top) {
    for (int y = 0; y < size; ++y) {
        for (int x = 0; x < size; ++x) {
            double sum = 128;
            for (int v = 0; v < size; ++v) {
                for (int u = 0; u < size; ++u) {
                    sum += weight(size, y, v) * weight(size, x, u) * block[v * 8 + u] *
                           quantiser[v * 8 + u];
                }
            }
            plane.samples[static_cast<std::size_t>((top + y) * plane.width + left + x)] =
                std::clamp(sum, 0.0, 255.0);
        }
    }
}

}  // namespace

std::string NoisyJpeg::name() const {
    return std::to_string(width) + "x" + std::to_string(height) + (grey ? " grey" : "") +
           (progressive ? " progressive" : "") + " sampling " + std::to_string(sampling_x) + "x" +
           std::to_string(sampling_y) + " restart " + std::to_string(restart_mcus) + " quality " +
           std::to_string(quality);
}

Buffer make_noisy_jpeg(const NoisyJpeg& options) {
    jpeg_compress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* bytes = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &bytes, &size);
    info.image_width = static_cast<JDIMENSION>(options.width);
    info.image_height = static_cast<JDIMENSION>(options.height);
    info.input_components = options.grey ? 1 : 3;
    info.in_color_space = options.grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, options.quality, TRUE);
    if (!options.grey) {
        info.comp_info[0].h_samp_factor = options.sampling_x;
        info.comp_info[0].v_samp_factor = options.sampling_y;
    }
    if (options.progressive) jpeg_simple_progression(&info);
    info.optimize_coding = options.optimise ? TRUE : FALSE;
    info.restart_interval = static_cast<unsigned>(options.restart_mcus);
    jpeg_start_compress(&info, TRUE);
    std::mt19937 random(options.seed);
    std::vector<JSAMPLE> row(static_cast<std::size_t>(options.width) * 3);
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

std::vector<NoisyJpeg> noisy_kinds() {
    std::vector<NoisyJpeg> kinds;
    for (const bool progressive : {false, true}) {
        for (const auto& [x, y] : {std::pair(1, 1), {2, 1}, {2, 2}, {1, 2}}) {
            for (const int restart : {0, 1, 3}) {
                kinds.push_back({.progressive = progressive,
                                 .sampling_x = x,
                                 .sampling_y = y,
                                 .restart_mcus = restart,
                                 .optimise = restart == 3});
            }
        }
        kinds.push_back({.grey = true, .progressive = progressive});
        for (const int quality : {5, 50, 100}) {
            kinds.push_back(
                {.width = 301, .height = 33, .progressive = progressive, .quality = quality});
        }
        kinds.push_back({.width = 1, .height = 1, .progressive = progressive});
        kinds.push_back({.width = 400, .height = 100, .progressive = progressive, .quality = 98});
    }
    return kinds;
}

std::vector<ReferencePlane> reference_planes(Bytes jpeg, int size) {
    jpeg_decompress_struct info;
    jpeg_error_mgr errors;
    info.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&info);
    jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&info, TRUE);
    jvirt_barray_ptr* arrays = jpeg_read_coefficients(&info);
    std::vector<ReferencePlane> planes;
    for (int i = 0; i < info.num_components; ++i) {
        const jpeg_component_info& component = info.comp_info[i];
        const int across = static_cast<int>(component.width_in_blocks);
        const int down = static_cast<int>(component.height_in_blocks);
        ReferencePlane plane{.width = across * size, .height = down * size, .samples = {}};
        plane.samples.resize(static_cast<std::size_t>(plane.width * plane.height));
        for (int y = 0; y < down; ++y) {
            JBLOCKARRAY rows =
                info.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&info), arrays[i],
                                             static_cast<JDIMENSION>(y), 1, FALSE);
            for (int x = 0; x < across; ++x) {
                put_block(rows[0][x], component.quant_table->quantval, size, plane, x * size,
                          y * size);
            }
        }
        planes.push_back(std::move(plane));
    }
    jpeg_destroy_decompress(&info);
    return planes;
}

}  // namespace imagemill::image
