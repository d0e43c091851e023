// requeue: queues, at low priority, pictures that are in a store already.
//
// Errors:  of the store or the queue; of the page nothing is queued then.
// Threads: any.
// Cost:    a page is 500 pictures and one commit.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "local/gateway/operator_api.h"
#include "local/storage/disk_store.h"
#include "store/object_store.h"

namespace imagemill {

struct RequeueQuery {
    std::string bucket;
    std::string function;
    std::string prefix;
    std::string after;  // Where the page before ended, as it said.
};

// Of the server's own store, and of another.
Result<local::Requeued> requeue_page(local::DiskStore& store, const RequeueQuery& query, Time now);
Result<local::Requeued> requeue_page(store::ObjectStore& store, local::EventQueue& queue,
                                     const RequeueQuery& query, Time now);

}  // namespace imagemill
