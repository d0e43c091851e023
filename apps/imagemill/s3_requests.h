// s3_requests: counts S3 requests by operation and how they ended, for /metrics.
//
// Threads: any.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "local/gateway/metrics.h"

namespace imagemill {

class S3RequestCounter final {
  public:
    void count(std::string_view operation, int status, std::string_view code);
    std::vector<local::S3Requests> list() const;

  private:
    using Kind = std::tuple<std::string, int, std::string>;
    mutable std::mutex mutex_;
    std::map<Kind, std::int64_t> counts_;  // Guarded by mutex_. Bounded: all three are our words.
};

}  // namespace imagemill
