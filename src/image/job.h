// job: one picture to be rendered, with all that was decided before there are pixels; and what
// comes of it. What the lanes have in common.
//
// Threads: plain values. A Job is borrowed for the length of one call.
#pragma once

#include <chrono>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "image/image.h"
#include "image/plan.h"
#include "image/raster.h"
#include "image/thumbhash.h"

namespace imagemill::image {

struct Job {
    Bytes input;
    const Info& source;
    const std::vector<Plan>& plans;
    const DecodePlan& decode;
    const Limits& limits;
    const Stop& stop;
    // The pixels, where a reader of our own decoded them: libvips has no part in that format.
    const Raster* raster = nullptr;
};

struct Work {
    std::vector<Output> outputs = {};  // In the order of the plans.
    Pixels sample = {};
    Timings timings = {};
};

// The time since the last lap, in microseconds.
class Stopwatch final {
  public:
    std::int64_t lap() {
        const auto now = std::chrono::steady_clock::now();
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - last_);
        last_ = now;
        return took.count();
    }

  private:
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace imagemill::image
