#include "s3_requests.h"

namespace imagemill {

void S3RequestCounter::count(std::string_view operation, int status, std::string_view code) {
    const std::lock_guard lock(mutex_);
    ++counts_[Kind(operation, status, code)];
}

std::vector<local::S3Requests> S3RequestCounter::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<local::S3Requests> requests;
    for (const auto& [kind, count] : counts_) {
        const auto& [operation, status, code] = kind;
        requests.push_back(
            {.operation = operation, .status = status, .code = code, .count = count});
    }
    return requests;
}

}  // namespace imagemill
