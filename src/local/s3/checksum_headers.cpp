#include "local/s3/checksum_headers.h"

#include "local/s3/checksums.h"

namespace imagemill::local::s3 {

void add_checksum_headers(const Attributes& attributes, http::Headers& headers) {
    const Algorithm* algorithm = find_algorithm(attributes.checksum_algorithm);
    if (algorithm == nullptr || attributes.checksum.empty()) return;
    headers.set(algorithm->header, attributes.checksum);
    headers.set("x-amz-checksum-type", attributes.checksum_type);
}

}  // namespace imagemill::local::s3
