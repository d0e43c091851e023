// histogram: how long things took, in buckets that are the same for all.
//
// Units:   milliseconds; a bucket counts what took at most its bound. The last has no bound.
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.h"

namespace imagemill::local {

class Histogram final {
  public:
    static constexpr std::array<std::int64_t, 16> kBoundsMs{
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1'000, 2'000, 5'000, 10'000, 30'000, 60'000, 900'000};

    void add(Milliseconds duration) {
        std::size_t index = 0;
        while (index < kBoundsMs.size() && duration.count() > kBoundsMs[index]) ++index;
        ++counts_[index];
        sum_ += duration;
    }
    // As many as took at most kBoundsMs[index]; all of them where index is kBoundsMs.size().
    std::int64_t count_up_to(std::size_t index) const {
        std::int64_t count = 0;
        for (std::size_t i = 0; i <= index; ++i) count += counts_[i];
        return count;
    }
    std::int64_t count() const { return count_up_to(kBoundsMs.size()); }
    Milliseconds sum() const { return sum_; }

  private:
    std::array<std::int64_t, kBoundsMs.size() + 1> counts_{};
    Milliseconds sum_{0};
};

}  // namespace imagemill::local
