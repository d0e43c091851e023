// inverse_dct: size×size samples from the size×size lowest coefficients of an 8×8 block.
//
// Source: ITU T.81 A.3.3, evaluated at `size` points a side.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace imagemill::image {

class InverseDct final {
  public:
    // `quantiser` is the file's table, by rows of 8. `size` is 1, 2 or 4.
    InverseDct(const std::array<std::uint16_t, 64>& quantiser, int size);

    // `coefficients` as they are in the file, by rows of `size`.
    void run(const std::int16_t* coefficients, std::uint8_t* samples, std::ptrdiff_t stride) const;

  private:
    int size_;
    std::array<float, 16> factors_{};  // Quantiser and normalisation in one, by rows of `size`.
};

}  // namespace imagemill::image
