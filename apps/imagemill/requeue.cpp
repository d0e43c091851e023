#include "requeue.h"

#include <vector>

#include "aws/s3_event.h"
#include "base/random.h"

namespace imagemill {
namespace {

constexpr int kPage = 500;

}  // namespace

Result<local::Requeued> requeue_page(local::DiskStore& store, const RequeueQuery& query, Time now) {
    const local::ListAnswer page = TRY(store.list(
        query.bucket,
        {.prefix = query.prefix, .delimiter = "", .after = query.after, .count_max = kPage}));
    local::Requeued requeued;
    std::vector<std::string> payloads;
    for (const store::ListEntry& entry : page.entries) {
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
    TRY(store.events().add_all(query.function, payloads, local::Priority::low));
    requeued.count = std::ssize(payloads);
    requeued.next_after = page.next_after;
    return requeued;
}

}  // namespace imagemill
