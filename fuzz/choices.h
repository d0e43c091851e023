// choices: what an input's last bytes choose, so that a mutation changes what is asked for, or the
// picture, and seldom both.
//
// Shapes:  A byte that is not there reads as 0, and 0 chooses what a Spec has anyway.
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "image/image.h"

namespace imagemill::fuzz {

inline constexpr std::size_t kTailBytes = 32;

class Choices final {
  public:
    explicit Choices(Bytes tail) : tail_(tail) {}

    std::uint8_t byte();
    // 0 to count - 1.
    int below(int count) { return byte() % count; }
    // True for one byte in `count`, never for 0.
    bool seldom(int count) { return byte() % count == count - 1; }

  private:
    Bytes tail_;
};

struct Input {
    Bytes picture;
    Bytes tail;
};

// An input too short for both is all picture.
Input split(Bytes input);

// Any spec a recipe may hold, and some it may not; boxes are small, so that runs are fast.
image::Spec choose_spec(Choices& choices);

// Small, so that no input takes long; passed by most seeds.
image::Limits small_limits();

}  // namespace imagemill::fuzz
