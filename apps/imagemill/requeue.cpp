#include "requeue.h"

#include <vector>

#include "aws/s3_event.h"
#include "base/random.h"

namespace imagemill {
namespace {

constexpr int kPage = 500;

Result<local::Requeued> requeue(const std::vector<store::ListEntry>& entries, std::string next,
                                local::EventQueue& queue, const RequeueQuery& query, Time now) {
    std::vector<std::string> payloads;
    for (const store::ListEntry& entry : entries) {
        // A folder's marker is no picture.
        if (entry.key.ends_with('/')) continue;
        const store::ObjectEvent event{.kind = store::EventKind::created,
                                       .name = "ObjectCreated:Put",
                                       .bucket = query.bucket,
                                       .key = entry.key,
                                       .etag = entry.etag,
                                       .size_bytes = entry.size_bytes,
                                       .sequencer = std::string(16, '0'),
                                       .time = now};
        const aws::S3EventContext context{
            .configuration_id = "reprocess", .request_id = random_hex(8), .host_id = ""};
        payloads.push_back(aws::format_s3_event(event, context));
    }
    TRY(queue.add_all(query.function, payloads, {.priority = local::Priority::low}));
    return local::Requeued{.count = std::ssize(payloads), .next_after = std::move(next)};
}

}  // namespace

Result<local::Requeued> requeue_page(local::DiskStore& store, const RequeueQuery& query, Time now) {
    local::ListAnswer page = TRY(store.list(
        query.bucket,
        {.prefix = query.prefix, .delimiter = "", .after = query.after, .count_max = kPage}));
    return requeue(page.entries, std::move(page.next_after), store.events(), query, now);
}

Result<local::Requeued> requeue_page(store::ObjectStore& store, local::EventQueue& queue,
                                     const RequeueQuery& query, Time now) {
    store::ListPage page = TRY(store.list(
        query.bucket, {.prefix = query.prefix, .token = query.after, .count_max = kPage}));
    return requeue(page.entries, std::move(page.next_token), queue, query, now);
}

}  // namespace imagemill
