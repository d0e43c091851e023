// disk_store: buckets and objects in one directory: bytes as files, everything else in a catalog.
//
// Shapes:  <dir>/catalog.sqlite        objects, buckets, events (docs/formats.md)
//          <dir>/objects/ab/<id>       one file per version of an object, never rewritten
//          <dir>/tmp/<id>              uploads in progress
//          <dir>/lock                  flock: one server a directory
//          An upload: begin() → write()… → commit(). Dropped without commit, it leaves nothing.
//          A reader keeps its version: an overwrite gives a new file, the old one goes when closed.
//          A key is 1..1024 bytes of UTF-8 and never becomes a path.
//          A copy is an upload whose bytes are another object's; where it can, it shares the file.
// Errors:  no_such_bucket, no_such_key, precondition_failed as in store/object_store.h.
//          invalid_argument  a key too long, empty or not UTF-8; attributes that are not UTF-8.
//          unavailable  the disk refuses (full, read-only, no more files): names the path and why;
//                       nothing is acknowledged that is not there, and once the cause is gone it
//                       works again. open: the object's file is missing or cut. open_disk_store:
//                       the catalog is missing or damaged.
//          conflict     open_disk_store: another server has the directory. remove_bucket: it is not
//                       empty.
//          unsupported  open_disk_store: the catalog is of a newer version.
// Threads: any, but an Upload belongs to one. The store outlives its uploads.
// Cost:    commit: fsync of the file, of its directory and of the catalog's log; commits that meet
//          share the last one. Reads wait for none of them. Memory is flat whatever the object's
//          size, and so is the time to open a store, but for one pass over the objects' rows
//          (not their files) after a crash in the middle of an upload.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/result.h"
#include "local/storage/bucket_settings.h"
#include "local/storage/queue.h"
#include "store/event.h"
#include "store/object_store.h"

namespace imagemill::local {

class Multiparts;

// What is stored beside an object's bytes.
struct Attributes {
    std::string content_type = "binary/octet-stream";
    std::string content_encoding;  // Empty for none; likewise below.
    std::string content_language;
    std::string content_disposition;
    std::string cache_control;
    std::string expires;
    std::map<std::string, std::string> metadata;
    std::map<std::string, std::string> tags;
    // What a client (or the service) says that the bytes add up to; empty for none.
    std::string checksum_algorithm;  // CRC32, CRC32C, CRC64NVME, SHA1, SHA256.
    std::string checksum;            // Base64; of the parts' checksums, "-N" behind it.
    std::string checksum_type;       // FULL_OBJECT or COMPOSITE.
    std::string part_layout;         // multipart.h; empty where it was put as one.
};

struct StoredObject {
    std::string bucket;
    std::string key;
    std::string etag;  // MD5 of the bytes, hex; of an object of parts: multipart.h.
    std::int64_t size_bytes = 0;
    Time modified;
    Attributes attributes;
};

struct OpenedObject {
    StoredObject object;
    Fd file;
};

struct StoredBucket {
    std::string name;
    Time created;
};

struct WriteConditions {
    std::string if_match = {};  // An ETag, or "*" for any object; no_such_key where there is none.
    bool if_none_match = false;
    // With if_match: conflict, where the object was written later than this.
    std::optional<Time> unchanged_since = std::nullopt;
};

// Who did it: goes into the event.
struct Origin {
    std::string event_name;  // "ObjectCreated:Put"
    std::string source_ip;
    std::string principal;  // An access key.
    std::string request_id;
    std::string trace_id = {};  // Goes with the events to who is invoked by them.
};

struct ListQuery {
    std::string prefix;
    std::string delimiter;
    std::string after;  // Keys (and common prefixes) greater than this only.
    int count_max = 1000;
};
struct ListAnswer {
    std::vector<store::ListEntry> entries;
    std::vector<std::string> common_prefixes;
    std::string next_after;  // Empty on the last page.
};

struct Finding {
    std::string what;  // A sentence.
};

// What bytes are written to, in order.
class ByteSink {
  public:
    virtual ~ByteSink() = default;
    // After a failure, every further call fails alike.
    virtual Result<void> write(Bytes bytes) = 0;
    virtual std::int64_t size_bytes() const = 0;
};

class Upload : public ByteSink {
  public:
    // Makes it the object `bucket/key`, durably, with its events. Once.
    virtual Result<StoredObject> commit(const std::string& bucket, const std::string& key,
                                        const Attributes& attributes,
                                        const WriteConditions& conditions,
                                        const Origin& origin) = 0;
};

// One of several objects to be removed at once.
struct Removal {
    std::string key;
    WriteConditions conditions;
};

struct DiskStoreOptions {
    std::string dir;
    std::string region = "us-east-1";
    std::vector<Notification> notifications;  // Of buckets whose owner said nothing.
};

class DiskStore {
  public:
    virtual ~DiskStore() = default;

    // Making one that is there is fine.
    virtual Result<void> create_bucket(const std::string& name) = 0;
    virtual Result<void> head_bucket(const std::string& name) = 0;
    virtual Result<std::vector<StoredBucket>> list_buckets() = 0;
    // Its settings go with it.
    virtual Result<void> remove_bucket(const std::string& name) = 0;

    virtual Result<std::unique_ptr<Upload>> begin() = 0;
    // Has all of the source's bytes; nothing may be written to it. Its ETag is an MD5.
    virtual Result<std::unique_ptr<Upload>> copy(const OpenedObject& source) = 0;
    virtual Result<StoredObject> head(const std::string& bucket, const std::string& key) = 0;
    virtual Result<OpenedObject> open(const std::string& bucket, const std::string& key) = 0;
    // Removing what is not there succeeds, without an event, unless a condition asks for it.
    virtual Result<void> remove(const std::string& bucket, const std::string& key,
                                const WriteConditions& conditions, const Origin& origin) = 0;
    // All in one commit; an answer for each. No answers: nothing was removed.
    virtual Result<std::vector<Result<void>>> remove_all(const std::string& bucket,
                                                         const std::vector<Removal>& removals,
                                                         const Origin& origin) = 0;
    // Replaces the tags of an object; neither its ETag nor its date changes.
    virtual Result<void> tag(const std::string& bucket, const std::string& key,
                             const std::map<std::string, std::string>& tags) = 0;
    virtual Result<ListAnswer> list(const std::string& bucket, const ListQuery& query) = 0;

    virtual Multiparts& multiparts() = 0;  // multipart.h
    virtual BucketSettings& settings() = 0;
    virtual EventQueue& events() = 0;

    // Reads every byte; `progress(done, total)`, in bytes, after each object. Findings: none means
    // all is well; after the first thousand the rest is only counted. The store may be in use.
    virtual Result<std::vector<Finding>> check(
        const std::function<void(std::int64_t, std::int64_t)>& progress) = 0;
};

// Opens or makes the directory, takes its lock, sweeps what a crash left, puts events that were
// running back into the queue. `clock` and `log` outlive the store.
Result<std::unique_ptr<DiskStore>> open_disk_store(const DiskStoreOptions& options,
                                                   const Clock& clock, const Log& log);

}  // namespace imagemill::local
