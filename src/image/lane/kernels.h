// kernels: the two inner loops of resample, as SIMD chosen at run time and in plain C++.
//
// Shapes:  blend_rows: the weighted sum of rows of bytes, as 16-bit samples with kRowBits of
// fraction;
//          writes whole vectors, up to kPlanePadding samples past `width`.
//          blend_across: the weighted sums along one such row, rounded to bytes.
// Source:  Highway's dispatch: https://github.com/google/highway (README, "Dynamic dispatch").
#pragma once

#include <cstdint>
#include <span>

#include "image/lane/axis.h"

namespace imagemill::image {

constexpr int kRowBits = 6;
constexpr int kDownTapsUnit = 2;
constexpr int kAcrossTapsUnit = 8;

using Rows = std::span<const std::uint8_t* const>;

void blend_rows(Rows rows, const std::int16_t* weights, int width, std::int16_t* out);
void blend_across(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out);

void blend_rows_plainly(Rows rows, const std::int16_t* weights, int width, std::int16_t* out);
void blend_across_plainly(const std::int16_t* row, const Axis& axis, int width, std::uint8_t* out);
// Only the outputs from `from` on: what is left over when vectors have taken the rest.
void blend_across_from(const std::int16_t* row, const Axis& axis, int from, int width,
                       std::uint8_t* out);

}  // namespace imagemill::image
