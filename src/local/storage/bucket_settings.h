// bucket_settings: what an owner says of a bucket as a whole: who hears of its changes, and texts
// that the store keeps and does not read.
//
// Shapes:  A setting has a name and one text, replaced whole. They go with their bucket.
//          A bucket whose owner said nothing has the notifications that the store was opened with;
//          an owner who says "none" has none.
// Errors:  no_such_bucket; unavailable (the disk); internal where a kept text is damaged.
// Threads: any.
// Cost:    a change waits for the disk, a read for nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace imagemill::local {

// Which function hears of which changes of a bucket. Of those with one id, the first that fits
// tells its function; so one change is told once, whatever the owner's list says twice.
struct Notification {
    std::string bucket;
    std::string event_prefix;  // "ObjectCreated:" for all of a kind, "ObjectCreated:Put" for one.
    std::string function;
    std::string id = {};
    std::string key_prefix = {};
    std::string key_suffix = {};
};

// Of one bucket's, those to tell of `event_name` ("ObjectCreated:Put") on `key`.
std::vector<Notification> matching(const std::vector<Notification>& notifications,
                                   const std::string& event_name, const std::string& key);

class BucketSettings {
  public:
    virtual ~BucketSettings() = default;

    // Nothing, where nothing was said.
    virtual Result<std::optional<std::string>> find(const std::string& bucket,
                                                    const std::string& name) = 0;
    virtual Result<void> put(const std::string& bucket, const std::string& name,
                             const std::string& text) = 0;
    virtual Result<void> remove(const std::string& bucket, const std::string& name) = 0;

    virtual Result<std::vector<Notification>> notifications(const std::string& bucket) = 0;
    virtual Result<void> set_notifications(const std::string& bucket,
                                           const std::vector<Notification>& notifications) = 0;
};

}  // namespace imagemill::local
