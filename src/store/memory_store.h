// memory_store: an ObjectStore in RAM, for tests and as the plainest statement of what a store is.
//
// Shapes:  Buckets are those named at the start. Pre-signed URLs are "memory://bucket/key?…", with
//          the options as parameters, so that a test can read them.
// Errors:  as object_store.h; never timeout, unavailable or forbidden.
// Threads: any; one mutex.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "store/object_store.h"

namespace imagemill::store {

// `clock` outlives the store.
std::unique_ptr<ObjectStore> make_memory_store(const Clock& clock,
                                               std::vector<std::string> buckets);

}  // namespace imagemill::store
