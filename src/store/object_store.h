// object_store: named bytes with conditions, as S3 has them. The functions see storage only so.
//
// Shapes:  A key is 1..1024 bytes of UTF-8; "/" has no meaning but to people. An ETag has no quotes
//          here. A body is whole in memory: these are pictures, bounded by the caller's limits.
// Errors:  no_such_key          the object is not there (or, without ListBucket, forbidden).
//          no_such_bucket
//          invalid_argument     put: the key is empty, over 1024 bytes or not UTF-8.
//          precondition_failed  if_match or if_none_match did not hold; nothing changed. if_match
//                               over no object is no_such_key.
//          unsupported          put: if_match and if_none_match at once.
//          conflict             a concurrent change won; nothing changed; starting over may help.
//          too_large            get: the object is larger than `size_max`; nothing was read.
//          forbidden, unauthenticated, timeout, unavailable.
//          A put or remove that ends in timeout or unavailable may have happened.
// Threads: every call may run on any thread at the same time.
// Source:  Amazon S3 API reference; conditional requests as of 2025.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace imagemill::store {

struct ObjectId {
    std::string bucket = {};
    std::string key = {};
    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
};

struct ObjectInfo {
    std::string etag = {};
    std::int64_t size_bytes = 0;
    std::string content_type = {};
    Time modified = {};                                // Whole seconds.
    std::map<std::string, std::string> metadata = {};  // x-amz-meta-*, names lower case, no prefix.
};

struct Object {
    ObjectInfo info = {};
    Buffer body = {};
};

struct GetOptions {
    std::string if_match = {};  // An ETag; empty for none.
    std::int64_t size_max = INT64_C(1) << 30;
};

struct PutOptions {
    std::string content_type = "binary/octet-stream";
    std::string content_disposition = {};  // Empty for none; likewise below.
    std::string cache_control = {};
    std::map<std::string, std::string> metadata = {};
    std::string if_match = {};   // Only over the object with this ETag.
    bool if_none_match = false;  // Only where there is no object.
};

struct RemoveOptions {
    std::string if_match = {};
};

struct ListOptions {
    std::string prefix = {};
    std::string token = {};  // Of the page before; empty for the first.
    int count_max = 1000;
};

struct ListEntry {
    std::string key = {};
    std::string etag = {};
    std::int64_t size_bytes = 0;
    Time modified = {};
};

struct ListPage {
    std::vector<ListEntry> entries = {};  // In byte order of their keys.
    std::string next_token = {};          // Empty on the last page.
};

struct PresignGetOptions {
    int seconds = 3600;
    std::string content_disposition = {};  // What the answer's header shall say; empty: as stored.
    std::string content_type = {};
};

struct PresignedUrl {
    std::string url = {};
    Time expires = {};
};

struct PresignPostOptions {
    int seconds = 900;
    std::string content_type = {};  // The form's Content-Type field, pinned.
    std::int64_t size_min = 1;
    std::int64_t size_max = 0;
};

// A form for multipart/form-data: these fields in this order, then "file".
struct PresignedPost {
    std::string url = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
    Time expires = {};
};

class ObjectStore {
  public:
    virtual ~ObjectStore() = default;

    virtual Result<Object> get(const ObjectId& id, const GetOptions& options) = 0;
    virtual Result<ObjectInfo> head(const ObjectId& id) = 0;
    // The new ETag.
    virtual Result<std::string> put(const ObjectId& id, Bytes body, const PutOptions& options) = 0;
    // Removing what is not there succeeds, unless if_match asks for it (no_such_key).
    virtual Result<void> remove(const ObjectId& id, const RemoveOptions& options) = 0;
    virtual Result<ListPage> list(const std::string& bucket, const ListOptions& options) = 0;

    // Signed with this store's credentials; nothing is asked of the store itself. `seconds` is
    // shortened to what the credentials have left, where that is known.
    virtual Result<PresignedUrl> presign_get(const ObjectId& id,
                                             const PresignGetOptions& options) = 0;
    virtual Result<PresignedPost> presign_post(const ObjectId& id,
                                               const PresignPostOptions& options) = 0;
};

}  // namespace imagemill::store
