// ycc_plain: a row from Y, Cb, Cr to red, green, blue in plain C++, and the numbers it goes by; ycc
// does the same as SIMD, to the last bit.
//
// Source: JFIF 1.02, 7: red is Y + 1.402 Cr, green Y − 0.344136 Cb − 0.714136 Cr, blue Y + 1.772
// Cb,
//         with Cb and Cr around 128.
#pragma once

#include <cstdint>

namespace imagemill::image {

constexpr int kYccBits = 6;  // Of fraction, while 16 bits hold a sum.

constexpr std::int16_t fixed15(double value) {
    return static_cast<std::int16_t>(value * 32768 + 0.5);
}
constexpr std::int16_t kRedOfCr = fixed15(0.402);  // And a whole one.
constexpr std::int16_t kGreenOfCb = fixed15(0.344136);
constexpr std::int16_t kGreenOfCr = fixed15(0.714136);
constexpr std::int16_t kBlueOfCb = fixed15(2 - 1.772);  // That much less than two.

struct YccRow {
    const std::uint8_t* y = nullptr;
    const std::uint8_t* cb = nullptr;
    const std::uint8_t* cr = nullptr;
    int width = 0;
};

void convert_ycc(const YccRow& row, std::uint8_t* rgb);
void convert_ycc_plainly(const YccRow& row, std::uint8_t* rgb);

}  // namespace imagemill::image
