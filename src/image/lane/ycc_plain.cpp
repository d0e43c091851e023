#include "image/lane/ycc_plain.h"

#include <algorithm>

namespace imagemill::image {
namespace {

int times(int value, std::int16_t factor) {
    return (value * factor + (1 << 14)) >> 15;
}

std::uint8_t to_byte(int value) {
    return static_cast<std::uint8_t>(
        std::clamp((value + (1 << (kYccBits - 1))) >> kYccBits, 0, 255));
}

}  // namespace

void convert_ycc_plainly(const YccRow& row, std::uint8_t* rgb) {
    constexpr int kOne = 1 << kYccBits;
    for (int x = 0; x < row.width; ++x, rgb += 3) {
        const int y = row.y[x] * kOne;
        const int cb = (row.cb[x] - 128) * kOne;
        const int cr = (row.cr[x] - 128) * kOne;
        rgb[0] = to_byte(y + cr + times(cr, kRedOfCr));
        rgb[1] = to_byte(y - times(cb, kGreenOfCb) - times(cr, kGreenOfCr));
        rgb[2] = to_byte(y + 2 * cb - times(cb, kBlueOfCb));
    }
}

}  // namespace imagemill::image
