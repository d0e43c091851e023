#include <algorithm>

#include "aws/s3_xml.h"
#include "local/s3/exchange.h"
#include "local/s3/parameters.h"

namespace imagemill::local::s3 {

Answer run(const ListBuckets& call, Exchange& exchange) {
    auto buckets = TRY(exchange.store.list_buckets());
    std::ranges::sort(buckets, {}, &StoredBucket::name);
    aws::BucketList list{.buckets = {}, .prefix = call.prefix};
    for (const StoredBucket& bucket : buckets) {
        if (!bucket.name.starts_with(call.prefix) || bucket.name <= call.after) continue;
        if (std::ssize(list.buckets) == call.max_buckets) {
            list.next_token = format_token(list.buckets.back().name);
            break;
        }
        list.buckets.push_back({.name = bucket.name, .created = bucket.created});
    }
    return http::Response::text(200, kXmlType, aws::format_list_buckets(list, kOwnerId));
}

}  // namespace imagemill::local::s3
