#include "image/lane/test_reference.h"

#include <jpeglib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

namespace imagemill::image {
namespace {

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

std::vector<TestJpeg> noisy_kinds() {
    std::vector<TestJpeg> kinds;
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
        kinds.push_back({.colors = JpegColors::grey, .progressive = progressive});
        for (const int quality : {5, 50, 100}) {
            kinds.push_back(
                {.width = 301, .height = 33, .progressive = progressive, .quality = quality});
        }
        kinds.push_back({.width = 1, .height = 1, .progressive = progressive});
        kinds.push_back({.width = 400, .height = 100, .progressive = progressive, .quality = 98});
    }
    for (TestJpeg& kind : kinds) kind.picture = JpegPicture::noisy;
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
