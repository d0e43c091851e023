#include "aws/s3_xml.h"
#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

Answer run(const ListBuckets&, Exchange& exchange) {
    const auto buckets = TRY(exchange.store.list_buckets());
    std::vector<aws::BucketEntry> entries;
    for (const StoredBucket& bucket : buckets) {
        entries.push_back({.name = bucket.name, .created = bucket.created});
    }
    return http::Response::text(200, kXmlType, aws::format_list_buckets(entries, kOwnerId));
}

}  // namespace imagemill::local::s3
