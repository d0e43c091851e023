#include "aws/s3_xml.h"
#include "local/s3/exchange.h"
#include "local/s3/listing_xml.h"
#include "local/s3/parameters.h"

namespace imagemill::local::s3 {

Answer run(const ListObjectsV2& call, Exchange& exchange) {
    ListAnswer page = TRY(find_page({.prefix = call.prefix,
                                     .delimiter = call.delimiter,
                                     .after = call.after,
                                     .count_max = call.max_keys},
                                    exchange));
    const aws::ListResult result{
        .bucket = exchange.operation.bucket,
        .prefix = call.prefix,
        .delimiter = call.delimiter,
        .start_after = call.start_after,
        .token = call.token,
        .next_token = page.next_after.empty() ? "" : format_token(page.next_after),
        .max_keys = call.max_keys,
        .encode_keys = call.encode_keys,
        .fetch_owner = call.fetch_owner,
        .entries = std::move(page.entries),
        .common_prefixes = std::move(page.common_prefixes)};
    return http::Response::text(200, kXmlType, aws::format_list_objects(result, kOwnerId));
}

}  // namespace imagemill::local::s3
