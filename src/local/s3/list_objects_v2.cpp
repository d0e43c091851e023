#include "aws/s3_xml.h"
#include "local/s3/exchange.h"
#include "local/s3/router.h"

namespace imagemill::local::s3 {
namespace {

Outcome<ListAnswer> find_page(const ListObjectsV2& call, Exchange& exchange) {
    const std::string& bucket = exchange.operation.bucket;
    // No keys asked for, none looked up; only that the bucket is there.
    if (call.max_keys == 0) {
        TRY(exchange.store.head_bucket(bucket));
        return ListAnswer{};
    }
    const ListQuery query{.prefix = call.prefix,
                          .delimiter = call.delimiter,
                          .after = call.after,
                          .count_max = call.max_keys};
    ListAnswer page = TRY(exchange.store.list(bucket, query));
    return page;
}

}  // namespace

Answer run(const ListObjectsV2& call, Exchange& exchange) {
    ListAnswer page = TRY(find_page(call, exchange));
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
