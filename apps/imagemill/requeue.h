// requeue: queues, at low priority, pictures that are in the store already.
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

namespace imagemill {

struct RequeueQuery {
    std::string bucket;
    std::string function;
    std::string prefix;
    std::string after;  // Keys after this one.
};

Result<local::Requeued> requeue_page(local::DiskStore& store, const RequeueQuery& query, Time now);

}  // namespace imagemill
