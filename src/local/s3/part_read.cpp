#include "local/s3/part_read.h"

#include "local/storage/multipart.h"

namespace imagemill::local::s3 {
namespace {

aws::S3Error invalid_part_number(int number, std::size_t count) {
    return {.code = "InvalidPartNumber",
            .status = 416,
            .message = "The requested partnumber is not satisfiable",
            .details = {{"PartNumberRequested", std::to_string(number)},
                        {"ActualPartCount", std::to_string(count)}}};
}

}  // namespace

Outcome<PartRead> find_part(const StoredObject& object, int number, const http::Headers& headers) {
    if (headers.get("Range")) {
        return invalid_request("Cannot specify both Range header and partNumber query parameter");
    }
    const auto sizes = TRY(parse_part_layout(object.attributes.part_layout));
    if (sizes.empty()) {
        if (number != 1) return invalid_part_number(number, 1);
        return PartRead{.span = {.offset = 0, .length = object.size_bytes}, .part_count = 0};
    }
    if (number > std::ssize(sizes)) return invalid_part_number(number, sizes.size());
    PartRead read{.span = {}, .part_count = static_cast<int>(sizes.size())};
    for (int before = 0; before < number - 1; ++before) {
        read.span.offset += sizes[static_cast<std::size_t>(before)];
    }
    read.span.length = sizes[static_cast<std::size_t>(number - 1)];
    return read;
}

}  // namespace imagemill::local::s3
