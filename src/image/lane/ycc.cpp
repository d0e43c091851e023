// Compiled once for each instruction set; the fastest the machine has is called.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/lane/ycc.cpp"
#include "image/lane/ycc.h"

#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

#include "image/lane/ycc_plain.h"

HWY_BEFORE_NAMESPACE();
namespace imagemill::image::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR

int convert_kernel(const YccRow&, std::uint8_t*) {
    return 0;
}

#else

// How many pixels it did: whole vectors.
int convert_kernel(const YccRow& row, std::uint8_t* rgb) {
    const hn::ScalableTag<std::int16_t> d16;
    const hn::Rebind<std::uint8_t, decltype(d16)> d8;
    const int step = static_cast<int>(hn::Lanes(d16));
    const auto middle = hn::Set(d16, 128);
    const auto half = hn::Set(d16, 1 << (kYccBits - 1));
    const auto read = [&](const std::uint8_t* samples, int x) {
        return hn::PromoteTo(d16, hn::LoadU(d8, samples + x));
    };
    const auto times = [&](auto value, std::int16_t factor) {
        return hn::MulFixedPoint15(value, hn::Set(d16, factor));
    };
    const auto byte = [&](auto value) {
        return hn::DemoteTo(d8, hn::ShiftRight<kYccBits>(hn::Add(value, half)));
    };
    int x = 0;
    for (; x + step <= row.width; x += step) {
        const auto y = hn::ShiftLeft<kYccBits>(read(row.y, x));
        const auto cb = hn::ShiftLeft<kYccBits>(hn::Sub(read(row.cb, x), middle));
        const auto cr = hn::ShiftLeft<kYccBits>(hn::Sub(read(row.cr, x), middle));
        const auto red = hn::Add(y, hn::Add(cr, times(cr, kRedOfCr)));
        const auto green = hn::Sub(hn::Sub(y, times(cb, kGreenOfCb)), times(cr, kGreenOfCr));
        const auto blue = hn::Add(y, hn::Sub(hn::Add(cb, cb), times(cb, kBlueOfCb)));
        hn::StoreInterleaved3(byte(red), byte(green), byte(blue), d8, rgb + 3 * x);
    }
    return x;
}

#endif

}  // namespace
}  // namespace imagemill::image::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imagemill::image {

HWY_EXPORT(convert_kernel);

void convert_ycc(const YccRow& row, std::uint8_t* rgb) {
    const int done = HWY_DYNAMIC_DISPATCH(convert_kernel)(row, rgb);
    convert_ycc_plainly(
        {.y = row.y + done, .cb = row.cb + done, .cr = row.cr + done, .width = row.width - done},
        rgb + 3 * done);
}

std::array<std::uint8_t, 3> to_ycc(const Color& color) {
    const double r = color.red, g = color.green, b = color.blue;
    const auto round = [](double value) {
        return static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
    };
    return {round(0.299 * r + 0.587 * g + 0.114 * b),
            round(128 - 0.168736 * r - 0.331264 * g + 0.5 * b),
            round(128 + 0.5 * r - 0.418688 * g - 0.081312 * b)};
}

Raster interleave(std::span<const Plane> planes) {
    const Plane& luma = planes.front();
    Raster raster{.size = {luma.width, luma.height}, .bands = planes.size() == 1 ? 1 : 3};
    raster.samples.reset(new std::uint8_t[raster.size_bytes()]);
    for (int y = 0; y < luma.height; ++y) {
        if (raster.bands == 1) {
            std::memcpy(raster.row(y), luma.row(y), static_cast<std::size_t>(luma.width));
        } else {
            convert_ycc({.y = luma.row(y),
                         .cb = planes[1].row(y),
                         .cr = planes[2].row(y),
                         .width = luma.width},
                        raster.row(y));
        }
    }
    return raster;
}

}  // namespace imagemill::image
#endif
